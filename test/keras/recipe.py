"""What real Keras makes of samples/fashion-mnist/transfer.surgery.json over ten seeds.

Writes test/keras/golden/recipe.json: the test error of each seed, their mean and standard deviation. Our own
runs over the same seeds are held against that spread; the random numbers differ, so single seeds do not agree.

    KERAS_BACKEND=tensorflow python test/keras/recipe.py
"""

import json
import pathlib
import sys

import keras
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "fashion-mnist"
GOLDEN = pathlib.Path(__file__).parent / "golden" / "recipe.json"
SEEDS = range(10)

sys.path.insert(0, str(SAMPLE))
from make_samples import read_idx  # noqa: E402


def load(plan, name):
    """Inputs [n, 28, 28] float32, targets [n] float32, as the plan's set `name` says."""
    settings = plan["data"][name]
    inputs, labels = read_idx(SAMPLE / settings["inputs"]), read_idx(SAMPLE / settings["targets"])
    classes = {int(label): target for label, target in settings["classes"].items()}
    keep = np.isin(labels, list(classes))
    targets = np.array([classes[label] for label in labels[keep]], np.float32)
    return inputs[keep].astype(np.float32) * np.float32(settings["scale"]), targets


def replace_head(model):
    """A fresh model that owns copies of all layers but the last, and a new Dense(1, sigmoid)."""
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    head = keras.layers.Dense(1, activation="sigmoid", name="new_head")
    return keras.Sequential([keras.Input((28, 28)), *clone.layers[:-1], head])


def run(plan, seed, sets):
    keras.utils.set_random_seed(seed)
    model = replace_head(keras.models.load_model(SAMPLE / plan["model"]))
    inputs, targets = sets["train"]
    drawn = np.random.default_rng(seed).choice(len(inputs), plan["data"]["train"]["take"], replace=False)
    for phase in plan["phases"]:
        for layer in model.layers[:-1]:
            layer.trainable = phase["freeze"] == "nothing"
        optimizer = keras.optimizers.SGD(**phase["optimizer"]["config"])
        model.compile(loss=plan["compile"]["loss"], optimizer=optimizer, metrics=plan["compile"]["metrics"])
        model.fit(inputs[drawn], targets[drawn], epochs=phase["epochs"], batch_size=phase["batchSize"], verbose=0)
    _, accuracy = model.evaluate(*sets["test"], verbose=0)
    return 1 - accuracy


def main():
    plan = json.loads((SAMPLE / "transfer.surgery.json").read_text())
    sets = {name: load(plan, name) for name in ("train", "test")}
    errors = [round(float(run(plan, seed, sets)), 6) for seed in SEEDS]
    golden = {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "seeds": list(SEEDS),
        "testErrors": errors,
        "mean": float(np.mean(errors)),
        "std": float(np.std(errors, ddof=1)),
    }
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(golden, indent=2) + "\n")
    print(golden)


if __name__ == "__main__":
    main()
