"""Writes golden/pipeline.keras and golden/pipeline.json: a model with layers that have variables inside a Pipeline, and what it gives.

Run: KERAS_BACKEND=tensorflow python test/keras/pipelines.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
from keras import layers as L

HERE = pathlib.Path(__file__).parent / "golden"

if __name__ == "__main__":
    rng = np.random.default_rng(4)
    adapted = L.Normalization(name="adapted")
    adapted.adapt(rng.normal(2, 3, (20, 4)))
    chain = L.Pipeline([adapted, L.Dense(3, name="first", activation="tanh"), L.Dropout(0.5), L.Dense(3, name="second"), L.BatchNormalization(name="normed")], name="chain")
    model = keras.Sequential([L.Input((4,)), chain, L.Dense(2, name="head")])
    for weight in model.weights:
        if weight.dtype == "float32" and "adapted" not in weight.path:
            weight.assign(rng.uniform(0.2, 1.0, weight.shape).round(3))
    model.save(HERE / "pipeline.keras")
    x = rng.normal(size=(3, 4)).round(3).astype("float32")
    golden = {"keras": keras.__version__, "inputs": x.ravel().tolist(), "outputs": np.ravel(model.predict(x, verbose=0)).tolist(), "parameters": model.count_params()}
    (HERE / "pipeline.json").write_text(json.dumps(golden) + "\n")
