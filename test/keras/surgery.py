"""Real Keras judges surgery: `surgery.py make FOLDER` writes models, `surgery.py judge FOLDER` loads what surgery made of them
and prints how far each is from the same cut made by Keras itself, as JSON."""

import json
import os
import sys

import keras
import numpy as np
from keras import layers

images = np.random.default_rng(0).random((4, 8, 7, 3)).astype("float32")


def make(folder):
    keras.utils.set_random_seed(1)
    pixels = keras.Input((8, 7, 3), name="pixels")
    first = layers.Conv2D(4, 3, padding="same", name="first")(pixels)
    twin = layers.Conv2D(4, 3, padding="same", name="twin")
    joined = layers.Add(name="joined")([twin(twin(first)), first])
    base = keras.Model(pixels, layers.Conv2D(4, 1, name="last")(joined), name="base")
    image = keras.Input((8, 7, 3), name="image")
    pooled = layers.GlobalAveragePooling2D(name="pooled")(base(image))
    chances = layers.Softmax(name="chances")(layers.Dense(5, name="logits")(pooled))
    model = keras.Model(image, chances, name="whole")
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, np.eye(5)[[0, 1, 2, 3]], verbose=0)
    model.save(os.path.join(folder, "source.keras"))


def facts(model, expected):
    """Distance to what Keras computes, what is trained, and that a step of training works."""
    distance = float(np.abs(np.asarray(model(images)) - np.asarray(expected)).max())
    trainable = sorted(weight.path for weight in model.trainable_weights)
    loss = model.fit(images, np.zeros((4, 1)), verbose=0).history["loss"][0] if model.loss == "binary_crossentropy" else None
    return {"distance": distance, "trainable": trainable, "loss": loss, "name": model.loss, "layers": [layer.name for layer in model.layers]}


def dense(inputs, layer):
    kernel, bias = layer.get_weights()
    return np.asarray(inputs) @ kernel + bias


def judge(folder):
    load = lambda name: keras.models.load_model(os.path.join(folder, name + ".keras"))
    source = load("source")
    base, logits = source.get_layer("base"), source.get_layer("logits")
    pooled = keras.Model(source.input, source.get_layer("pooled").output)(images)
    grafted = load("grafted")
    joined = keras.Model(base.input, base.get_layer("joined").output)(images)
    straight = base.get_layer("last")(base.get_layer("first")(images))
    mean = lambda tensor: np.asarray(tensor).mean((1, 2))
    print(json.dumps({
        "grafted": facts(grafted, 1 / (1 + np.exp(-dense(pooled, grafted.get_layer("head"))))),
        "cut": facts(load("cut"), dense(mean(joined), logits)),
        "straight": facts(load("straight"), keras.ops.softmax(dense(mean(straight), logits))),
        "renamed": facts(load("renamed"), source(images)),
    }))


{"make": make, "judge": judge}[sys.argv[1]](sys.argv[2])
