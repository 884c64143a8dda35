"""Writes scripts/kerasLayers.json: every public layer of keras.layers, its class where the name is another one's, its family.

Run: KERAS_BACKEND=tensorflow python test/keras/layerNames.py
"""

import inspect
import json
import pathlib

import keras
from keras.src.api_export import get_name_from_symbol

HERE = pathlib.Path(__file__).parent


def entry(name, layer):
    family = layer.__module__.removeprefix("keras.src.layers.").split(".")[0]
    own = get_name_from_symbol(layer).split(".")[-1]
    return {"name": name, "family": family, **({} if own == name else {"class": own})}


layers = {n: c for n, c in vars(keras.layers).items() if inspect.isclass(c) and issubclass(c, keras.layers.Layer)}
entries = [entry(name, layers[name]) for name in sorted(layers)]
lines = ",\n".join("    " + json.dumps(e) for e in entries)
(HERE.parent.parent / "scripts" / "kerasLayers.json").write_text(f'{{\n  "keras": "{keras.__version__}",\n  "layers": [\n{lines}\n  ]\n}}\n')
