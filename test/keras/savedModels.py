"""Writes golden/savedModels/: folders that Keras 2 saved (packed as zip), and what Keras says of each.

Run: python test/keras/savedModels.py [NAME ...]
"""

import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import zipfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tf_keras as keras
from tensorflow.core.protobuf import saved_model_pb2
from tf_keras.protobuf import saved_metadata_pb2

L = keras.layers
O = keras.optimizers
HERE = pathlib.Path(__file__).parent / "golden" / "savedModels"
HERE.mkdir(parents=True, exist_ok=True)


def sequential():
    return keras.Sequential([L.Input((5, 4, 2)), L.SeparableConv2D(3, 2, name="apart"), L.DepthwiseConv2D(2, name="each"), L.BatchNormalization(name="norm"), L.Flatten(), L.Dense(2, name="last")], name="line")


def nested():
    inner = keras.Sequential([L.Input((3,)), L.Dense(3, activation="tanh", name="dense"), L.BatchNormalization(name="norm")], name="block")
    deep_in = L.Input((3,))
    deep = keras.Model(deep_in, inner(L.Dense(3, name="dense")(deep_in)), name="deep")
    x, z = L.Input((3,), name="x"), L.Input((3,), name="z")
    tower = L.Dense(3, activation="relu", name="tower")
    y = L.Concatenate()([deep(tower(x)), tower(z)])
    return keras.Model([x, z], [L.Dense(1, name="a")(y), L.Dense(2, name="b")(y)], name="outer")


def recurrent():
    x = L.Input((None, 3), name="steps")
    y = L.LSTM(3, return_sequences=True, name="memory")(x)
    y = L.GRU(2, return_sequences=True, reset_after=False, recurrent_activation="hard_sigmoid", name="gated")(y)
    return keras.Model(x, L.Dense(1, name="last")(L.SimpleRNN(2, name="simple")(y)), name="rnn")


def wrapped():
    """Variables in parts of a layer, and gates that Keras 3 computes otherwise."""
    x = L.Input((6, 4), name="steps")
    y = L.Bidirectional(L.LSTM(2, return_sequences=True), name="both")(x)
    y = L.MultiHeadAttention(2, 2, name="heads")(y, y)
    y = L.RNN([L.GRUCell(3, recurrent_activation="hard_sigmoid"), L.LSTMCell(2)], return_sequences=True, name="stack")(y)
    y = L.ConvLSTM1D(2, 2, return_sequences=True, name="film")(L.Reshape((3, 2, 2), name="frames")(y))
    y = L.RNN(L.SimpleRNNCell(2, activation="hard_sigmoid"), name="cell")(L.TimeDistributed(L.Flatten(), name="flat")(y))
    return keras.Model(x, L.Dense(1, name="last")(y), name="wrapped")


CASES = {
    "sequential": (sequential, lambda: O.Adam(0.01), False),
    "nested": (nested, lambda: O.legacy.Adam(0.01), True),
    "recurrent": (recurrent, lambda: O.SGD(0.01, momentum=0.9), False),
    "wrapped": (wrapped, lambda: O.SGD(0.01, momentum=0.9), False),
    # As TensorFlow wrote it before 2.5: Keras' words stand inside saved_model.pb.
    "early": (recurrent, lambda: O.legacy.RMSprop(0.01), False),
}


def moved_metadata(folder):
    path = folder / "keras_metadata.pb"
    metadata = saved_metadata_pb2.SavedMetadata.FromString(path.read_bytes())
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    objects = model.meta_graphs[0].object_graph_def
    for node in metadata.nodes:
        objects.nodes[node.node_id].user_object.identifier = node.identifier
        objects.nodes[node.node_id].user_object.metadata = node.metadata
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    path.unlink()


def leaves(model, prefix=""):
    for layer in model.layers:
        yield prefix + layer.name, layer
        if hasattr(layer, "layers"):
            yield from leaves(layer, prefix + layer.name + "/")


def describe(weight):
    value = np.asarray(weight.numpy(), order="C")
    return {"shape": list(value.shape), "dtype": str(value.dtype), "sha256": hashlib.sha256(value.tobytes()).hexdigest()}


def main():
    for name, (build, optimizer, frozen) in CASES.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        keras.backend.clear_session()
        keras.utils.set_random_seed(3)
        model = build()
        if frozen:
            model.get_layer("tower").trainable = False
        model.compile(optimizer(), "mse", metrics=["mae"])
        rng = np.random.default_rng(1)
        inputs = [rng.normal(size=(4, *(size or 6 for size in x.shape[1:]))).astype("float32") for x in model.inputs]
        targets = [np.ones((4, *y.shape[1:]), "float32") for y in model.outputs]
        model.fit(inputs, targets, epochs=2, verbose=0)
        outputs = model.predict(inputs, verbose=0)
        slots = [v for v in (model.optimizer.variables() if callable(model.optimizer.variables) else model.optimizer.variables) if v.shape.rank > 0]
        expected = {
            "layers": [
                {"path": path, "class": type(layer).__name__, "trainable": layer.trainable, "weights": [] if hasattr(layer, "layers") else [describe(w) for w in layer.weights]}
                for path, layer in leaves(model)
            ],
            "inputs": [{"shape": list(x.shape), "data": x.ravel().tolist()} for x in inputs],
            "outputs": [{"shape": list(y.shape), "data": y.astype("float64").ravel().tolist()} for y in (outputs if isinstance(outputs, list) else [outputs])],
            "optimizer": type(model.optimizer).__name__,
            "slots": sorted(hashlib.sha256(np.ascontiguousarray(v.numpy()).tobytes()).hexdigest() for v in slots),
        }
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary) / "model"
            keras.models.save_model(model, folder, save_format="tf", save_traces=False)
            if name == "early":
                moved_metadata(folder)
            shutil.rmtree(folder / "assets", ignore_errors=True)
            with zipfile.ZipFile(HERE / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                    archive.writestr(zipfile.ZipInfo(str(path.relative_to(folder))), path.read_bytes(), zipfile.ZIP_DEFLATED)
        (HERE / f"{name}.json").write_text(json.dumps(expected) + "\n")


main()
