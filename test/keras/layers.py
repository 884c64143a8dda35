"""Writes golden/layers/CLASS.json: what real Keras 3 computes for each layer, its gradients, and what training moves.

Run: KERAS_BACKEND=tensorflow python test/keras/layers.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

HERE = pathlib.Path(__file__).parent / "golden" / "layers"
IMAGE = (2, 5, 6, 4)

CASES = {
    "Dense": [
        ("vector", lambda: L.Dense(3, activation="tanh"), [(2, 5)]),
        ("no bias", lambda: L.Dense(4, use_bias=False, kernel_initializer="he_normal"), [(3, 2)]),
        ("three axes", lambda: L.Dense(3, activation=L.LeakyReLU(negative_slope=0.1)), [(2, 3, 4)]),
        ("four axes", lambda: L.Dense(2, activation="softmax"), [(2, 3, 2, 4)]),
    ],
    "Flatten": [
        ("image", lambda: L.Flatten(), [(2, 3, 4, 2)]),
        ("channels first", lambda: L.Flatten(data_format="channels_first"), [(2, 3, 4, 2)]),
        ("scalar", lambda: L.Flatten(), [(3,)]),
        ("vector", lambda: L.Flatten(data_format="channels_first"), [(2, 3)]),
    ],
    "Reshape": [
        ("known", lambda: L.Reshape((3, 4)), [(2, 12)]),
        ("inferred", lambda: L.Reshape((-1, 2, 3)), [(2, 4, 6)]),
    ],
    "Activation": [
        ("relu", lambda: L.Activation("relu"), [(2, 7)]),
        ("softplus", lambda: L.Activation("softplus"), [(2, 3, 6)]),
    ],
    "ReLU": [
        ("plain", lambda: L.ReLU(), [(3, 5)]),
        ("all", lambda: L.ReLU(max_value=1.2, negative_slope=0.25, threshold=0.3), [(3, 9)]),
        ("maximum", lambda: L.ReLU(max_value=0.8), [(3, 5)]),
        ("six", lambda: L.ReLU(max_value=6.0), [(3, 5)]),
        ("slope", lambda: L.ReLU(negative_slope=0.5), [(3, 5)]),
    ],
    "LeakyReLU": [("default", lambda: L.LeakyReLU(), [(3, 5)]), ("slope", lambda: L.LeakyReLU(negative_slope=0.05), [(2, 3, 4)])],
    "ELU": [("default", lambda: L.ELU(), [(3, 5)]), ("alpha", lambda: L.ELU(alpha=0.4), [(3, 5)])],
    "Softmax": [
        ("last", lambda: L.Softmax(), [(3, 5)]),
        ("axis", lambda: L.Softmax(axis=1), [(2, 3, 4)]),
        ("list", lambda: L.Softmax(axis=[1, 2]), [(2, 3, 4)]),
        ("list of one", lambda: L.Softmax(axis=[-1]), [(2, 3)]),
    ],
    "Dropout": [("half", lambda: L.Dropout(0.5), [(3, 4)]), ("none", lambda: L.Dropout(0.0), [(3, 4)])],
    "BatchNormalization": [
        ("image", lambda: L.BatchNormalization(momentum=0.9, epsilon=1e-2), [(2, 3, 4, 3)]),
        ("vector", lambda: L.BatchNormalization(), [(5, 4)]),
        ("bare", lambda: L.BatchNormalization(center=False, scale=False, momentum=0.5), [(4, 3)]),
        ("no scale", lambda: L.BatchNormalization(scale=False), [(4, 3)]),
        ("channels first", lambda: L.BatchNormalization(axis=1), [(2, 3, 4, 5)]),
        ("frozen", lambda: L.BatchNormalization(trainable=False), [(4, 3)]),
    ],
    "Conv2D": [
        ("valid", lambda: L.Conv2D(3, (2, 3)), [IMAGE]),
        ("same strided", lambda: L.Conv2D(3, 3, strides=2, padding="same", activation="relu"), [IMAGE]),
        ("uneven strides", lambda: L.Conv2D(2, (3, 2), strides=(3, 2), padding="same"), [IMAGE]),
        ("dilated", lambda: L.Conv2D(2, 2, dilation_rate=(2, 3), padding="same", use_bias=False), [IMAGE]),
        ("groups", lambda: L.Conv2D(6, 2, groups=2, padding="valid"), [IMAGE]),
        ("channels first", lambda: L.Conv2D(3, 2, data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "MaxPooling2D": [
        ("valid", lambda: L.MaxPooling2D(), [IMAGE]),
        ("same", lambda: L.MaxPooling2D((3, 2), strides=(2, 1), padding="same"), [IMAGE]),
        ("channels first", lambda: L.MaxPooling2D(2, data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "AveragePooling2D": [
        ("valid", lambda: L.AveragePooling2D(2), [IMAGE]),
        ("same", lambda: L.AveragePooling2D(3, strides=2, padding="same"), [IMAGE]),
        ("channels first", lambda: L.AveragePooling2D((2, 3), strides=1, padding="same", data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "GlobalAveragePooling2D": [
        ("last", lambda: L.GlobalAveragePooling2D(), [IMAGE]),
        ("kept", lambda: L.GlobalAveragePooling2D(keepdims=True), [IMAGE]),
        ("channels first", lambda: L.GlobalAveragePooling2D(data_format="channels_first", keepdims=True), [(2, 4, 5, 6)]),
    ],
    "GlobalMaxPooling2D": [("last", lambda: L.GlobalMaxPooling2D(), [IMAGE]), ("kept", lambda: L.GlobalMaxPooling2D(keepdims=True), [IMAGE])],
    "ZeroPadding2D": [
        ("one", lambda: L.ZeroPadding2D(), [IMAGE]),
        ("sides", lambda: L.ZeroPadding2D(((1, 0), (2, 3))), [IMAGE]),
        ("channels first", lambda: L.ZeroPadding2D((1, 2), data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "Add": [("three", lambda: L.Add(), [(2, 3, 4)] * 3), ("broadcast", lambda: L.Add(), [(2, 3, 4), (2, 1, 4)]), ("ranks", lambda: L.Add(), [(2, 3, 4), (2, 4)])],
    "Subtract": [("two", lambda: L.Subtract(), [(2, 3)] * 2)],
    "Multiply": [("two", lambda: L.Multiply(), [(2, 3)] * 2), ("ranks", lambda: L.Multiply(), [(2, 4), (2, 3, 5, 4)])],
    "Average": [("three", lambda: L.Average(), [(2, 3)] * 3)],
    "Maximum": [("three", lambda: L.Maximum(), [(2, 3)] * 3)],
    "Minimum": [("three", lambda: L.Minimum(), [(2, 3)] * 3)],
    "Concatenate": [("last", lambda: L.Concatenate(), [(2, 3), (2, 4)]), ("axis", lambda: L.Concatenate(axis=1), [(2, 3, 4), (2, 1, 4), (2, 2, 4)])],
    "Rescaling": [
        ("scalar", lambda: L.Rescaling(1 / 127.5, offset=-1), [(2, 3)]),
        ("channels", lambda: L.Rescaling([0.5, 2.0, -1.0], offset=[0.0, 1.0, 2.0]), [(2, 2, 2, 3)]),
    ],
    "Identity": [("any", lambda: L.Identity(), [(2, 3)])],
    "ActivityRegularization": [("both", lambda: L.ActivityRegularization(l1=0.1, l2=0.2), [(4, 3)])],
    "InputLayer": [("image", lambda: L.InputLayer(shape=(5, None, 3)), [(2, 5, 6, 3)])],
}


def numbers(array):
    array = np.asarray(array, "float32")
    return {"shape": list(array.shape), "data": [float(f"{v:.9g}") for v in array.ravel()]}


def trained(layer, call, inputs, seeds):
    """Output, gradients of sum(output * seeds) and what the non-trainable variables hold afterwards."""
    with tf.GradientTape() as tape:
        tensors = [tf.convert_to_tensor(i) for i in inputs]
        tape.watch(tensors)
        output = call(tensors)
        loss = tf.reduce_sum(output * seeds)
    wrt = tensors + [w.value for w in layer.trainable_weights]
    gradients = tape.gradient(loss, wrt)
    grads = [np.zeros(w.shape, "float32") if g is None else g for g, w in zip(gradients, wrt)]
    return {
        "output": numbers(output),
        "inputGradients": [numbers(g) for g in grads[: len(tensors)]],
        "weightGradients": {w.name: numbers(g) for w, g in zip(layer.trainable_weights, grads[len(tensors):])},
        "moved": {w.name: numbers(w) for w in layer.non_trainable_weights},
    }


def case(name, make, shapes, rng):
    layer = make()
    inputs = [rng.normal(size=s).astype("float32") for s in shapes]
    if isinstance(layer, L.InputLayer):
        call = lambda xs: tf.identity(xs[0])
    else:
        layer.build([tuple(s) for s in shapes] if len(shapes) > 1 else tuple(shapes[0]))
        call = None
    for weight in layer.weights:
        low = 0.5 if "variance" in weight.name else -1.0
        weight.assign(rng.uniform(low, 1.5, weight.shape).astype("float32"))
    weights = [{"name": w.name, "trainable": "moving" not in w.name, **numbers(w)} for w in layer.weights]
    run = lambda training: call or (lambda xs: layer(xs if len(xs) > 1 else xs[0], training=training))
    first = np.asarray(run(False)([tf.convert_to_tensor(i) for i in inputs]))
    seeds = rng.normal(size=first.shape).astype("float32")
    before = [w.numpy() for w in layer.weights]
    inference = trained(layer, run(False), inputs, seeds)
    result = {"name": name, "config": keras.saving.serialize_keras_object(layer)["config"], "trainable": layer.trainable,
              "inputs": [numbers(i) for i in inputs], "weights": weights, "seeds": numbers(seeds), "inference": inference}
    if not isinstance(layer, L.Dropout):
        result["training"] = trained(layer, run(True), inputs, seeds)
        for weight, value in zip(layer.weights, before):
            weight.assign(value)
    shape = tuple(layer.output.shape) if call else layer.compute_output_shape([(None, *s[1:]) for s in shapes] if len(shapes) > 1 else (None, *shapes[0][1:]))
    result["outputShape"] = list(shape)
    result["losses"] = [float(v) for v in layer.losses]
    return result


def write(class_name, cases):
    rng = np.random.default_rng(sum(map(ord, class_name)))
    HERE.mkdir(parents=True, exist_ok=True)
    golden = {"keras": keras.__version__, "class": class_name, "cases": [case(*c, rng) for c in cases]}
    (HERE / f"{class_name}.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    for class_name, cases in CASES.items():
        write(class_name, cases)
