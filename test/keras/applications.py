"""Writes architectures of keras.applications for `npm run test:applications`. Each line on stdin is `NAME FOLDER`: writes
FOLDER/model.keras (seeded random weights, ten classes, the smallest input that is allowed), x.npy and y.npy (what Keras
predicts), and answers with a line of JSON. `list` answers with all names.
"""
import gc
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

SMALLEST = {"InceptionResNetV2": 75, "InceptionV3": 75, "Xception": 71}
SAMPLES = 2


def names():
    return [name for name in dir(keras.applications) if name[0].isupper()]


def randomize(model, random):
    """Statistics of normalization that are neither 0 nor 1, and small biases, so that each of them shows in the output."""
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.moving_mean.shape
            layer.moving_mean.assign(random.normal(0, 0.1, size))
            layer.moving_variance.assign(random.uniform(0.8, 1.2, size))
            if layer.gamma is not None:
                layer.gamma.assign(random.uniform(0.6, 1.0, size))
        for weight in layer.weights:
            if weight.path.split("/")[-1] in ("beta", "bias"):
                weight.assign(random.normal(0, 0.05, weight.shape))
        if type(layer).__name__ == "LayerScale":
            layer.gamma.assign(random.uniform(0.1, 0.3, layer.gamma.shape))
        if type(layer).__name__ == "Normalization" and layer.built and getattr(layer, "adapt_mean", None) is not None:
            layer.adapt_mean.assign(random.uniform(0.3, 0.6, layer.adapt_mean.shape))
            layer.adapt_variance.assign(random.uniform(0.5, 2.0, layer.adapt_variance.shape))
            layer.finalize_state()


def spread(model, x):
    """Logits with a standard deviation of 1: a softmax of one class, or of equal shares, would hide every mistake."""
    head = [layer for layer in model.layers if layer.weights][-1]
    logits = keras.Model(model.inputs, head.output if head is not model.layers[-1] else head.input)
    features = logits.predict(x, verbose=0).reshape(len(x), -1)
    if head is model.layers[-1]:
        features = features @ head.kernel.numpy() + head.bias.numpy()
    head.kernel.assign(head.kernel.numpy() / max(float(features.std()), 1e-12))
    head.bias.assign(np.linspace(-1, 1, head.bias.shape[0]))


def write(name, folder):
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    size = SMALLEST.get(name, 32)
    model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
    randomize(model, random)
    x = random.uniform(0, 255, (SAMPLES, size, size, 3)).astype("float32")
    scaled = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model.layers)
    x = x if scaled else x / 127.5 - 1
    spread(model, x)
    np.save(os.path.join(folder, "x.npy"), x.astype("float32"))
    np.save(os.path.join(folder, "y.npy"), model.predict(x, verbose=0, batch_size=SAMPLES))
    model.save(os.path.join(folder, "model.keras"))
    return {"layers": len(model.layers), "parameters": model.count_params(), "size": size}


for line in sys.stdin:
    words = line.split()
    if words == ["list"]:
        answer = names()
    else:
        try:
            answer = write(*words)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        keras.backend.clear_session()
        gc.collect()
    print("ANSWER " + json.dumps(answer), flush=True)
