"""The Keras side of bench/main.ts: real `model.fit` on TensorFlow, driven by lines of JSON on stdin.

    {"do": "make", "job": NAME, "out": FOLDER}       ->  {"made": FOLDER}: plan.surgery.json, model.keras, data.npz
    {"do": "steps", "folder": FOLDER, "epochs": N}   ->  {"seconds", "processor", "betweenBatches": of a step, "loss"}
    {"do": "fit", "folder": FOLDER}                  ->  {"seconds": of the plan's phases, compiling and tracing counted}
    {"do": "textbook", "out": FOLDER}                ->  {"seconds": whole job after imports, "accuracy": on the test set}
    {"do": "arm", "arm": "transfer" or "scratch"}    ->  {"seconds": of one training of a verdict's loop, "accuracy": on the test set}

Weights start from those of the file each time; the order is that of the data, so that losses can be held against ours.
"""

import functools
import json
import pathlib
import statistics
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

ROOT = pathlib.Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "fashion-mnist"
sys.path.insert(0, str(SAMPLE))
from make_samples import read_idx  # noqa: E402

PLAN = json.loads((SAMPLE / "transfer.surgery.json").read_text())
RANDOM = np.random.default_rng(0)


def load(name):
    """Inputs [n, 28, 28] float32, targets [n] float32, as the textbook plan's set `name` says."""
    settings = PLAN["data"][name]
    inputs, labels = read_idx(SAMPLE / settings["inputs"]), read_idx(SAMPLE / settings["targets"])
    classes = {int(label): target for label, target in settings["classes"].items()}
    keep = np.isin(labels, list(classes))
    targets = np.array([classes[label] for label in labels[keep]], np.float32)
    return inputs[keep].astype(np.float32) * np.float32(settings["scale"]), targets


def textbook_network():
    """samples/fashion-mnist with a new head."""
    source = keras.models.load_model(SAMPLE / PLAN["model"])
    head = layers.Dense(1, activation="sigmoid", name="head")
    return keras.Sequential([keras.Input((28, 28)), *source.layers[:-1], head])


def cnn():
    """Two blocks of convolution, normalization and pooling, dropout, softmax."""
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, padding="same", activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dropout(0.25), layers.Dense(10, activation="softmax"),
    ])


def lstm(steps):
    return keras.Sequential([keras.Input((steps, 32)), layers.LSTM(32), layers.Dense(1)])


def mobile_net():
    return keras.applications.MobileNetV2((96, 96, 3), weights=None, classes=10)


def classes_of(inputs):
    return inputs, RANDOM.integers(0, 10, len(inputs)).astype(np.int32)


def noise(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


SPARSE = "sparse_categorical_crossentropy"
SLOW = {"class_name": "SGD", "config": {"learning_rate": 0.001}}
ADAM = {"class_name": "Adam", "config": {"learning_rate": 0.001}}


def sequences(steps):
    inputs = noise(512, steps, 32)
    return inputs, inputs[:, -1, :1].copy()


# By name: the network, its data, what it is compiled with, and the phase: batch size, frozen layers, epochs where they count.
JOBS = {
    "textbook": (textbook_network, lambda: load("train"), "binary_crossentropy", PLAN["phases"][-1]["optimizer"], {"batchSize": 32}),
    "textbook256": (textbook_network, lambda: load("train"), "binary_crossentropy", PLAN["phases"][-1]["optimizer"], {"batchSize": 256}),
    "cnn": (cnn, lambda: classes_of(noise(512, 28, 28, 1)), SPARSE, ADAM, {"batchSize": 32}),
    "lstm40": (lambda: lstm(40), lambda: sequences(40), "mean_squared_error", SLOW, {"batchSize": 32}),
    "lstm150": (lambda: lstm(150), lambda: sequences(150), "mean_squared_error", SLOW, {"batchSize": 32}),
    "mobileNet": (mobile_net, lambda: classes_of(noise(96, 96, 96, 3)), SPARSE, SLOW, {"batchSize": 16}),
    "frozenMobileNet": (mobile_net, lambda: classes_of(noise(160, 96, 96, 3)), SPARSE, SLOW, {"batchSize": 16, "freeze": "all but head", "epochs": 10}),
}


def make(job, out):
    network, data, loss, optimizer, phase = JOBS[job]
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    network().save(folder / "model.keras")
    inputs, targets = data()
    np.savez(folder / "data.npz", x=inputs, y=targets)
    plan = {
        "version": 1, "model": "model.keras", "operations": [],
        "data": {"train": {"inputs": "data.npz#x", "targets": "data.npz#y"}},
        "compile": {"loss": loss, "metrics": [] if loss == "mean_squared_error" else ["accuracy"]},
        "phases": [{"name": "phase", "freeze": "nothing", "optimizer": optimizer, "epochs": 1, "shuffle": False, **phase}],
        "seed": 0,
    }
    (folder / "plan.surgery.json").write_text(json.dumps(plan, indent=2))
    return {"made": str(folder)}


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


def read_job(folder):
    plan = json.loads((folder / "plan.surgery.json").read_text())
    data = np.load(folder / "data.npz")
    return plan, data["x"], data["y"]


def compile_model(model, plan, phase):
    model.compile(loss=plan["compile"]["loss"], optimizer=keras.optimizers.get(phase["optimizer"]), metrics=plan["compile"]["metrics"])


class Steps:
    """The model, compiled once: what `fit` traces is traced before anything is timed."""

    def __init__(self, folder):
        plan, self.inputs, self.targets = read_job(folder)
        phase = plan["phases"][-1]
        self.batch = phase["batchSize"]
        self.model = keras.models.load_model(folder / plan["model"], compile=False)
        compile_model(self.model, plan, phase)
        self.start = self.model.get_weights()
        self.fit(1, [])
        self.slots = [variable.numpy() * 0 for variable in self.model.optimizer.variables]

    def fit(self, epochs, callbacks):
        return self.model.fit(
            self.inputs, self.targets, epochs=epochs, batch_size=self.batch, shuffle=False, verbose=0, callbacks=callbacks
        )

    def time(self, epochs):
        """The first epoch of each `fit` is not counted."""
        self.model.set_weights(self.start)
        rate = float(self.model.optimizer.learning_rate.numpy())
        for variable, zeros in zip(self.model.optimizer.variables, self.slots):
            variable.assign(zeros)
        self.model.optimizer.learning_rate = rate
        ends, batches = Epochs(), Batches()
        loss = self.fit(epochs, [ends]).history["loss"][-1]
        self.fit(1, [batches])
        steps = (epochs - 1) * -(-len(self.inputs) // self.batch)
        seconds, processor = ((times[-1] - times[0]) / steps for times in (ends.ends, ends.processor))
        between = statistics.median(b - a for a, b in zip(batches.ends, batches.ends[1:]))
        return {"seconds": seconds, "processor": processor, "betweenBatches": between, "loss": loss}


def fit(folder):
    """The plan's phases as a script would have them, compiling and tracing counted; the model is read before."""
    plan, inputs, targets = read_job(folder)
    model = keras.models.load_model(folder / plan["model"], compile=False)
    begin = time.perf_counter()
    for phase in plan["phases"]:
        for layer in model.layers[:-1]:
            layer.trainable = phase["freeze"] == "nothing"
        compile_model(model, plan, phase)
        model.fit(inputs, targets, epochs=phase["epochs"], batch_size=phase["batchSize"], shuffle=phase["shuffle"], verbose=0)
    return {"seconds": time.perf_counter() - begin}


def with_new_head(layers_before):
    return keras.Sequential([keras.Input((28, 28)), *layers_before, layers.Dense(1, activation="sigmoid", name="head")])


def drawn_samples(train):
    return np.random.default_rng(0).choice(len(train[0]), PLAN["data"]["train"]["take"], replace=False)


def textbook(out):
    """The textbook's job as a reader of the book writes it, with the plan's data; seconds after the imports."""
    begin = time.perf_counter()
    keras.backend.clear_session()
    train, validation, test = load("train"), load("validation"), load("test")
    source = keras.models.load_model(SAMPLE / PLAN["model"])
    clone = keras.models.clone_model(source)
    clone.set_weights(source.get_weights())
    model = with_new_head(clone.layers[:-1])
    drawn = drawn_samples(train)
    for phase in PLAN["phases"]:
        for layer in model.layers[:-1]:
            layer.trainable = phase["freeze"] == "nothing"
        compile_model(model, PLAN, phase)
        model.fit(
            train[0][drawn], train[1][drawn], epochs=phase["epochs"], batch_size=phase["batchSize"], validation_data=validation, verbose=0
        )
    _, accuracy = model.evaluate(*test, verbose=0)
    model.save(pathlib.Path(out) / "keras.keras")
    return {"seconds": time.perf_counter() - begin, "accuracy": accuracy}


@functools.cache
def verdict_parts():
    """What a loop over seeds reads once."""
    return load("train"), load("validation"), load("test"), keras.models.load_model(SAMPLE / PLAN["model"])


def arm(name):
    """One training of a verdict's loop, as ours does it: validated once at the end of each phase, then the test set."""
    train, validation, test, source = verdict_parts()
    begin = time.perf_counter()
    keras.backend.clear_session()
    clone = keras.models.clone_model(source)
    phases = PLAN["phases"]
    if name == "transfer":
        clone.set_weights(source.get_weights())
    else:
        fastest = max(phases, key=lambda phase: phase["optimizer"]["config"]["learning_rate"])
        phases = [{**fastest, "freeze": "nothing", "epochs": sum(phase["epochs"] for phase in phases)}]
    model = with_new_head(clone.layers[:-1])
    drawn = drawn_samples(train)
    for phase in phases:
        for layer in model.layers[:-1]:
            layer.trainable = phase["freeze"] == "nothing"
        compile_model(model, PLAN, phase)
        model.fit(train[0][drawn], train[1][drawn], epochs=phase["epochs"], batch_size=phase["batchSize"], verbose=0)
        model.evaluate(*validation, verbose=0)
    _, accuracy = model.evaluate(*test, verbose=0)
    return {"seconds": time.perf_counter() - begin, "accuracy": accuracy}


def main():
    steps = {}
    print(json.dumps({"keras": keras.__version__, "tensorflow": tf.__version__, "python": sys.version.split()[0]}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["do"] == "make":
            reply = make(ask["job"], ask["out"])
        elif ask["do"] == "steps":
            folder = pathlib.Path(ask["folder"])
            # One job's model at a time: another's memory is none of its business.
            steps = {folder: steps.get(folder) or Steps(folder)}
            reply = steps[folder].time(ask["epochs"])
        elif ask["do"] == "fit":
            reply = fit(pathlib.Path(ask["folder"]))
        elif ask["do"] == "arm":
            reply = arm(ask["arm"])
        else:
            reply = textbook(ask["out"])
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
