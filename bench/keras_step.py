"""The Keras side of bench/step.ts: real `model.fit` on TensorFlow, driven by lines of JSON on stdin.

    {"do": "step", "model": FILE, "epochs": N}  ->  {"seconds", "processor", "betweenBatches": of a step, "loss"}
    {"do": "job", "out": FOLDER}                ->  {"seconds": whole job after imports, "accuracy": on the test set}

Both read samples/fashion-mnist. The weights of "step" start from those of the file each time; its order is that of the
data, so that losses can be held against ours.
"""

import json
import pathlib
import statistics
import sys
import time

import keras
import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "fashion-mnist"
sys.path.insert(0, str(SAMPLE))
from make_samples import read_idx  # noqa: E402

PLAN = json.loads((SAMPLE / "transfer.surgery.json").read_text())


def load(name):
    """Inputs [n, 28, 28] float32, targets [n] float32, as the plan's set `name` says."""
    settings = PLAN["data"][name]
    inputs, labels = read_idx(SAMPLE / settings["inputs"]), read_idx(SAMPLE / settings["targets"])
    classes = {int(label): target for label, target in settings["classes"].items()}
    keep = np.isin(labels, list(classes))
    targets = np.array([classes[label] for label in labels[keep]], np.float32)
    return inputs[keep].astype(np.float32) * np.float32(settings["scale"]), targets


def compile_model(model, phase):
    optimizer = keras.optimizers.SGD(**phase["optimizer"]["config"])
    model.compile(loss=PLAN["compile"]["loss"], optimizer=optimizer, metrics=PLAN["compile"]["metrics"])


class Epochs(keras.callbacks.Callback):
    """When each epoch ended. It has no batch hooks: Keras then skips what they cost."""

    def __init__(self):
        super().__init__()
        self.ends = []
        self.processor = []

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append(time.perf_counter())
        self.processor.append(time.process_time())


class Batches(keras.callbacks.Callback):
    """When each batch of the last epoch ended."""

    def on_epoch_begin(self, epoch, logs=None):
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(time.perf_counter())


class Steps:
    """The model, compiled once: what `fit` traces is traced before anything is timed."""

    def __init__(self, path):
        self.model = keras.models.load_model(path, compile=False)
        compile_model(self.model, PLAN["phases"][-1])
        self.inputs, self.targets = load("train")
        self.start = self.model.get_weights()
        self.fit(1, [])

    def fit(self, epochs, callbacks):
        return self.model.fit(
            self.inputs, self.targets, epochs=epochs, batch_size=32, shuffle=False, verbose=0, callbacks=callbacks
        )

    def time(self, epochs):
        """The first epoch of each `fit` is not counted."""
        self.model.set_weights(self.start)
        ends, batches = Epochs(), Batches()
        loss = self.fit(epochs, [ends]).history["loss"][-1]
        self.fit(1, [batches])
        steps = (epochs - 1) * -(-len(self.inputs) // 32)
        seconds, processor = ((times[-1] - times[0]) / steps for times in (ends.ends, ends.processor))
        between = statistics.median(b - a for a, b in zip(batches.ends, batches.ends[1:]))
        return {"seconds": seconds, "processor": processor, "betweenBatches": between, "loss": loss}


def job(out):
    """The textbook's job as a reader of the book writes it, with the plan's data; seconds after the imports."""
    begin = time.perf_counter()
    keras.backend.clear_session()
    train, validation, test = load("train"), load("validation"), load("test")
    source = keras.models.load_model(SAMPLE / PLAN["model"])
    clone = keras.models.clone_model(source)
    clone.set_weights(source.get_weights())
    model = keras.Sequential([keras.Input((28, 28)), *clone.layers[:-1], keras.layers.Dense(1, activation="sigmoid", name="head")])
    drawn = np.random.default_rng(0).choice(len(train[0]), PLAN["data"]["train"]["take"], replace=False)
    for phase in PLAN["phases"]:
        for layer in model.layers[:-1]:
            layer.trainable = phase["freeze"] == "nothing"
        compile_model(model, phase)
        model.fit(
            train[0][drawn], train[1][drawn], epochs=phase["epochs"], batch_size=phase["batchSize"], validation_data=validation, verbose=0
        )
    _, accuracy = model.evaluate(*test, verbose=0)
    model.save(pathlib.Path(out) / "keras.keras")
    return {"seconds": time.perf_counter() - begin, "accuracy": accuracy}


def main():
    steps = None
    print(json.dumps({"keras": keras.__version__, "tensorflow": tf.__version__, "python": sys.version.split()[0]}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["do"] == "step":
            steps = steps or Steps(ask["model"])
            reply = steps.time(ask["epochs"])
        else:
            reply = job(ask["out"])
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
