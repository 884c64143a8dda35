"""Writes golden/networks/NAME.json: whole models as graphs, what they predict, what a training call moves, what Keras says of them.

Run: KERAS_BACKEND=tensorflow python test/keras/networks.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers as L

HERE = pathlib.Path(__file__).parent / "golden" / "networks"


def textbook():
    model = keras.Sequential([keras.Input((6, 5)), L.Flatten(), L.Dense(8, activation="relu", kernel_initializer="he_normal"), L.BatchNormalization(), L.Dropout(0.3), L.Dense(1, activation="sigmoid")], name="textbook")
    model.layers[1].trainable = False
    return model


def shared():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    twin, norm = L.Dense(3, activation="tanh", name="twin"), L.BatchNormalization(name="norm", momentum=0.8)
    left, right = norm(twin(a)), norm(twin(b))
    return keras.Model([a, b], L.Subtract(name="difference")([left, right]), name="siamese")


def nested():
    x = keras.Input((8, 7, 2), name="pixels")
    y = L.Conv2D(4, 3, padding="same", name="conv")(x)
    y = L.BatchNormalization(name="norm")(y)
    y = L.Activation("relu", name="relu")(y)
    base = keras.Model(x, L.MaxPooling2D(name="pool")(y), name="base")
    base.trainable = False
    head = keras.Sequential([keras.Input((4, 3, 4)), L.GlobalAveragePooling2D(name="gap"), L.Dense(3, activation="softmax", name="classes")], name="head")
    image = keras.Input((8, 7, 2), name="image")
    return keras.Model(image, head(base(L.Rescaling(1 / 255.0, name="scale")(image), training=False)), name="nested")


def twice():
    x = keras.Input((3,), name="inner_in")
    encoder = keras.Model(x, L.BatchNormalization(name="norm", momentum=0.5)(L.Dense(2, name="code")(x)), name="encoder")
    a, b = keras.Input((3,), name="first"), keras.Input((3,), name="second")
    return keras.Model([a, b], L.Concatenate(name="both")([encoder(a), encoder(b)]), name="twice")


def several():
    image, meta = keras.Input((5, 5, 1), name="image"), keras.Input((3,), name="meta")
    features = L.Flatten(name="flat")(L.Conv2D(2, 2, strides=2, name="conv")(image))
    joined = L.Concatenate(name="join")([features, meta])
    kind = L.Dense(4, activation="softmax", name="kind")(joined)
    size = L.Dense(1, name="size")(L.Concatenate(name="again")([joined, kind]))
    return keras.Model({"image": image, "meta": meta}, [kind, size, joined, meta], name="several")


def free():
    x = keras.Input((None, None, 3), name="any_size")
    y = L.ZeroPadding2D(1, name="pad")(x)
    y = L.Conv2D(4, 3, strides=2, activation="selu", name="conv", activity_regularizer=keras.regularizers.L1L2(0.01, 0.02))(y)
    return keras.Model(x, L.Dense(2, name="out")(L.GlobalMaxPooling2D(name="gmp")(y)), name="free")


def numbers(array):
    array = np.asarray(array, "float32")
    return {"shape": list(array.shape), "data": [float(f"{v:.9g}") for v in array.ravel()]}


def argument(value):
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return {"kind": "tensor", **reference(value["config"]["keras_history"])}
    if isinstance(value, list):
        return {"kind": "list", "items": [argument(v) for v in value]}
    if isinstance(value, dict):
        return {"kind": "dict", "items": {k: argument(v) for k, v in value.items()}}
    return {"kind": "value", "value": value}


def reference(history):
    return {"layer": history[0], "call": history[1], "output": history[2]}


def refs(value):
    """Histories inside an input_layers or output_layers entry: one, a list or a dictionary."""
    if isinstance(value, dict):
        return [r for v in value.values() for r in refs(v)]
    if len(value) == 3 and isinstance(value[0], str):
        return [reference(value)]
    return [r for v in value for r in refs(v)]


def calls_of(config):
    """Every call after those that it reads."""
    waiting = [(layer["name"], i, node) for layer in config["layers"] for i, node in enumerate(layer["inbound_nodes"])]
    done = {(r["layer"], r["call"]) for r in refs(config["input_layers"])}
    ordered = []
    while waiting:
        for entry in list(waiting):
            name, index, node = entry
            args, kwargs = [argument(a) for a in node["args"]], {k: argument(v) for k, v in node["kwargs"].items()}
            needed = {(r["layer"], r["call"]) for r in tensors(args) + tensors(list(kwargs.values()))}
            if needed <= done:
                ordered.append({"layer": name, "call": index, "args": args, "kwargs": kwargs})
                done.add((name, index))
                waiting.remove(entry)
    return ordered


def tensors(arguments):
    found = []
    for a in arguments:
        if a["kind"] == "tensor":
            found.append(a)
        elif a["kind"] in ("list", "dict"):
            found += tensors(list(a["items"]) if a["kind"] == "list" else list(a["items"].values()))
    return found


def network(model):
    if isinstance(model, keras.Sequential):
        names = [layer.name for layer in model.layers]
        source = {"kind": "tensor", "layer": "sequential_input", "call": 0, "output": 0}
        before = [source] + [{"kind": "tensor", "layer": n, "call": 0, "output": 0} for n in names]
        return {"kind": "sequential", "layers": [layer_of(l) for l in model.layers],
                "calls": [{"layer": n, "call": 0, "args": [before[i]], "kwargs": {}} for i, n in enumerate(names)],
                "inputs": [{"name": model.inputs[0].name, "shape": list(model.inputs[0].shape), "dtype": "float32", "ref": source}],
                "outputs": [{"name": names[-1], "ref": before[-1]}]}
    config = model.get_config()
    ins, outs = refs(config["input_layers"]), refs(config["output_layers"])
    return {"kind": "functional", "layers": [layer_of(l) for l in model.layers] + operations(model, config), "calls": calls_of(config),
            "inputs": [{"name": r["layer"], "shape": list(t.shape), "dtype": t.dtype, "ref": {"kind": "tensor", **r}} for r, t in zip(ins, model.inputs)],
            "outputs": [{"name": r["layer"], "ref": {"kind": "tensor", **r}} for r in outs]}


def operations(model, config):
    """Nodes of keras.ops, those of masks among them, are no layers of the model."""
    own = {layer.name for layer in model.layers}
    others = [json.loads(json.dumps(entry)) for entry in config["layers"] if entry["name"] not in own]
    return [{"name": e["name"], "className": e["class_name"], "config": e["config"], "trainable": True, "weights": [], "operation": True} for e in others]


def layer_of(layer):
    serial = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    inner = isinstance(layer, keras.Model)
    state = lambda w: "moving" in w.name or w.name == "vector_u"
    weights = [] if inner else [{"name": w.name, "trainable": not state(w), **numbers(w)} for w in layer.weights]
    result = {"name": layer.name, "className": type(layer).__name__, "config": {} if inner else serial["config"], "trainable": layer.trainable, "weights": weights}
    return {**result, "network": network(layer)} if inner else result


def facts(model, prefix=""):
    for layer in model.layers:
        path = prefix + layer.name
        yield {"path": path, "parameters": layer.count_params(), "outputShape": list(layer.output.shape), "trainable": layer.trainable}
        if isinstance(layer, keras.Model):
            yield from facts(layer, path + "/")


def moving(model, prefix=""):
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found.update(moving(layer, f"{prefix}{layer.name}/"))
        else:
            found.update({f"{prefix}{layer.name}/{w.name}": numbers(w) for w in layer.weights if "moving" in w.name})
    return found


def write(make, rng):
    keras.backend.clear_session()
    model = make()
    for weight in model.weights:
        weight.assign(rng.uniform(0.5 if "variance" in weight.name else -0.8, 1.1, weight.shape).astype("float32"))
    root = layer_of(model)
    feeds = {i.name: rng.normal(size=[3] + [7 if s is None else s for s in i.shape[1:]]).astype("float32") for i in model.inputs}
    names = [o["name"] for o in root["network"]["outputs"]]
    as_list = lambda outputs: [numbers(o) for o in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]
    call = lambda training: model(feeds if len(feeds) > 1 else next(iter(feeds.values())), training=training)
    inference = as_list(call(False))
    losses = [float(v) for v in model.losses]
    random = any(isinstance(l, L.Dropout) for l in model.layers)
    result = {"keras": keras.__version__, "root": root, "feeds": {k: numbers(v) for k, v in feeds.items()}, "inference": dict(zip(names, inference)), "losses": losses,
              "facts": list(facts(model)), "parameters": {"total": model.count_params(), "trainable": sum(int(np.prod(w.shape)) for w in model.trainable_weights)},
              "outputShapes": [list(o.shape) for o in model.outputs]}
    trained = as_list(call(True))
    if not random:
        result["training"] = {"outputs": dict(zip(names, trained)), "moved": moving(model)}
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / f"{make.__name__}.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    for index, make in enumerate([textbook, shared, nested, twice, several, free]):
        write(make, np.random.default_rng(100 + index))
