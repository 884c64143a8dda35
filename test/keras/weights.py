"""Writes golden/weights.json: norms, singular values, rows and neighbours by NumPy.

Run: python test/keras/weights.py
"""

import json
import pathlib

import numpy as np

rng = np.random.default_rng(4)


def case(name, array):
    matrix = array.reshape(-1, array.shape[-1]).astype("float64")
    norms = np.linalg.norm(matrix, axis=1)
    cosines = matrix @ matrix[2] / np.where(norms * norms[2] == 0, np.nan, norms * norms[2])
    cosines[2] = np.nan
    order = np.argsort(-np.nan_to_num(cosines, nan=-9), kind="stable")[: int(np.isfinite(cosines).sum())]
    return {
        "name": name, "shape": list(array.shape), "data": [float(x) for x in array.ravel()],
        "norm": float(np.linalg.norm(matrix)), "singularValues": np.linalg.svd(matrix, compute_uv=False).tolist(),
        "longest": np.argsort(-norms, kind="stable")[:3].tolist(), "norms": norms[np.argsort(-norms, kind="stable")[:3]].tolist(),
        "nearest": order[:3].tolist(), "cosines": cosines[order[:3]].tolist(),
    }


low = rng.normal(size=(6, 2)) @ rng.normal(size=(2, 5))
low[4] = 0
cases = [
    case("tall", rng.normal(size=(7, 3)).astype("float32")), case("wide", rng.normal(size=(3, 6)).astype("float32")),
    case("filters", rng.normal(size=(2, 2, 3, 4)).astype("float32")), case("rank 2 with a row of zeros", low.astype("float32")), case("large numbers", (1e30 * rng.normal(size=(4, 4))).astype("float32")),
]
(pathlib.Path(__file__).parent / "golden" / "weights.json").write_text(json.dumps(cases) + "\n")
