"""Real Keras judges operations: `make FOLDER` writes models, `judge FOLDER` loads every edited model, feeds it what stands in
`inputs.json`, trains one step and prints the outputs by name, as JSON."""

import json
import pathlib
import sys

import keras
import numpy as np
from keras import layers


def make(folder):
    keras.utils.set_random_seed(5)
    rng = np.random.default_rng(0)
    image = keras.Sequential([
        keras.Input((8, 7, 3), name="pixels"),
        layers.Conv2D(4, 3, padding="same", use_bias=False, name="first"), layers.BatchNormalization(name="norm"), layers.ReLU(name="ramp"),
        layers.Dropout(0.5, name="drop"), layers.DepthwiseConv2D(3, depth_multiplier=2, name="depth"), layers.BatchNormalization(scale=False, name="depth_norm"),
        layers.GlobalAveragePooling2D(name="pool"), layers.Dense(8, activation="selu", name="hidden"), layers.Dense(3, activation="softmax", name="answer"),
    ], name="image")
    image.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    image.fit(rng.random((16, 8, 7, 3)), rng.integers(0, 3, 16), verbose=0)
    image.save(folder / "image.keras")

    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    encoder = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="tanh", name="code"), layers.Dense(4, name="more")], name="encoder")
    joined = layers.Add(name="joined")([encoder(a), encoder(b)])
    twin = layers.Dense(4, name="twin")
    out = layers.Dense(2, name="out")(layers.Concatenate(name="both")([twin(twin(joined)), joined]))
    keras.Model([a, b], [out, layers.Dense(1, name="size")(joined)], name="graph").save(folder / "graph.keras")

    steps = keras.Input((None, 4), name="steps")
    keras.Model(steps, layers.Dense(2, name="last")(layers.Conv1D(4, 3, padding="same", name="slide")(steps)), name="sequence").save(folder / "sequence.keras")
    vector = keras.Input((6,), name="numbers")
    keras.Model(vector, layers.Dense(6, name="mixed")(vector), name="vector").save(folder / "vector.keras")
    words = keras.Input((7,), name="words", dtype="int32")
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways")(layers.Embedding(9, 6, mask_zero=True, name="tokens")(words))
    x = layers.GRU(6, return_sequences=True, name="once")(layers.TimeDistributed(layers.Dense(6, activation="relu"), name="each")(x))
    keras.Model(words, layers.Dense(2, name="mood")(layers.GRU(6, name="ending")(x)), name="masked").save(folder / "masked.keras")
    heard = keras.Input((6, 8), name="heard")
    x = layers.Add(name="with_it")([heard, layers.MultiHeadAttention(2, 4, name="attend")(query=heard, value=heard, key=heard)])
    y = layers.Dense(8, name="inner")(layers.LayerNormalization(name="even")(x))
    keras.Model(heard, layers.Dense(2, name="said")(layers.Concatenate(name="beside")([x, y])), name="attention").save(folder / "attention.keras")
    volume = keras.Input((4, 5, 4, 2), name="volume")
    keras.Model(volume, layers.Conv3D(2, 1, name="point")(volume), name="volumes").save(folder / "volume.keras")


def judge(folder):
    inputs = json.loads((folder / "inputs.json").read_text())
    found = {}
    for path in sorted(folder.glob("edited-*.keras")):
        try:
            model = keras.models.load_model(path)
        except Exception as error:
            print(path.name, str(error)[-300:], file=sys.stderr)
            continue
        fed = {name: np.array(inputs[path.stem][name]["data"], "float32").reshape(inputs[path.stem][name]["shape"]) for name in [tensor.name for tensor in model.inputs]}
        outputs = model(fed if len(fed) > 1 else next(iter(fed.values())), training=False)
        listed = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        gives = {name: np.asarray(value).ravel().tolist() for name, value in zip(getattr(model, "output_names", [model.layers[-1].name]), listed)}
        loss = sum(float(keras.ops.sum(term)) for term in model.losses)
        model.compile("sgd", "mse")
        model.train_on_batch(fed if len(fed) > 1 else next(iter(fed.values())), [np.zeros_like(np.asarray(value)) for value in listed] if len(listed) > 1 else np.zeros_like(np.asarray(listed[0])))
        found[path.stem] = {"outputs": gives, "layers": [layer.name for layer in model.layers], "penalty": loss}
    print(json.dumps(found))


{"make": make, "judge": judge}[sys.argv[1]](pathlib.Path(sys.argv[2]))
