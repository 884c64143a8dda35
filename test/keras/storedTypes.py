"""Writes golden/storedTypes.json: numbers in each stored type, as NumPy and ml_dtypes round them.

Run: KERAS_BACKEND=tensorflow python test/keras/storedTypes.py
"""

import json
import pathlib

import ml_dtypes
import numpy as np

HERE = pathlib.Path(__file__).parent / "golden"
TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float64": np.float64, "float32": np.float32}
# Ties, carries into the exponent, subnormals, the largest, overflow.
NUMBERS = [0.0, -0.0, 1, -1, 1 / 3, 0.1, 2049, 2051, 1.0009765625, 1.00048828125, 1.00146484375, 65504, 65519, 65520, 1e6, -1e9, 6.1e-5, 6.103e-5,
           5.96e-8, 2.98e-8, 2.99e-8, 8.9e-8, 1e-10, 3.0e38, 3.4e38, 1.00390625, 1.01171875, 1e-39, 1e-45, -7.25, 123.456]


def old_file():
    """golden/bfloat16.h5: what Keras 3.15.1 writes, and cannot load itself. Numbers that bfloat16 holds exactly."""
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, dtype="bfloat16", name="brain")])
    model.set_weights([np.array([[1, -2, 0.5], [0.25, 96, -0.0078125]]), np.array([0, 3, -1.5])])
    model.save(HERE / "bfloat16.h5")


if __name__ == "__main__":
    old_file()
    numbers = np.array(NUMBERS, np.float32)
    rng = np.random.default_rng(0)
    numbers = np.concatenate([numbers, rng.normal(size=40).astype("float32"), (10.0 ** rng.uniform(-9, 6, 60)).astype("float32")])
    golden = {"numbers": np.frombuffer(numbers.tobytes(), np.uint32).tolist(), "bytes": {}}
    with np.errstate(over="ignore"):
        for name, dtype in TYPES.items():
            golden["bytes"][name] = numbers.astype(dtype).tobytes().hex()
    (HERE / "storedTypes.json").write_text(json.dumps(golden) + "\n")
