"""Writes golden/formats/: small models saved by real Keras (3 as .keras and .h5, 2 as .h5), and what Keras says of each.

Run twice: KERAS_BACKEND=tensorflow python test/keras/formats.py keras [CASE ...]
           python test/keras/formats.py tf_keras [CASE ...]
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

WRITER = sys.argv[1]
keras = importlib.import_module(WRITER)
L = keras.layers
HERE = pathlib.Path(__file__).parent / "golden" / "formats"
HERE.mkdir(parents=True, exist_ok=True)
(HERE.parent / "shards").mkdir(exist_ok=True)
IS_3 = WRITER == "keras"


@keras.utils.register_keras_serializable(package="golden")
class Doubled(L.Layer):
    """A class that no reader knows."""

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")
        super().build(shape)

    def call(self, x):
        return 2.0 * x * self.scale


def sequential_mlp():
    return keras.Sequential([L.Input((3, 4)), L.Flatten(), L.Dense(6, activation="relu", name="hidden"), L.Dense(2, activation="softmax")], name="mlp")


def conv_bn():
    return keras.Sequential([
        L.Input((6, 5, 2)), L.ZeroPadding2D(1), L.Conv2D(3, (3, 2), strides=(2, 1), padding="same", use_bias=False), L.BatchNormalization(momentum=0.8),
        L.ReLU(max_value=6.0), L.MaxPooling2D(2), L.Conv2D(2, 1, activation="elu"), L.GlobalAveragePooling2D(), L.Dense(1, activation="sigmoid"),
    ])


def nested():
    inner = keras.Sequential([L.Input((4,)), L.Dense(5, activation="tanh", name="inner_a"), L.BatchNormalization(name="inner_bn"), L.Dense(3, name="inner_b")], name="block")
    a = L.Input((4,), name="left")
    deep_in = L.Input((3,), name="deep_in")
    deep = keras.Model(deep_in, L.Dense(3, activation="selu", name="deepest")(inner_free()(deep_in)), name="deep")
    x = inner(a)
    y = deep(x)
    y = L.Add(name="sum")([x, y])
    return keras.Model(a, deep(y), name="outer")


def inner_free():
    return keras.Sequential([L.Input((3,)), L.Dense(3, name="free")], name="innermost")


def shared():
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    tower = L.Dense(3, activation="relu", name="tower")
    x = L.Concatenate(name="both")([tower(a), tower(b)])
    return keras.Model([a, b], L.Dense(2, name="last")(x), name="siamese")


def multi_io():
    image, meta = L.Input((4, 4, 1), name="image"), L.Input((3,), name="meta")
    x = L.Flatten()(L.Conv2D(2, 3, activation="relu")(image))
    x = L.Concatenate()([x, L.Dense(4, activation="gelu")(meta)])
    return keras.Model([image, meta], [L.Dense(1, activation="sigmoid", name="yes")(x), L.Dense(3, activation="softmax", name="kind")(x)])


def trained():
    model = keras.Sequential([L.Input((4,)), L.Dense(5, activation="relu"), L.Dropout(0.25), L.Dense(1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="binary_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(1).normal(size=(16, 4)).astype("float32")
    model.fit(x, (x.sum(axis=1, keepdims=True) > 0).astype("float32"), epochs=2, batch_size=8, verbose=0)
    return model


def frozen():
    base = keras.Sequential([L.Input((4,)), L.Dense(4, name="base_a"), L.BatchNormalization(name="base_bn"), L.Dense(4, name="base_b")], name="base")
    base.trainable = False
    partly = keras.Sequential([L.Input((4,)), L.BatchNormalization(name="partly_bn"), L.Dense(4, name="partly_a"), L.Dense(4, name="partly_b")], name="partly")
    partly.get_layer("partly_a").trainable = False
    x = L.Input((4,))
    model = keras.Model(x, L.Dense(1, name="head")(partly(base(x))))
    return model


ODD = ['<img src=x onerror="alert(1)">', "größe mit leerzeichen", "__proto__", "層"] if IS_3 else ["block_1/conv/pointwise", "a.b", "constructor", "x>y"]


def odd_names(names=ODD):
    units = [3, 2, 2, 1]
    return keras.Sequential([L.Input((3,))] + [L.Dense(n, name=name) for n, name in zip(units, names)], name="odd")


def half():
    return keras.Sequential([L.Input((3,)), L.Dense(4, activation="relu", dtype="float16"), L.Dense(2, dtype="float16")])


def recurrent():
    x = L.Input((5, 2))
    return keras.Model(x, L.Dense(1, name="out")(L.LSTM(3, recurrent_activation="sigmoid", name="memory")(x)))


def custom():
    return keras.Sequential([L.Input((3,)), L.Dense(3, name="before"), Doubled(name="doubled"), L.Dense(1, name="after")])


def function():
    return keras.Sequential([L.Input((3,)), L.Dense(3), L.Lambda(lambda x: x * 2.0, name="code"), L.Dense(1)])


def activations():
    names = ["hard_sigmoid", "swish", "softplus", "softsign", "exponential", "relu"]
    x = L.Input((4,))
    outs = [L.Dense(3, activation=name, name=f"with_{name}")(x) for name in names]
    y = L.Concatenate()(outs + [L.LeakyReLU(0.15)(x), L.Activation("hard_sigmoid", name="gate")(x), L.ELU(0.7)(x)])
    return keras.Model(x, L.Dense(2)(L.Rescaling(0.5, offset=0.1)(y)))


def image_layers():
    x = L.Input((6, 5, 2))
    y = L.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="each")(x)
    y = L.SeparableConv2D(4, (2, 3), padding="same", activation="relu", name="apart")(y)
    y = L.GroupNormalization(groups=2, name="grouped")(y)
    y = L.Conv2DTranspose(3, 3, strides=2, padding="same", use_bias=False, name="up")(y)
    y = L.PReLU(shared_axes=[1, 2], name="kinked")(y)
    y = L.SpatialDropout2D(0.2)(L.Cropping2D(((1, 0), (0, 2)))(y))
    y = L.Conv2D(4, 3, groups=1, dilation_rate=2, data_format="channels_last", name="dilated")(y)
    y = L.UpSampling2D(2, interpolation="bilinear")(L.AveragePooling2D(2, padding="same")(y))
    return keras.Model(x, L.Dense(2, name="last")(L.UnitNormalization(axis=-1)(L.Flatten()(y))))


def step_layers():
    layers = [
        L.Input((9, 3)), L.Conv1D(4, 3, padding="causal", dilation_rate=2, name="causal"), L.LayerNormalization(name="layered"), L.GaussianNoise(0.1),
        L.SeparableConv1D(3, 2, depth_multiplier=2, name="apart"), L.SpatialDropout1D(0.3), L.MaxPooling1D(2), L.ZeroPadding1D((1, 2)),
        L.Conv1DTranspose(3, 3, strides=2, name="up"), L.Cropping1D(1), L.Permute((2, 1)), L.Permute((2, 1)), L.UpSampling1D(2), L.AveragePooling1D(2, strides=1),
        L.GlobalMaxPooling1D(), L.RepeatVector(2), L.GlobalAveragePooling1D(), L.GaussianDropout(0.2), L.AlphaDropout(0.1), L.Dense(2, activation="selu", name="last"),
    ]
    return keras.Sequential(layers, name="steps")


def volume_layers():
    x = L.Input((4, 5, 3, 2))
    y = L.Conv3D(3, 2, padding="same", strides=(1, 2, 1), name="in")(L.ZeroPadding3D(((1, 0), (0, 1), (1, 1)))(x))
    y = L.LayerNormalization(axis=[1, 4], name="layered")(L.MaxPooling3D((1, 1, 2), padding="same")(y))
    y = L.UpSampling3D((1, 2, 1))(L.Conv3DTranspose(2, 2, strides=(2, 1, 1), name="up")(y))
    y = L.AveragePooling3D((2, 1, 1))(L.Cropping3D(((1, 2), (0, 1), (1, 0)))(y))
    a, b = L.GlobalAveragePooling3D()(y), L.GlobalMaxPooling3D()(y)
    return keras.Model(x, L.Dense(1, name="last")(L.Concatenate()([L.Dot(axes=1, normalize=True)([a, b]), a])))


def spectral():
    x = L.Input((4, 4, 2))
    y = L.SpectralNormalization(L.Conv2D(3, 2, name="inside"), power_iterations=2, name="conv")(x)
    return keras.Model(x, L.SpectralNormalization(L.Dense(2, name="core"), name="last")(L.Flatten()(y)))


def attention():
    """Tokens and masks through each kind of attention."""
    x = L.Input((4,), dtype="int32", name="tokens")
    y = L.Embedding(6, 4, mask_zero=True, name="rows")(x)
    y = L.MultiHeadAttention(2, 3, name="heads")(y, y)
    y = L.LayerNormalization(name="normal")(L.Add(name="sum")([y, L.Attention(use_scale=True, name="products")([y, y])]))
    y = L.AdditiveAttention(name="sums")([y, y])
    if IS_3:
        y = L.MultiHeadAttention(1, 2, use_gate=True, name="gated")(y, y, use_causal_mask=True)
        y = L.GroupQueryAttention(3, 4, 2, name="groups")(y, y)
    y = L.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", name="summed")(y)
    return keras.Model(x, L.Dense(2, name="last")(L.GlobalAveragePooling1D(name="mean")(y)))


def wrapped():
    """Layers around layers and around networks."""
    x = L.Input((4, 3), name="steps")
    y = L.Bidirectional(L.LSTM(2, return_sequences=True, recurrent_activation="hard_sigmoid"), name="both")(L.Masking(name="skip")(x))
    y = L.Bidirectional(L.GRU(2, return_sequences=True, reset_after=False), merge_mode="sum", name="sum")(y)
    y = L.TimeDistributed(keras.Sequential([L.Input((2,)), L.Dense(3, name="in_a"), L.BatchNormalization(name="in_bn"), L.Dense(2, name="in_b")], name="inner"), name="network")(y)
    y = L.TimeDistributed(L.Dense(3, activation="hard_sigmoid", name="each"), name="dense")(y)
    y = L.TimeDistributed(L.BatchNormalization(name="moving"), name="normal")(y)
    y = L.Bidirectional(L.RNN([L.GRUCell(2), L.SimpleRNNCell(3)]), name="stacked")(y)
    return keras.Model(x, L.Dense(2, name="last")(y))


def given_states():
    """A decoder that begins with the states of an encoder. Keras 2 heeds the decoder's mask there, Keras 3 does not."""
    words, spoken = L.Input((5,), dtype="int32", name="words"), L.Input((4,), dtype="int32", name="spoken")
    read = L.Embedding(3, 4, mask_zero=True, name="read")(words)
    _, *states = L.LSTM(3, return_state=True, name="encoder")(read)
    said = L.Dropout(0.1, name="drop")(L.Embedding(3, 4, mask_zero=True, name="said")(spoken))
    y = L.LSTM(3, return_sequences=True, name="decoder")(said, initial_state=states)
    y = L.GRU(2, return_sequences=True, name="gated")(L.Masking(0.5, name="skip")(y), initial_state=L.Dense(2, name="bridge")(states[0]))
    return keras.Model([words, spoken], L.TimeDistributed(L.Dense(2, activation="softmax"), name="each")(y))


def around():
    """A Functional model inside a layer: its entries have names beside their configs."""
    inside = L.Input((4, 3), name="inside")
    branch = L.Add(name="sum")([L.Conv1D(2, 2, padding="same", name="a")(inside), L.Conv1D(2, 1, name="b")(inside)])
    network = keras.Model(inside, L.Dense(2, name="c")(L.Flatten(name="flat")(branch)), name="network")
    x = L.Input((3, 4, 3))
    return keras.Model(x, L.Dense(2, name="last")(L.LSTM(2, name="memory")(L.TimeDistributed(network, name="each")(x))))


def dressed():
    """Initializers, regularizers and constraints, whose names differ from reader to reader. TensorFlow.js applies the constraints when it loads."""
    r = keras.regularizers
    return keras.Sequential([
        L.Input((4, 3)),
        L.LSTM(3, kernel_initializer="lecun_uniform", kernel_regularizer=r.L2(0.01), recurrent_constraint=keras.constraints.MaxNorm(90), return_sequences=True, name="memory"),
        L.Dense(3, kernel_initializer=keras.initializers.Identity(0.5) if hasattr(keras.initializers, "Identity") else "identity", kernel_regularizer=r.L1(0.02), bias_regularizer=r.L1L2(0.01, 0.02), name="a"),
        L.Flatten(name="flat"),
        L.Dense(2, kernel_initializer="lecun_normal", bias_initializer=keras.initializers.Constant(0.1), kernel_constraint=keras.constraints.MinMaxNorm(0, 90), name="b"),
    ])


def turned():
    """Around layers that go backwards themselves: only Keras 2 builds that without a second layer."""
    return keras.Sequential([
        L.Input((4, 3)), L.Bidirectional(L.LSTM(2, return_sequences=True, go_backwards=True), name="both"), L.Bidirectional(L.GRU(2, go_backwards=True), merge_mode="sum", name="sum"),
        L.Dense(2, name="last"),
    ])


def prepared():
    """What stands before a network of images."""
    adapted = L.Normalization(axis=-1, name="adapted")
    adapted.adapt(np.random.default_rng(5).normal(2, 3, size=(20, 5, 4, 3)).astype("float32"))
    x = L.Input((5, 4, 3))
    y = L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.5, 2.0, 0.5], name="given")(adapted(x))
    y = L.RandomContrast(0.2)(L.RandomZoom(0.1, 0.2)(L.RandomTranslation(0.2, 0.1)(L.RandomRotation(0.1)(L.RandomFlip("horizontal")(y)))))
    y = L.CenterCrop(4, 3)(L.Resizing(6, 5, interpolation="bicubic")(L.RandomBrightness(0.1)(y)))
    return keras.Model(x, L.Dense(2, name="last")(L.GlobalMaxPooling2D()(L.Rescaling([0.5, 1.0, 2.0], offset=0.1)(y))))


CASES = {
    "sequential_mlp": sequential_mlp, "conv_bn": conv_bn, "nested": nested, "shared": shared, "multi_io": multi_io, "trained": trained,
    "frozen": frozen, "odd_names": odd_names, "half": half, "recurrent": recurrent, "custom": custom, "function": function, "activations": activations,
    "image_layers": image_layers, "step_layers": step_layers, "volume_layers": volume_layers, "prepared": prepared,
    "spectral": spectral, "attention": attention, "wrapped": wrapped, "given_states": given_states, "around": around, "dressed": dressed,
}

if not IS_3:
    # Keras 2's SpectralNormalization fails on its own specification of inputs.
    del CASES["spectral"]
    CASES["turned"] = turned


def leaves(model, prefix=""):
    for layer in model.layers:
        yield prefix + layer.name.replace("/", "_"), layer
        if hasattr(layer, "layers"):
            yield from leaves(layer, prefix + layer.name.replace("/", "_") + "/")


def own_weights(layer):
    # A wrapper lists its own between those of the layer inside; a file has what is trainable first.
    return [] if hasattr(layer, "layers") else sorted(layer.weights, key=lambda w: not w.trainable) if hasattr(layer, "layer") else layer.weights


def inner_name(weight, layer, prefix=""):
    """How we tell apart the variables of layers inside a layer: by direction, cell, and the path inside a network."""
    if isinstance(layer, L.Bidirectional):
        forward = any(weight is w for w in layer.forward_layer.weights)
        return inner_name(weight, layer.forward_layer if forward else layer.backward_layer, prefix + ("forward_" if forward else "backward_"))
    if isinstance(layer, L.TimeDistributed):
        return inner_name(weight, layer.layer, prefix)
    if hasattr(layer, "layers"):
        inside = next(each for each in layer.layers if any(weight is w for w in each.weights))
        return inner_name(weight, inside, f"{prefix}{inside.name}/")
    cells = getattr(getattr(layer, "cell", None), "cells", [])
    place = next((i for i, cell in enumerate(cells) if any(weight is w for w in cell.weights)), None)
    return prefix + ("" if place is None else f"cell_{place}_") + weight.name.split("/")[-1].split(":")[0]


def describe(weight, layer):
    value = np.asarray(weight.numpy(), order="C")
    name = weight.name.split("/")[-1].split(":")[0]
    name = inner_name(weight, layer) if isinstance(layer, (L.Bidirectional, L.TimeDistributed)) else name
    # The name that Keras 3 gives to DepthwiseConv2D's.
    name = "vector_u" if name == "sn_u" else name
    name = "kernel" if name == "depthwise_kernel" and "each" in weight.name else name
    # Variables of layers inside a layer are told apart by those layers' names.
    parts = (getattr(weight, "path", None) or weight.name).split(":")[0].split("/")
    name = f"{parts[-2].removeprefix('attention_')}_{name}" if parts[-2] in ("query", "key", "value", "gate", "attention_output") else name
    return {"name": name, "shape": list(value.shape), "dtype": str(value.dtype), "sha256": hashlib.sha256(value.tobytes()).hexdigest()}


def randomize(model):
    """Fresh models have zeros and ones in them, which a mix-up would not show."""
    rng = np.random.default_rng(7)
    for variable in model.weights:
        value = variable.numpy()
        if np.issubdtype(value.dtype, np.floating):
            noise = rng.uniform(0.1, 0.9, value.shape) if "variance" in variable.name else rng.normal(0, 0.5, value.shape)
            variable.assign(noise.astype(value.dtype))
    for layer in model.layers:
        if isinstance(layer, L.Normalization):
            layer.finalize_state()


def expected(model, name, reloaded):
    rng = np.random.default_rng(3)
    numbers = lambda t: rng.integers(0, 3, (3, *t.shape[1:])) if "int" in str(t.dtype) else rng.normal(size=(3, *t.shape[1:]))
    inputs = [numbers(t).astype("int32" if "int" in str(t.dtype) else "float32") for t in model.inputs]
    runnable = model
    if name == "odd_names":
        # TensorFlow runs no layer of such a name: a twin of plain names computes.
        runnable = odd_names(["a", "b", "c", "d"])
        runnable.set_weights(model.get_weights())
    outputs = runnable.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    count = lambda variables: int(sum(np.prod(v.shape) for v in variables))
    opaque = name in ("custom", "function")
    return {
        "layers": [
            {"path": path, "class": type(layer).__name__.replace("GroupedQuery", "GroupQuery"), "trainable": loaded.trainable, "weights": [describe(w, layer) for w in own_weights(layer)]}
            for (path, layer), (_, loaded) in zip(leaves(model), leaves(reloaded))
        ],
        "parameters": {"total": count(model.weights), "trainable": count(model.trainable_weights)},
        "inputs": [{"shape": list(x.shape), "data": x.ravel().tolist()} for x in inputs],
        "outputs": None if opaque else [{"shape": list(y.shape), "data": y.astype("float64").ravel().tolist()} for y in outputs],
        "optimizer": optimizer_variables(model),
    }


def optimizer_variables(model):
    if not IS_3 or getattr(model, "optimizer", None) is None:
        return []
    values = [np.asarray(v.numpy()) for v in model.optimizer.variables]
    return [{"shape": list(v.shape), "sha256": hashlib.sha256(v.tobytes()).hexdigest()} for v in values]


def main():
    for name in sys.argv[2:] or CASES:
        build = CASES[name]
        keras.backend.clear_session()
        keras.utils.set_random_seed(11)
        model = build()
        if name != "trained":
            randomize(model)
        # Keras 3.15 cannot write the layers of `prepared` as .h5: copying their configs fails.
        formats = ["h5"] if not IS_3 else ["keras"] if name == "prepared" else ["keras", "h5"]
        for suffix in formats:
            stem = f"{name}.{'keras3' if IS_3 else 'keras2'}"
            model.save(HERE / f"{stem}.{suffix}")
        # Keras 2 does not save the flag of a nested Sequential itself, only its layers'.
        reloaded = model if IS_3 else keras.models.load_model(HERE / f"{stem}.h5", safe_mode=False)
        (HERE / f"{stem}.json").write_text(json.dumps({"writer": WRITER, "files": [f"{stem}.{s}" for s in formats], **expected(model, name, reloaded)}) + "\n")
        if name == "nested" or (IS_3 and name in ["conv_bn", "recurrent"]):
            model.save_weights(HERE / (f"{stem}.weights.h5" if IS_3 else f"{stem}.only.h5"))
        if name == "sequential_mlp" and IS_3:
            # So small that the variables of one layer lie in two files.
            model.save_weights(HERE.parent / "shards" / "mlp.weights.json", max_shard_size=300 / 1024**3)


main()
