"""Writes golden/training/sequenceFits.json: what real Keras' fit makes of small models of sequences, with masks and repeated tokens.

Run: KERAS_BACKEND=tensorflow python test/keras/sequenceFits.py
"""

import json

import training as T
import keras
import numpy as np
from keras import layers as L
from keras import regularizers as R
from networks import numbers

K, SGD, SCC = T.K, T.SGD, T.SCC
TOKENS = 6


def arrays(model, rng, samples, classes):
    """Token numbers for inputs of whole numbers, with zeros at the end of each sequence and many repeats."""

    def fed(tensor):
        shape = [samples, *tensor.shape[1:]]
        if "int" not in tensor.dtype:
            return rng.normal(size=shape).astype("float32")
        tokens = rng.integers(1, TOKENS, shape)
        for row in tokens:
            row[rng.integers(1, len(row) + 1):] = 0
        return tokens.astype("int32")

    return {i.name: fed(i) for i in model.inputs}, {name: make(rng, samples) for name, make in classes.items()}


T.arrays = arrays


def tokens(length=5):
    return keras.Input((length,), dtype="int32", name="tokens")


def classes(x):
    return L.Dense(3, activation="softmax", name="classes")(x)


def averaged(**options):
    x = tokens()
    y = L.Embedding(TOKENS, 3, name="rows", **options)(x)
    return keras.Model(x, classes(L.GlobalAveragePooling1D(name="mean")(y)), name="averaged")


def twice():
    """One table, looked up twice."""
    a, b = keras.Input((3,), dtype="int32", name="a"), keras.Input((4,), dtype="int32", name="b")
    rows, mean = L.Embedding(TOKENS, 3, name="rows"), L.GlobalAveragePooling1D(name="mean")
    return keras.Model([a, b], classes(L.Concatenate(name="both")([mean(rows(a)), mean(rows(b))])), name="twice")


def tagger(activation="softmax", units=3):
    """A class for each token; the mask reaches the loss."""
    x = tokens()
    y = L.Embedding(TOKENS, 4, mask_zero=True, name="rows")(x)
    y = L.LSTM(3, return_sequences=True, name="memory")(L.Dropout(0.0, name="none")(y))
    return keras.Model(x, L.Dense(units, activation=activation, name="classes")(y), name="tagger")


def joined():
    """Masks through merging layers."""
    x = tokens()
    a = L.Embedding(TOKENS, 3, mask_zero=True, name="left")(x)
    b = L.Embedding(TOKENS, 3, mask_zero=True, name="right")(x)
    y = L.Concatenate(name="both")([L.Add(name="sum")([a, b]), L.Multiply(name="product")([a, b])])
    y = L.LayerNormalization(name="normal")(y)
    return keras.Model(x, classes(L.GRU(3, name="memory")(y)), name="joined")


def wrapped():
    """Layers around layers; moving statistics of each step, masks through both directions."""
    x = keras.Input((4, 3), name="steps")
    y = L.TimeDistributed(L.BatchNormalization(momentum=0.8), name="normal")(L.Masking(name="skip")(x))
    y = L.TimeDistributed(L.Dense(3, activation="tanh", kernel_regularizer=R.L2(0.02)), name="each")(y)
    y = L.Bidirectional(L.LSTM(2, return_sequences=True), name="both")(y)
    return keras.Model(x, classes(L.Bidirectional(L.GRU(2), merge_mode="ave", name="mean")(y)), name="wrapped")


def transformer():
    x = tokens()
    y = L.Embedding(TOKENS, 4, mask_zero=True, name="rows")(x)
    y = L.LayerNormalization(name="normal")(L.Add(name="sum")([y, L.MultiHeadAttention(2, 2, name="heads")(y, y, use_causal_mask=True)]))
    return keras.Model(x, classes(L.GlobalAveragePooling1D(name="mean")(L.EinsumDense("abc,cd->abd", (None, 4), bias_axes="d", activation="gelu", name="wide")(y))), name="transformer")


def per_token(rng, n):
    return rng.integers(0, 3, (n, 5)).astype("float32")


def numbers_per_token(rng, n):
    return rng.normal(size=(n, 5, 2)).astype("float32")


def fits():
    for name in ["sgd", "momentum", "adam", "amsgrad", "rmsprop", "rmsprop_all", "adamw"]:
        yield T.fit_case(f"tokens_{name}", averaged, T.OPTIMIZERS[name], SCC, samples=12, epochs=2)
    for class_name in ["Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion", "Lamb"]:
        yield T.fit_case(f"tokens_{class_name.lower()}", averaged, K(class_name, learning_rate=0.05), SCC, samples=12, epochs=2)
    yield T.fit_case("tokens_masked", lambda: averaged(mask_zero=True), T.OPTIMIZERS["adam"], SCC, samples=12)
    yield T.fit_case("tokens_penalty", lambda: averaged(embeddings_regularizer=R.L2(0.1)), T.OPTIMIZERS["adam"], SCC, samples=12, epochs=2)
    for name in ["clipnorm", "clipvalue", "global_clipnorm"]:
        yield T.fit_case(f"tokens_{name}", averaged, {**T.OPTIMIZERS[name], "class_name": "Adam"}, SCC, samples=12, epochs=2)
    yield T.fit_case("tokens_twice", twice, T.OPTIMIZERS["adam"], SCC, samples=12, epochs=2)
    masked = ("accuracy", SCC)
    yield T.fit_case("tagger", tagger, SGD, SCC, masked, {"classes": per_token}, epochs=2)
    for reduction in ["sum", "mean_with_sample_weight"]:
        yield T.fit_case(f"tagger_{reduction}", tagger, SGD, K("SparseCategoricalCrossentropy", reduction=reduction), masked, {"classes": per_token})
    numbers_of = ("mae", "mse", K("RootMeanSquaredError"))
    yield T.fit_case("tagger_numbers", lambda: tagger("linear", 2), SGD, "mse", numbers_of, {"classes": numbers_per_token}, epochs=2)
    yield T.fit_case("joined", joined, SGD, SCC, epochs=2)
    yield T.fit_case("wrapped", wrapped, SGD, SCC, epochs=2, samples=12)
    yield T.fit_case("transformer", transformer, SGD, SCC, epochs=2, samples=12)


if __name__ == "__main__":
    T.HERE.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(case) for case in fits())
    (T.HERE / "sequenceFits.json").write_text(f"[\n{lines}\n]\n")
