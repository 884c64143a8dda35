"""Writes golden/activations.json: value and gradient of every activation that keras.activations names, and of objects.

Run: KERAS_BACKEND=tensorflow python test/keras/activations.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras.src.activations import ALL_OBJECTS_DICT

HERE = pathlib.Path(__file__).parent / "golden"
# Kinks (0, 0.5, 1, 3, 6) and far ends are among them; each row holds an even number.
X = np.array(
    [[-80, -6.5, -3, -1, -0.5, -1e-4, 0, 1e-4], [0.25, 0.5, 1, 1.5, 3, 4.25, 6, 30], [0.1, 0.2, 0.3, 0.4, -0.2, 0.3, -0.9, 0.7]],
    "float32",
)


def layer_object(layer):
    return keras.saving.serialize_keras_object(layer)


OBJECTS = [
    layer_object(keras.layers.LeakyReLU(negative_slope=0.15)),
    layer_object(keras.layers.LeakyReLU()),
    layer_object(keras.layers.ReLU(max_value=2.5, negative_slope=0.1, threshold=0.5)),
    layer_object(keras.layers.ELU(alpha=0.3)),
    layer_object(keras.layers.Softmax()),
    layer_object(keras.layers.Activation("gelu")),
    {"module": "builtins", "class_name": "function", "config": "relu6", "registered_name": "function"},
]


# Keras writes a function without its arguments; our own files may carry them.
PARTIAL = [
    ({"class_name": "gelu", "config": {"approximate": True}}, lambda x: keras.activations.gelu(x, approximate=True)),
    ({"class_name": "threshold", "config": {"threshold": 0.25, "default_value": -2.0}}, lambda x: keras.activations.threshold(x, 0.25, -2.0)),
    ({"class_name": "celu", "config": {"alpha": 0.5}}, lambda x: keras.activations.celu(x, alpha=0.5)),
    ({"class_name": "elu", "config": {"alpha": 0.5}}, lambda x: keras.activations.elu(x, alpha=0.5)),
    ({"class_name": "squareplus", "config": {"b": 1.0}}, lambda x: keras.activations.squareplus(x, b=1)),
    ({"class_name": "soft_shrink", "config": {"threshold": 0.25}}, lambda x: keras.activations.soft_shrink(x, 0.25)),
    ({"class_name": "hard_shrink", "config": {"threshold": 0.25}}, lambda x: keras.activations.hard_shrink(x, 0.25)),
    ({"class_name": "relu", "config": {"max_value": 6.0, "negative_slope": 0.1}}, lambda x: keras.activations.relu(x, max_value=6.0, negative_slope=0.1)),
]


def numbers(tensor):
    array = np.asarray(tensor, "float32")
    return {"shape": list(array.shape), "data": [float(f"{v:.9g}") for v in array.ravel()]}


def golden(activation, function):
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
        seeds = tf.constant(np.linspace(-1, 2, y.shape[1] * 3).reshape(y.shape).astype("float32"))
        loss = tf.reduce_sum(y * seeds)
    return {"activation": activation, "output": numbers(y), "seeds": numbers(seeds), "gradient": numbers(tape.gradient(loss, x))}


if __name__ == "__main__":
    named = [(name, keras.activations.get(name)) for name in sorted(ALL_OBJECTS_DICT) if name != "threshold"]
    objects = [(o, keras.activations.get(o)) for o in OBJECTS]
    cases = [golden(*pair) for pair in named + objects + PARTIAL]
    text = json.dumps({"keras": keras.__version__, "names": sorted(ALL_OBJECTS_DICT), "x": numbers(X), "cases": cases})
    (HERE / "activations.json").write_text(text + "\n")
