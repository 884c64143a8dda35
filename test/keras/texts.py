"""Writes golden/texts/: a model whose layers learnt their vocabularies from texts and integers (`adapt`), as .keras; what it gives; and the
weights of one that reads texts, before and after SGD.

Run: KERAS_BACKEND=tensorflow python test/keras/texts.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

HERE = pathlib.Path(__file__).parent / "golden" / "texts"
TEXTS = np.array(["The cat, sat on the mat!", "the DOG sat", "", "a cat. a cat", "é the\tÉ", "mat"])
USERS = np.array([[5, 6, 5000000], [7, 9, -3], [0, 0, 0], [6, 6, 5], [9, 9, 8], [1, 2, 3]])
LABELS = np.array([1, 0, 0, 1, 1, 0], "float32")


def adapted(layer, data):
    layer.adapt(data)
    return layer


def lookups():
    text = keras.Input((1,), dtype="string", name="text")
    users = keras.Input((3,), dtype="int64", name="users")
    words = TEXTS[:, None]
    inner_in = keras.Input((1,), dtype="string")
    inner = keras.Model(inner_in, adapted(L.StringLookup(name="deep", mask_token=""), words)(inner_in), name="inner")
    outputs = {
        "cut": adapted(L.TextVectorization(name="cut", output_sequence_length=4, max_tokens=7), words)(text),
        "grams": adapted(L.TextVectorization(name="grams", ngrams=2, output_sequence_length=5), words)(text),
        "weighed": adapted(L.TextVectorization(name="weighed", output_mode="tf_idf"), words)(text),
        "several": adapted(L.TextVectorization(name="several", output_mode="multi_hot", max_tokens=14, pad_to_max_tokens=True), words)(text),
        "whole": adapted(L.StringLookup(name="whole", num_oov_indices=2), words[:3])(text),
        "inner": inner(text),
        "ids": adapted(L.IntegerLookup(name="ids", mask_token=0, num_oov_indices=2), USERS[:3])(users),
        "users_weighed": adapted(L.IntegerLookup(name="users_weighed", output_mode="tf_idf"), USERS)(users),
        "hashed": L.Hashing(9, name="hashed")(users),
    }
    model = keras.Model({"text": text, "users": users}, list(outputs.values()), name="lookups")
    model.save(HERE / "lookups.keras")
    model = keras.models.load_model(HERE / "lookups.keras")
    given = model({"text": tf.constant(words), "users": tf.constant(USERS)})
    return {name: {"shape": list(v.shape), "data": np.asarray(v, "float32").ravel().round(7).tolist()} for name, v in zip(model.output_names, given)}


def reviews():
    keras.utils.set_random_seed(3)
    text = keras.Input((), dtype="string", name="text")
    x = adapted(L.TextVectorization(output_sequence_length=5, name="tokens"), TEXTS)(text)
    x = L.GlobalAveragePooling1D(name="mean")(L.Embedding(12, 3, name="table")(x))
    model = keras.Model(text, L.Dense(1, activation="sigmoid", name="head")(x), name="reviews")
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    model.save(HERE / "reviews.keras")
    before = np.asarray(model(tf.constant(TEXTS)))
    data = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS)).batch(2)
    losses = model.fit(data, epochs=2, shuffle=False, verbose=0).history["loss"]
    return {"before": before.ravel().tolist(), "losses": losses, "after": np.asarray(model(tf.constant(TEXTS))).ravel().tolist(), "loss": model.evaluate(data, verbose=0)}


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    golden = {"keras": keras.__version__, "texts": TEXTS.tolist(), "users": USERS.tolist(), "labels": LABELS.tolist(), "lookups": lookups(), "reviews": reviews()}
    (HERE / "texts.json").write_text(json.dumps(golden) + "\n")
    np.save(HERE / "texts.npy", TEXTS)
