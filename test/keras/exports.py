"""Real Keras opens files that we wrote: exports.py MANIFEST.json. Prints, for each file, the largest difference to the outputs that it should give
and, where it was compiled, the optimizer's steps before and after one step of training."""

import json
import sys

import keras
import numpy as np


def largest_difference(model, case):
    inputs = [np.array(x["data"], x.get("dtype", "float32")).reshape(x["shape"]) for x in case["inputs"]]
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    assert len(outputs) == len(case["outputs"]), f"{len(outputs)} outputs"
    errors = []
    for found, wanted in zip(outputs, case["outputs"]):
        found, wanted = np.asarray(found, "float64").ravel(), np.array(wanted["data"], "float64")
        assert found.shape == wanted.shape, f"{found.shape} instead of {wanted.shape}"
        errors.append(float(np.max(np.abs(found - wanted) / np.maximum(1, np.abs(wanted)), initial=0)))
    return max(errors)


def steps_of_training(model, case):
    """A file of `.h5` with an optimizer cannot be trained on by Keras 3 itself: it builds the optimizer for no variables."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not case["file"].endswith(".keras"):
        return None
    counter = getattr(optimizer, "inner_optimizer", optimizer)._iterations
    before = int(np.asarray(counter))
    inputs = [np.array(x["data"], "float32").reshape(x["shape"]) for x in case["inputs"]]
    targets = [np.ones(shape, "float32") for shape in case.get("targets", [y["shape"] for y in case["outputs"]])]
    model.fit(inputs if len(inputs) > 1 else inputs[0], targets if len(targets) > 1 else targets[0], batch_size=1024, epochs=1, verbose=0)
    return [before, int(np.asarray(counter))]


def main():
    for case in json.load(open(sys.argv[1])):
        keras.backend.clear_session()
        try:
            model = keras.models.load_model(case["file"], safe_mode=True)
            result = {"error": largest_difference(model, case), "steps": steps_of_training(model, case)}
        except Exception as failure:  # noqa: BLE001: whatever Keras says of the file is the result
            result = {"failure": f"{type(failure).__name__}: {failure}"[:600]}
        print(json.dumps({"file": case["file"], **result}), flush=True)


main()
