"""Writes golden/hostile/: files that try to make a reader read other files, allocate too much, or take damaged data.

Run: python test/keras/hostile.py
"""

import io
import json
import pathlib
import struct
import zipfile
import zlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent / "golden" / "hostile"
HERE.mkdir(parents=True, exist_ok=True)
CANARY = b"CANARY-5b1d0f3e-must-appear-nowhere"
KERNEL = "model_weights/d/d/kernel"

CONFIG = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 8], "dtype": "float32", "name": "i"}},
            {"class_name": "Dense", "config": {"name": "d", "trainable": True, "units": 8, "activation": "linear", "use_bias": False}},
        ],
    },
}


def legacy(name, put, **options):
    """An .h5 model whose one kernel is written by `put(file)`."""
    with h5py.File(HERE / f"{name}.h5", "w", **options) as file:
        file.attrs["keras_version"] = "3.15.1"
        file.attrs["model_config"] = json.dumps(CONFIG)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        layer = group.create_group("d")
        layer.attrs["weight_names"] = [b"d/kernel"]
        put(file)


def create(**arguments):
    return lambda file: file.create_dataset(KERNEL, **arguments)


def link(target):
    def put(file):
        file[KERNEL] = target

    return put


def nested_link(file):
    del file["model_weights/d"]
    file["model_weights/d"] = h5py.ExternalLink("canary.h5", "/")


def group_link(file):
    file["elsewhere"] = file["model_weights"]
    file["elsewhere/d"].create_dataset("d/kernel", data=np.ones((8, 8), "f4"))
    del file["model_weights"]
    file["model_weights"] = h5py.SoftLink("/elsewhere")


def virtual(file):
    layout = h5py.VirtualLayout(shape=(8, 8), dtype="f4")
    layout[:] = h5py.VirtualSource("canary.h5", "secret", shape=(8, 8))
    file.create_virtual_dataset(KERNEL, layout)


def loop(file):
    file["model_weights/d/d"] = file["model_weights"]
    file["model_weights/d"].attrs["weight_names"] = [("d/d/" * 3000 + "kernel").encode()]


def chunk(data, filters=(0,), **arguments):
    """A chunk written as it is, past the filters."""

    def put(file):
        dataset = file.create_dataset(KERNEL, shape=(8, 8), chunks=(8, 8), dtype="f4", **arguments)
        dataset.id.write_direct_chunk((0, 0), data, *filters)

    return put


def half_written(file):
    dataset = file.create_dataset(KERNEL, shape=(8, 8), chunks=(4, 8), dtype="f4", compression="gzip")
    dataset[:4] = 1


def write_hdf5():
    with h5py.File(HERE / "canary.h5", "w") as file:
        file["secret"] = np.frombuffer((CANARY * 8)[:256], "f4").reshape(8, 8)
        file["d/kernel"] = file["secret"][()]
    (HERE / "canary.txt").write_bytes(CANARY * 10)
    legacy("control", create(data=np.arange(64, dtype="f4").reshape(8, 8)))
    legacy("control_gzip", create(data=np.arange(64, dtype="f4").reshape(8, 8), chunks=(4, 4), compression="gzip", shuffle=True, fletcher32=True))
    legacy("external_link_absolute", link(h5py.ExternalLink("/etc/canary.h5", "/secret")))
    legacy("external_link_relative", link(h5py.ExternalLink("canary.h5", "/secret")))
    legacy("soft_link", link(h5py.SoftLink("/model_weights/d")))
    legacy("soft_link_loop", link(h5py.SoftLink("/" + KERNEL)))
    legacy("nested_link", nested_link)
    legacy("group_link", group_link)
    legacy("external_storage_relative", create(shape=(8, 8), dtype="f4", external=[("canary.txt", 0, 256)]))
    legacy("external_storage_absolute", create(shape=(8, 8), dtype="f4", external=[("/etc/passwd", 0, 256)]))
    legacy("external_storage_device", create(shape=(8, 8), dtype="f4", external=[("/dev/urandom", 0, 256)]))
    legacy("virtual_dataset", virtual)
    legacy("hard_link_loop", loop)
    legacy("shape_bomb", create(shape=(1 << 20, 1 << 20), dtype="f4"))
    legacy("shape_bomb_chunked", create(shape=(1 << 20, 1 << 20), dtype="f4", chunks=(1 << 14, 1 << 14)))
    legacy("gzip_bomb", create(data=np.zeros(1 << 24, "f4"), chunks=(1 << 20,), compression="gzip"))
    legacy("never_written", create(shape=(8, 8), dtype="f4"))
    legacy("half_written", half_written)
    legacy("short_chunk", chunk(zlib.compress(b"\0" * 100), compression="gzip"))
    legacy("long_chunk", chunk(zlib.compress(b"\0" * 4096), compression="gzip"))
    legacy("bad_chunk", chunk(b"this is no deflate stream", compression="gzip"))
    legacy("bad_checksum", chunk(b"\1" * 256 + b"\0\0\0\0", fletcher32=True))
    legacy("compound_weight", create(data=np.zeros((8, 8), [("a", "f4"), ("b", "i4")])))
    legacy("string_weight", create(data=[b"x" * 8] * 8))
    legacy("wrong_shape", create(data=np.zeros((8, 9), "f4")))


def good_weights():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        group = file.create_group("layers/dense/vars")
        group.attrs["name"] = "d"
        group["0"] = np.arange(64, dtype="f4").reshape(8, 8)
    return buffer.getvalue()


def archive(name, config=CONFIG, extra=(), weights=None, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(HERE / f"{name}.keras", "w", method) as file:
        for member, content in [("metadata.json", '{"keras_version": "3.15.1"}'), ("config.json", config if isinstance(config, str) else json.dumps(config)), ("model.weights.h5", weights or good_weights()), *extra]:
            info = zipfile.ZipInfo("placeholder")
            info.filename = member
            info.compress_type = method
            file.writestr(info, content)


def patched(name, source, change):
    raw = bytearray((HERE / f"{source}.keras").read_bytes())
    change(raw)
    (HERE / f"{name}.keras").write_bytes(raw)


def flip_weight_bit(raw):
    raw[raw.index(np.arange(64, dtype="f4").tobytes()) + 5] ^= 1


def lie_about_size(raw):
    at = raw.rindex(b"PK\1\2")
    raw[at + 24:at + 28] = struct.pack("<I", 0x7FFFFFFF)


def with_layer(entry):
    config = json.loads(json.dumps(CONFIG))
    config["config"]["layers"].append(entry)
    return config


def write_archives():
    archive("control")
    archive("member_parent", extra=[("../x", "out")])
    archive("member_absolute", extra=[("/x", "out")])
    archive("member_backslash", extra=[("..\\x", "out")])
    archive("member_control", extra=[("a\nb", "out")])
    archive("member_twice", extra=[("config.json", "{}")])
    archive("zip_bomb", extra=[], config="[" + " " * 50_000_000 + "]", method=zipfile.ZIP_DEFLATED)
    archive("deep_json", config="[" * 500 + "]" * 500)
    archive("vocabulary_path", with_layer({"module": "keras.layers", "class_name": "TextVectorization", "config": {"name": "t", "vocabulary": str("canary.txt")}, "registered_name": None}))
    archive("lambda", with_layer({"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}, "registered_name": None}))
    archive("module_os", with_layer({"module": "os", "class_name": "system", "config": {"name": "o", "command": "touch x"}, "registered_name": None}))
    archive("class_proto", with_layer({"module": "keras.layers", "class_name": "__proto__", "config": {"name": "p", "__proto__": {"polluted": True}}, "registered_name": None}))
    archive("class_constructor", with_layer({"module": "keras.layers", "class_name": "constructor", "config": {"name": "c"}, "registered_name": None}))
    archive("tfsm", with_layer({"module": "keras.layers", "class_name": "TFSMLayer", "config": {"name": "t", "filepath": "canary.txt"}, "registered_name": None}))
    with h5py.File(buffer := io.BytesIO(), "w") as file:
        file["layers/dense/vars/0"] = h5py.ExternalLink("canary.h5", "/secret")
    archive("weights_external_link", weights=buffer.getvalue())
    patched("bad_crc", "control", flip_weight_bit)
    patched("size_lie", "control", lie_about_size)


write_hdf5()
write_archives()
