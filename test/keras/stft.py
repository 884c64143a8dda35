"""Writes golden/stft.json: the kernels that Keras' STFT initializer makes. Needs SciPy beside what requirements.txt lists.

Run: KERAS_BACKEND=tensorflow python test/keras/stft.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np

CASES = [
    ("real", "hann", "density", False), ("imag", "hamming", "spectrum", True), ("real", "boxcar", None, False), ("imag", [0.1, 0.7, 1, 0.5], "density", False),
    ("real", None, "density", False),
]

if __name__ == "__main__":
    golden = []
    for case in CASES:
        made = keras.initializers.STFT(*case)
        golden.append({**keras.initializers.serialize(made), "shape": [4, 1, 4], "data": [float(f"{v:.7g}") for v in np.ravel(made((4, 1, 4)))]})
    (pathlib.Path(__file__).parent / "golden" / "stft.json").write_text(json.dumps(golden) + "\n")
