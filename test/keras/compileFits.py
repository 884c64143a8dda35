"""Writes golden/training/compileFits.json: what real Keras' fit makes of the rarer compile settings, each kind once.

Run: KERAS_BACKEND=tensorflow python test/keras/compileFits.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers as L
from keras import constraints as C
from training import HOT, K, SCC, SGD, SPARSE, fit_case, schedule

HERE = pathlib.Path(__file__).parent / "golden" / "training"
ONE = lambda rng, n: rng.integers(0, 2, (n, 1)).astype("float32")
BITS = lambda rng, n: rng.integers(0, 2, (n, 3)).astype("float32")
REALS = lambda rng, n: rng.normal(size=(n, 3)).astype("float32")
PIXELS = lambda rng, n: rng.integers(0, 3, (n, 2, 2)).astype("float32")


def yes():
    return keras.Sequential([keras.Input((3,)), L.Dense(1, activation="sigmoid", name="yes")], name="yes_or_no")


def three(activation="softmax"):
    return keras.Sequential([keras.Input((3,)), L.Dense(3, activation=activation, name="classes")], name="three")


def pixels():
    return keras.Sequential([keras.Input((2, 2, 2)), L.Dense(3, activation="softmax", name="classes")], name="pixels")


def constrained():
    return keras.Sequential([
        keras.Input((3,)), L.Dense(3, activation="tanh", kernel_constraint=C.MinMaxNorm(0.4, 0.9, rate=0.7), name="held"), L.Dense(3, activation="softmax", name="classes"),
    ], name="constrained")


def words():
    return keras.Sequential([keras.Input((4,)), L.Embedding(5, 2, name="words"), L.Flatten(name="flat"), L.Dense(3, activation="softmax", name="classes")], name="words_model")


COUNTS = [K(name) for name in ["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives", "Precision", "Recall"]]
BINARY = [
    *COUNTS, K("AUC"), K("AUC", name="pr", curve="PR"), K("AUC", name="gain", curve="PRGAIN", num_thresholds=9), K("AUC", name="low", summation_method="minoring", num_thresholds=7),
    K("AUC", name="high", curve="PR", summation_method="majoring", num_thresholds=7), K("AUC", name="own", thresholds=[0.4, 0.1, 0.7]), K("AUC", name="logits", from_logits=True, num_thresholds=5),
    K("Precision", name="precisions", thresholds=[0.2, 0.6]), K("Recall", name="even", thresholds=[0.0, 0.5, 1.0]), K("SensitivityAtSpecificity", specificity=0.5), K("SpecificityAtSensitivity", sensitivity=0.5),
    K("PrecisionAtRecall", recall=0.6, num_thresholds=11), K("RecallAtPrecision", precision=0.6, num_thresholds=1), K("BinaryIoU", threshold=0.45), K("BinaryIoU", name="only", target_class_ids=[1]), K("F1Score", threshold=0.5),
]
CLASSES = [
    K("AUC"), K("AUC", name="each", multi_label=True, num_thresholds=20), K("AUC", name="laid", multi_label=True, label_weights=[1.0, 0.5, 2.0], num_thresholds=20), K("AUC", name="tilted", label_weights=[1.0, 0.5, 2.0], num_thresholds=20),
    K("Precision", name="top", top_k=2), K("Recall", name="second", class_id=1), K("Recall", name="top_second", top_k=1, class_id=1), K("F1Score"), K("F1Score", name="micro", average="micro"),
    K("F1Score", name="macro", average="macro", threshold=0.3), K("FBetaScore", name="weighted", average="weighted", beta=2.0), K("OneHotIoU", num_classes=3, target_class_ids=[0, 2]), K("OneHotMeanIoU", num_classes=3),
    K("IoU", num_classes=3, target_class_ids=[1], sparse_y_true=False, sparse_y_pred=False), "precision", "auc", "Accuracy",
]
REGRESSION = [
    K("R2Score"), K("R2Score", name="r2_each", class_aggregation=None), K("R2Score", name="r2_spread", class_aggregation="variance_weighted_average"), K("PearsonCorrelation"), K("ConcordanceCorrelation"),
    K("CosineSimilarity"), K("RootMeanSquaredError"), K("MeanMetricWrapper", name="wrapped", fn="mean_absolute_error"), "root_mean_squared_error", "r2_score",
]


def wrapped(config):
    """Keras takes a function in a MeanMetricWrapper as an object of its own."""
    return {**config, "config": {**config["config"], "fn": {"module": "builtins", "class_name": "function", "config": "mean_absolute_error", "registered_name": "function"}}} if isinstance(config, dict) and config["class_name"] == "MeanMetricWrapper" else config


def fits():
    small = {"samples": 11, "batch": 4}
    yield fit_case("metrics_binary", yes, SGD, "binary_crossentropy", BINARY, {"yes": ONE}, epochs=2, **small)
    yield fit_case("metrics_binary_weighed", yes, SGD, "binary_crossentropy", ("accuracy",), {"yes": ONE}, weighed=True, weighted_metrics=["accuracy", *BINARY[:-1], K("F1Score", average="micro", threshold=0.5)], **small)
    yield fit_case("metrics_classes", three, SGD, "categorical_crossentropy", CLASSES, {"classes": HOT}, epochs=2, **small)
    yield fit_case("metrics_classes_weighed", three, SGD, "categorical_crossentropy", (), {"classes": HOT}, weighed=True, weighted_metrics=[c for c in CLASSES if not str(c).count("IoU")], **small)
    yield fit_case("metrics_labels", lambda: three("sigmoid"), SGD, "binary_crossentropy", [*COUNTS, K("AUC", multi_label=True, curve="PR"), K("F1Score", average="macro", threshold=0.5)], {"classes": BITS}, **small)
    yield fit_case("metrics_sparse", three, SGD, SCC, [K("MeanIoU", num_classes=3, sparse_y_pred=False), K("MeanIoU", name="without", num_classes=3, sparse_y_pred=False, ignore_class=1)], {"classes": SPARSE}, **small)
    yield fit_case("metrics_pixels", pixels, SGD, SCC, ["accuracy", K("MeanIoU", num_classes=3, sparse_y_pred=False)], {"classes": PIXELS}, samples=6, batch=4)
    yield fit_case("metrics_regression", lambda: three("linear"), SGD, "mse", [wrapped(m) for m in REGRESSION], {"classes": REALS}, epochs=2, **small)
    yield fit_case("metrics_regression_weighed", lambda: three("linear"), SGD, "mse", ("mae",), {"classes": REALS}, weighed=True, weighted_metrics=["mae", "mae", *REGRESSION[:7]], **small)
    yield fit_case("ema", three, K("SGD", learning_rate=0.3, use_ema=True, ema_momentum=0.8), SCC, epochs=2, **small)
    yield fit_case("ema_overwrite", constrained, K("Adam", learning_rate=0.05, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=2), SCC, epochs=2, **small)
    yield fit_case("accumulated", three, K("SGD", learning_rate=0.3, momentum=0.5, gradient_accumulation_steps=2, clipnorm=0.1, weight_decay=0.05), SCC, epochs=3, **small)
    yield fit_case("accumulated_constrained", constrained, K("Adam", learning_rate=0.05, gradient_accumulation_steps=3, use_ema=True, ema_momentum=0.6, ema_overwrite_frequency=2), SCC, epochs=3, **small)
    yield fit_case("accumulated_rows", words, K("Adam", learning_rate=0.05, gradient_accumulation_steps=2), SCC, epochs=2, **small)
    inner = {"module": "keras.optimizers", "registered_name": None, **K("Adam", learning_rate=0.05, use_ema=True, clipvalue=0.05)}
    yield fit_case("scaled_loss", three, K("LossScaleOptimizer", inner_optimizer=inner, initial_scale=1024.0, dynamic_growth_steps=2), SCC, epochs=2, **small)
    yield fit_case("restarts", three, schedule("CosineDecayRestarts", initial_learning_rate=0.5, first_decay_steps=2, t_mul=1.5, m_mul=0.8, alpha=0.1), SCC, epochs=3, **small)
    yield fit_case("restarts_even", three, schedule("CosineDecayRestarts", initial_learning_rate=0.5, first_decay_steps=1, t_mul=2.0), SCC, epochs=3, **small)
    yield fit_case("accumulated_schedule", three, {"class_name": "SGD", "config": {**schedule("ExponentialDecay", initial_learning_rate=0.5, decay_steps=2, decay_rate=0.5)["config"], "gradient_accumulation_steps": 2}}, SCC, epochs=2, **small)


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / "compileFits.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in fits()) + "\n]\n")
