"""What real Keras makes of samples/fashion-mnist/transfer.surgery.json over thirty seeds, and over other classes.

Writes test/keras/golden/recipe.json: for each pair of classes and arm the test error of each seed. Our own runs over
the same seeds are held against that distribution; the random numbers differ, so single seeds do not agree. The arm
`scratch` is that of a verdict, not tuned: the same network with fresh weights, all of it trained for as many epochs as
the plan has in all at the rate of phase 1. The classes of the plan are those of the sample; other classes need Debian's
package dataset-fashion-mnist, whose whole training file is drawn from.

    KERAS_BACKEND=tensorflow python test/keras/recipe.py [--source FOLDER]
"""

import argparse
import json
import pathlib
import sys

import keras
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "fashion-mnist"
GOLDEN = pathlib.Path(__file__).parent / "golden" / "recipe.json"
SEEDS = range(30)
OWN = "5:6"
# T-shirts and pullovers; pullovers and coats: all of them were classes of the base model.
OTHERS = ("0:2", "2:4")

sys.path.insert(0, str(SAMPLE))
from make_samples import read_idx  # noqa: E402


def pick(images, labels, classes, scale):
    """Inputs [n, 28, 28] float32 and targets [n] float32 of these classes."""
    keep = np.isin(labels, list(classes))
    targets = np.array([classes[int(label)] for label in labels[keep]], np.float32)
    return images[keep].astype(np.float32) * np.float32(scale), targets


def load(plan, name):
    """As the plan's set `name` says."""
    settings = plan["data"][name]
    classes = {int(label): target for label, target in settings["classes"].items()}
    images, labels = read_idx(SAMPLE / settings["inputs"]), read_idx(SAMPLE / settings["targets"])
    return pick(images, labels, classes, settings["scale"])


def load_whole(plan, source, classes):
    """Training and test set of these classes from the whole files of Fashion-MNIST."""
    scale = plan["data"]["train"]["scale"]
    targets = {int(label): index for index, label in enumerate(classes.split(":"))}
    return {
        name: pick(
            read_idx(source / f"{prefix}-images-idx3-ubyte.gz"), read_idx(source / f"{prefix}-labels-idx1-ubyte.gz"),
            targets, scale)
        for name, prefix in (("train", "train"), ("test", "t10k"))
    }


def replace_head(model, fresh):
    """A model with a new Dense(1, sigmoid) on copies of all layers but the last, their weights `fresh` or copied."""
    clone = keras.models.clone_model(model)
    if not fresh:
        clone.set_weights(model.get_weights())
    head = keras.layers.Dense(1, activation="sigmoid", name="new_head")
    return keras.Sequential([keras.Input((28, 28)), *clone.layers[:-1], head])


def phases_of(plan, arm):
    if arm == "transfer":
        return plan["phases"]
    epochs = sum(phase["epochs"] for phase in plan["phases"])
    return [{**plan["phases"][0], "freeze": "nothing", "epochs": epochs}]


def run(plan, arm, seed, sets):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = replace_head(keras.models.load_model(SAMPLE / plan["model"]), arm == "scratch")
    inputs, targets = sets["train"]
    drawn = np.random.default_rng(seed).choice(len(inputs), plan["data"]["train"]["take"], replace=False)
    for phase in phases_of(plan, arm):
        for layer in model.layers[:-1]:
            layer.trainable = phase["freeze"] == "nothing"
        optimizer = keras.optimizers.SGD(**phase["optimizer"]["config"])
        model.compile(loss=plan["compile"]["loss"], optimizer=optimizer, metrics=plan["compile"]["metrics"])
        model.fit(inputs[drawn], targets[drawn], epochs=phase["epochs"], batch_size=phase["batchSize"], verbose=0)
    _, accuracy = model.evaluate(*sets["test"], batch_size=256, verbose=0)
    return 1 - accuracy


def measure(plan, classes, sets):
    for arm in ("transfer", "scratch"):
        errors = [round(float(run(plan, arm, seed, sets)), 6) for seed in SEEDS]
        print(classes, arm, f"{np.mean(errors):.4f}", errors, flush=True)
        yield {"classes": classes, "arm": arm, "testErrors": errors}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=pathlib.Path, default=pathlib.Path("/usr/share/datasets/fashion-mnist"))
    source = parser.parse_args().source
    plan = json.loads((SAMPLE / "transfer.surgery.json").read_text())
    cases = list(measure(plan, OWN, {name: load(plan, name) for name in ("train", "test")}))
    for classes in OTHERS:
        cases += measure(plan, classes, load_whole(plan, source, classes))
    golden = {"keras": keras.__version__, "backend": keras.backend.backend(), "seeds": list(SEEDS), "cases": cases}
    GOLDEN.parent.mkdir(exist_ok=True)
    text = json.dumps(golden, indent=1)
    GOLDEN.write_text(text + "\n")


if __name__ == "__main__":
    main()
