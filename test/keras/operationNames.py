"""Writes scripts/kerasOperations.json: every class of keras.ops that can be a node of a Functional graph, by the module it is saved with.

Run: KERAS_BACKEND=tensorflow python test/keras/operationNames.py
"""

import importlib
import inspect
import json
import pathlib

import keras
from keras.src.ops.operation import Operation

HERE = pathlib.Path(__file__).parent
MODULES = ["core", "einops", "image", "linalg", "math", "nn", "numpy"]


def classes(module):
    path = f"keras.src.ops.{module}"
    found = vars(importlib.import_module(path)).values()
    return sorted({c.__name__ for c in found if inspect.isclass(c) and issubclass(c, Operation) and c.__module__ == path})


lines = ",\n".join(f'    "{module}": {json.dumps(classes(module))}' for module in MODULES)
(HERE.parent.parent / "scripts" / "kerasOperations.json").write_text(f'{{\n  "keras": "{keras.__version__}",\n  "modules": {{\n{lines}\n  }}\n}}\n')
