"""Writes golden/layouts/: one trained model as each generation of the `.keras` format has it, and what its Keras says of it.

Run once for each Keras: [PYTHONPATH=folder with that Keras] KERAS_BACKEND=tensorflow python test/keras/layouts.py keras
and KERAS_BACKEND=tensorflow python test/keras/layouts.py tf_keras for the files of Keras 2. Layouts changed with 3.0 (`vars` of empty layers),
3.3 (`Bidirectional` keeps no third layer), 3.6 (names as attributes). Keras 2.12 to 2.14 (run with keras of TensorFlow 2.13) counted layers with weights twice.
"""

import hashlib
import importlib
import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

keras = importlib.import_module(sys.argv[1])
L = keras.layers
HERE = pathlib.Path(__file__).parent / "golden" / "layouts"
HERE.mkdir(parents=True, exist_ok=True)


def mixed():
    x = L.Input((4, 3), name="steps")
    y = L.LSTM(3, return_sequences=True, recurrent_activation="hard_sigmoid", name="memory")(x)
    y = L.GRU(2, return_sequences=True, name="gated")(y)
    block = keras.Sequential([L.Input((4, 2)), L.Dense(2, name="a"), L.BatchNormalization(name="b"), L.Dropout(0.1, name="d")], name="block")
    tower = L.Dense(2, activation="tanh", name="tower")
    flat = L.Flatten(name="flat")(tower(tower(block(y))))
    return keras.Model(x, L.Dense(1, name="last")(flat), name="mixed")


def digest(value):
    return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()


def main():
    keras.utils.set_random_seed(5)
    model = mixed()
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4, 3)).astype("float32"), rng.normal(size=(8, 1)).astype("float32")
    model.fit(x, y, epochs=2, verbose=0)
    stem = f"mixed.{sys.argv[1]}-{keras.__version__}"
    model.save(HERE / f"{stem}.keras")
    slots = model.optimizer.variables
    slots = slots() if callable(slots) else slots
    expected = {
        "version": keras.__version__,
        "weights": [digest(w.numpy()) for w in model.weights],
        # Without the learning rate, which Keras 2 keeps apart.
        "slots": [digest(v.numpy()) for v in slots if len(v.shape) > 0],
        "inputs": x.ravel().tolist(),
        "outputs": model.predict(x, verbose=0).astype("float64").ravel().tolist(),
    }
    (HERE / f"{stem}.json").write_text(json.dumps(expected) + "\n")


main()
