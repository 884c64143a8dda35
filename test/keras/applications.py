"""Writes architectures of keras.applications for `npm run test:applications`. Each line on stdin is `NAME FOLDER`: writes
FOLDER/model.keras (seeded random weights, ten classes, the smallest input that is allowed), x.npy and y.npy (what Keras
predicts), and answers with a line of JSON. `NAME FOLDER train` leaves the dropout out, writes t.npy too and answers with the loss of
a second training step on it. `check FOLDER` loads FOLDER/out.keras and answers how far its prediction is from y.npy. `list` answers with all names.
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


def without_chance(model):
    """Two programs draw other numbers: a loss in training can be compared without dropout only. Statistics of two samples on one
    place divide what is left of a difference by its own size, which no two programs do alike: those stay frozen."""
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        for rate in ("rate", "drop_path_rate"):
            if isinstance(getattr(layer, rate, None), (int, float)):
                setattr(layer, rate, 0.0)


def steps(model, x, folder, random):
    """The loss of the second of two steps: what the gradients of the first made of it."""
    targets = random.uniform(0, 1, (SAMPLES, 10)).astype("float32")
    np.save(os.path.join(folder, "t.npy"), targets)
    model.compile(keras.optimizers.SGD(0.5), "mean_squared_error", run_eagerly=True)
    model.train_on_batch(x, targets)
    model.reset_metrics()
    return float(model.train_on_batch(x, targets))


def check(folder):
    x, y = (np.load(os.path.join(folder, name)) for name in ("x.npy", "y.npy"))
    model = keras.models.load_model(os.path.join(folder, "out.keras"), compile=False)
    return {"difference": float(np.abs(model.predict(x, verbose=0, batch_size=SAMPLES) - y).max())}


def write(name, folder, *wishes):
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    size = SMALLEST.get(name, 32)
    model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
    randomize(model, random)
    if "train" in wishes:
        without_chance(model)
    x = random.uniform(0, 255, (SAMPLES, size, size, 3)).astype("float32")
    scaled = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model.layers)
    x = x if scaled else x / 127.5 - 1
    spread(model, x)
    np.save(os.path.join(folder, "x.npy"), x.astype("float32"))
    np.save(os.path.join(folder, "y.npy"), model.predict(x, verbose=0, batch_size=SAMPLES))
    model.save(os.path.join(folder, "model.keras"))
    written = {"layers": len(model.layers), "parameters": model.count_params(), "size": size}
    return {**written, "loss": steps(model, x.astype("float32"), folder, random)} if "train" in wishes else written


for line in sys.stdin:
    words = line.split()
    if words == ["list"]:
        answer = names()
    else:
        try:
            answer = check(words[1]) if words[0] == "check" else write(*words)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        keras.backend.clear_session()
        gc.collect()
    print("ANSWER " + json.dumps(answer), flush=True)
