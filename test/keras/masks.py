"""Writes golden/masks/CLASS.json: what real Keras 3 computes for layers that are given masks; and golden/masks.json: which layers
pass a mask on.

Run: KERAS_BACKEND=tensorflow python test/keras/masks.py [CLASS ...]
"""

import json
import sys

import layers as shared
import sequences
import keras
import numpy as np
from keras import layers as L

HERE = shared.HERE.parent / "masks"
MASK = np.asarray([[1, 0, 1, 0], [0, 1, 1, 1], [0, 0, 0, 1]], "bool")
OTHER = np.asarray([[0, 0, 1, 1], [1, 1, 0, 1], [0, 0, 1, 1]], "bool")
SHORT = np.asarray([[1, 0], [1, 1], [0, 1]], "bool")
STEPS = (3, 4, 2)
TWO = {"inputs": "list", "masks": [MASK, OTHER]}
HALF = {"inputs": "list", "masks": [MASK, None]}


def merging(make):
    return [
        ("both masked", make, [STEPS, STEPS], TWO),
        ("one masked", make, [STEPS, STEPS], HALF),
        ("the other masked", make, [STEPS, STEPS], {"inputs": "list", "masks": [None, OTHER]}),
    ]


CASES = {
    "Add": merging(L.Add) + [("three", L.Add, [STEPS] * 3, {"inputs": "list", "masks": [MASK, OTHER, MASK]})],
    "Subtract": merging(L.Subtract),
    "Multiply": merging(L.Multiply),
    "Average": merging(L.Average),
    "Maximum": merging(L.Maximum) + [("three", L.Maximum, [STEPS] * 3, {"inputs": "list", "masks": [MASK, OTHER, MASK]}),
                                     ("three, one without", L.Maximum, [STEPS] * 3, {"inputs": "list", "masks": [MASK, None, OTHER]})],
    "Minimum": merging(L.Minimum),
    "Dot": [("both masked", lambda: L.Dot(axes=-1), [STEPS, STEPS], TWO)],
    "Concatenate": merging(L.Concatenate) + [
        ("steps", lambda: L.Concatenate(axis=1), [STEPS, (3, 2, 2)], {"inputs": "list", "masks": [MASK, SHORT]}),
        ("steps, one masked", lambda: L.Concatenate(axis=1), [STEPS, (3, 2, 2)], {"inputs": "list", "masks": [None, SHORT]}),
        ("masks of all places", lambda: L.Concatenate(axis=1), [(3, 4), (3, 2)], {"inputs": "list", "masks": [MASK, SHORT]}),
    ],
    "Softmax": [
        ("of places", L.Softmax, [(3, 4)], {"masks": [np.asarray([[1, 0, 1, 0], [0, 1, 1, 1], [0, 0, 0, 0]], "bool")]}),
        ("over several axes", lambda: L.Softmax(axis=[1, 2]), [(3, 4, 2)], {"masks": [np.asarray([[[1, 0]] * 4] * 3, "bool")]}),
    ],
    "GlobalAveragePooling1D": [
        ("masked", L.GlobalAveragePooling1D, [STEPS], {"masks": [MASK]}),
        ("kept, channels first", lambda: L.GlobalAveragePooling1D(data_format="channels_first", keepdims=True), [(3, 2, 4)], {"masks": [MASK]}),
    ],
    "BatchNormalization": [
        ("masked", L.BatchNormalization, [STEPS], {"masks": [MASK]}),
        ("masked, bare", lambda: L.BatchNormalization(scale=False, center=False, momentum=0.5, epsilon=0.01), [STEPS], {"masks": [MASK]}),
    ],
    "Dense": [("masked", lambda: L.Dense(2), [STEPS], {"masks": [MASK]})],
    "Flatten": [("ends the mask", L.Flatten, [STEPS], {"masks": [MASK]})],
}


def passing():
    """For each class: whether it passes masks on as it gets them, makes its own, or ends them."""
    found = {}
    for name, cases in {**shared.CASES, **sequences.CASES, **CASES}.items():
        layer = cases[0][1]()
        own = type(layer).compute_mask is not keras.layers.Layer.compute_mask
        found[name] = "own" if own else "passes" if layer.supports_masking else "ends"
    return found


if __name__ == "__main__":
    shared.replace_random_numbers()
    HERE.mkdir(parents=True, exist_ok=True)
    for each in sys.argv[1:] or CASES:
        rng = np.random.default_rng(sum(map(ord, each)))
        golden = {"keras": keras.__version__, "class": each, "cases": [sequences.case(rng, *c) for c in CASES[each]]}
        (HERE / f"{each}.json").write_text(json.dumps(golden) + "\n")
    (HERE.parent / "masks.json").write_text(json.dumps(passing(), indent=1) + "\n")
