"""Writes golden/training/*.json: losses with their gradients, and what real Keras' fit makes of small models.

Run: KERAS_BACKEND=tensorflow python test/keras/training.py
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import constraints as C
from keras import layers as L
from keras import regularizers as R
from networks import layer_of, numbers

HERE = pathlib.Path(__file__).parent / "golden" / "training"


def K(class_name, **config):
    return {"class_name": class_name, "config": config}



# --- losses -------------------------------------------------------------------------------------------------------------------

def loss_case(loss, target, x, activation="linear", weights=None):
    """The loss of activation(x), and its gradient by x."""
    function = getattr(keras.losses, loss["class_name"])(**loss["config"]) if isinstance(loss, dict) else keras.losses.get(loss)
    if not isinstance(function, keras.losses.Loss):
        function = keras.losses.get({"class_name": {"mse": "MeanSquaredError", "mae": "MeanAbsoluteError"}.get(loss) or "".join(w.capitalize() for w in loss.split("_")), "config": {}})
    value_of = keras.activations.get(activation)
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        value = function(target, value_of(tf.convert_to_tensor(variable)), sample_weight=weights)
    result = {"loss": loss, "activation": activation, "target": numbers(target), "x": numbers(x), "value": float(value), "gradient": numbers(tape.gradient(value, variable))}
    return {**result, "weights": numbers(weights)} if weights is not None else result


def losses():
    rng = np.random.default_rng(1)
    weights = np.array([0.5, 2, 0, 1.5], "float32")
    logits = (3 * rng.normal(size=(4, 3))).astype("float32")
    logits[0, 0] = 40  # saturated: probabilities alone would give no gradient
    probabilities = rng.uniform(0.05, 0.95, (4, 3)).astype("float32")
    probabilities[1, 2], probabilities[2, 0] = 0, 1
    bits = rng.integers(0, 2, (4, 3)).astype("float32")
    hot = np.eye(3, dtype="float32")[[0, 2, 1, 1]]
    labels = np.array([0, 2, 1, 1], "float32")
    for reduction in ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight"]:
        yield loss_case(K("BinaryCrossentropy", reduction=reduction), bits, probabilities, weights=weights)
    for w in [None, weights]:
        for smoothing in [0.0, 0.2]:
            yield loss_case(K("BinaryCrossentropy", from_logits=True, label_smoothing=smoothing), bits, logits, weights=w)
            yield loss_case(K("BinaryCrossentropy", label_smoothing=smoothing), bits, logits, "sigmoid", w)
            yield loss_case(K("BinaryCrossentropy", label_smoothing=smoothing), bits, probabilities, weights=w)
            yield loss_case(K("CategoricalCrossentropy", from_logits=True, label_smoothing=smoothing), hot, logits, weights=w)
            yield loss_case(K("CategoricalCrossentropy", label_smoothing=smoothing), hot, logits, "softmax", w)
            yield loss_case(K("CategoricalCrossentropy", label_smoothing=smoothing), hot, probabilities, weights=w)
        yield loss_case(K("SparseCategoricalCrossentropy", from_logits=True), labels, logits, weights=w)
        yield loss_case(K("SparseCategoricalCrossentropy", from_logits=True), labels[:, None], logits, weights=w)
        yield loss_case("sparse_categorical_crossentropy", labels, logits, "softmax", w)
        yield loss_case("sparse_categorical_crossentropy", labels, probabilities, weights=w)
        yield loss_case("mse", bits, logits, weights=w)
        yield loss_case("mae", bits, logits, weights=w)
        yield loss_case("mean_squared_error", labels, logits[:, :1], weights=w)
    signed = rng.normal(size=(4, 3)).astype("float32")
    soft = (probabilities + 0.1) / (probabilities + 0.1).sum(-1, keepdims=True)
    for w in [None, weights]:
        for name in ["MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Huber", "LogCosh", "CosineSimilarity", "Poisson", "KLDivergence"]:
            yield loss_case(K(name), np.abs(signed) if name in ["Poisson", "KLDivergence"] else signed, probabilities + 0.01, weights=w)
        yield loss_case(K("Huber", delta=0.3), signed, logits, weights=w)
        yield loss_case(K("KLDivergence"), soft.astype("float32"), logits, "softmax", w)
        for name in ["Hinge", "SquaredHinge", "CategoricalHinge"]:
            yield loss_case(K(name), hot, logits / 4, weights=w)
        yield loss_case(K("BinaryFocalCrossentropy", from_logits=True, gamma=1.5), bits, logits / 4, weights=w)
    yield loss_case(K("Hinge"), np.sign(signed), logits / 4)
    yield loss_case(K("SquaredHinge"), np.where(hot == 0, -1, 1).astype("float32"), logits / 4)
    yield loss_case(K("BinaryFocalCrossentropy", apply_class_balancing=True, alpha=0.3, label_smoothing=0.1), bits, logits / 4, "sigmoid")
    yield loss_case(K("BinaryFocalCrossentropy"), bits, soft.astype("float32"))
    yield loss_case(K("CategoricalFocalCrossentropy", alpha=0.4), hot, soft.astype("float32"))
    yield loss_case(K("CategoricalFocalCrossentropy", from_logits=True, label_smoothing=0.1), hot, logits / 4)
    # Keras takes the logits of whichever of the two activations it finds.
    yield loss_case("binary_crossentropy", hot, logits, "softmax")
    yield loss_case("categorical_crossentropy", hot, logits, "sigmoid")
    for w in [None, weights]:
        yield loss_case(K("Dice"), bits, probabilities, weights=w)
        yield loss_case(K("Dice", axis=-1), bits, probabilities, weights=w)
        yield loss_case(K("Tversky", alpha=0.3, beta=0.6), bits, logits, "sigmoid", w)
        yield loss_case(K("Tversky", axis=[1]), bits, probabilities, weights=w)
        yield loss_case(K("CategoricalGeneralizedCrossEntropy"), labels, soft.astype("float32"), weights=w)
        yield loss_case(K("CategoricalGeneralizedCrossEntropy", q=0.8), labels, logits / 4, "softmax", w)
        yield loss_case(K("CTC"), np.array([[1, 2, 0], [2, 2, 1], [3, 0, 0], [0, 0, 0]], "float32"), rng.normal(size=(4, 6, 4)).astype("float32"), weights=w)
    yield loss_case(K("Dice", axis=[1, 2]), rng.integers(0, 2, (2, 3, 2, 2)).astype("float32"), rng.uniform(size=(2, 3, 2, 2)).astype("float32"))
    for reduction in ["sum_over_batch_size", "sum"]:
        yield loss_case(K("SparseCategoricalCrossentropy", ignore_class=1, reduction=reduction), labels, soft.astype("float32"), weights=weights)
    yield loss_case(K("SparseCategoricalCrossentropy", ignore_class=255, from_logits=True), np.array([[0, 255, 2], [255, 1, 1]], "float32"), rng.normal(size=(2, 3, 3)).astype("float32"))
    # An image of classes: a loss for each pixel.
    yield loss_case("sparse_categorical_crossentropy", rng.integers(0, 3, (2, 3, 2)).astype("float32"), rng.normal(size=(2, 3, 2, 3)).astype("float32"), "softmax")


# --- fit ----------------------------------------------------------------------------------------------------------------------

def mlp(**options):
    return keras.Sequential([keras.Input((5,)), L.Dense(6, activation="tanh", name="hidden", **options), L.Dense(3, activation="softmax", name="classes")], name="mlp")


def binary():
    return keras.Sequential([keras.Input((5,)), L.Dense(4, activation="tanh", name="hidden"), L.Dense(1, activation="sigmoid", name="yes")], name="binary")


def cnn(frozen=False):
    x = keras.Input((6, 5, 2), name="image")
    y = L.Conv2D(3, 3, padding="same", activation="tanh", name="conv")(x)
    y = L.BatchNormalization(momentum=0.8, name="norm")(y)
    y = L.AveragePooling2D(2, name="pool")(y)
    model = keras.Model(x, L.Dense(3, activation="softmax", name="classes")(L.Flatten(name="flat")(y)), name="cnn")
    model.get_layer("norm").trainable = not frozen
    return model


def regularized():
    return keras.Sequential([
        keras.Input((5,)),
        L.Dense(6, activation="tanh", name="hidden", kernel_regularizer=R.L1L2(0.01, 0.02), bias_regularizer="l2", kernel_constraint=C.MaxNorm(1.0), activity_regularizer=R.L2(0.03)),
        L.Dense(4, activation="tanh", name="frozen", kernel_regularizer=R.L2(5.0), trainable=False),
        L.Dense(4, activation="tanh", name="narrow", kernel_constraint=C.MinMaxNorm(0.4, 0.9, rate=0.7), bias_constraint=C.NonNeg()),
        L.Dense(3, activation="softmax", name="classes", kernel_constraint=C.UnitNorm(axis=1)),
    ], name="regularized")


def upright():
    return keras.Sequential([
        keras.Input((5,)),
        L.Dense(6, activation="tanh", name="hidden", kernel_regularizer=R.OrthogonalRegularizer(0.2)),
        L.Dense(4, activation="tanh", name="narrow", kernel_regularizer=R.OrthogonalRegularizer(0.1, mode="columns")),
        L.Dense(3, activation="softmax", name="classes", kernel_regularizer="orthogonal_regularizer"),
    ], name="upright")


def several():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = L.Dense(5, activation="tanh", name="body")(L.Concatenate(name="join")([a, b]))
    return keras.Model([a, b], [L.Dense(3, activation="softmax", name="kind")(joined), L.Dense(1, name="size")(joined)], name="several")


def image_layers():
    """Each layer's weights with its own settings; activations without kinks, so that float32 stays close."""
    x = keras.Input((6, 5, 2), name="image")
    y = L.DepthwiseConv2D(3, padding="same", depth_multiplier=2, depthwise_regularizer=R.L2(0.02), depthwise_constraint=C.MaxNorm(1.2, axis=[0, 1]), name="each")(x)
    y = L.GroupNormalization(groups=2, name="grouped")(L.SeparableConv2D(4, 2, activation="tanh", pointwise_regularizer="l2", name="apart")(y))
    y = L.Conv2DTranspose(3, 3, strides=2, padding="same", name="up")(y)
    y = L.UpSampling2D(2, interpolation="bilinear", name="larger")(L.AveragePooling2D(3, padding="same", name="pool")(L.Cropping2D(1, name="crop")(y)))
    y = L.LayerNormalization(axis=[1, 2, 3], name="layered")(L.PReLU(shared_axes=[1, 2], name="kinked")(y))
    return keras.Model(x, L.Dense(3, activation="softmax", name="classes")(L.Flatten(name="flat")(y)), name="image_layers")


def step_layers():
    return keras.Sequential([
        keras.Input((7, 3), name="steps"), L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="tanh", name="causal"), L.RMSNormalization(name="rms"),
        L.Conv1DTranspose(3, 3, strides=2, name="up"), L.SeparableConv1D(4, 2, strides=2, activation="tanh", name="apart"), L.ZeroPadding1D(1, name="pad"),
        L.AveragePooling1D(2, name="pool"), L.Permute((2, 1), name="turned"), L.UnitNormalization(name="unit"), L.GlobalAveragePooling1D(name="mean"),
        L.Dense(3, activation="softmax", name="classes"),
    ], name="step_layers")


def volume_layers():
    x = keras.Input((4, 3, 4, 2), name="volume")
    y = L.Conv3D(3, 2, padding="same", activation="tanh", name="in")(L.ZeroPadding3D((0, 1, 0), name="pad")(x))
    y = L.Conv3DTranspose(2, 2, strides=(1, 2, 1), activation="tanh", name="up")(L.AveragePooling3D((2, 1, 2), name="pool")(y))
    y = L.GlobalAveragePooling3D(name="mean")(L.UpSampling3D((1, 1, 2), name="larger")(y))
    return keras.Model(x, L.Dense(3, activation="softmax", name="classes")(L.Concatenate(name="both")([y, L.Dot(axes=1, name="dot")([y, y])])), name="volume_layers")


def spectral():
    x = keras.Input((5,), name="x")
    y = L.SpectralNormalization(L.Dense(6, activation="tanh", kernel_regularizer=R.L2(0.02), name="inner"), power_iterations=2, name="wrapped")(x)
    return keras.Model(x, L.Dense(3, activation="softmax", name="classes")(y), name="spectral")


def arrays(model, rng, samples, classes):
    inputs = {i.name: rng.normal(size=[samples, *i.shape[1:]]).astype("float32") for i in model.inputs}
    return inputs, {name: make(rng, samples) for name, make in classes.items()}


SPARSE = lambda rng, n: rng.integers(0, 3, n).astype("float32")
HOT = lambda rng, n: np.eye(3, dtype="float32")[rng.integers(0, 3, n)]
BIT = lambda rng, n: rng.integers(0, 2, n).astype("float32")
REAL = lambda rng, n: rng.normal(size=(n, 1)).astype("float32")


def built(module, value):
    """Configs as objects: Keras takes a bare one for a dictionary of outputs."""
    if isinstance(value, dict) and "class_name" in value:
        return module.deserialize(value)
    if isinstance(value, dict):
        return {k: built(module, v) for k, v in value.items()}
    return [built(module, v) for v in value] if isinstance(value, (list, tuple)) else value


def optimizer_of(config):
    """Keras 3.15 has these, but not all among those that it finds by name."""
    if config["class_name"] in ("Lamb", "Adafactor", "Muon", "ScheduleFreeAdamW"):
        return getattr(keras.optimizers, config["class_name"])(**config["config"])
    return keras.optimizers.get(json.loads(json.dumps(config)))


def named_weights(model):
    """By layer and variable; what comes again in a layer ends in _1, _2, …"""
    for layer in model.layers:
        seen = {}
        for w in layer.weights:
            times = seen[w.name] = seen.get(w.name, -1) + 1
            yield f"{layer.name}/{w.name}" + (f"_{times}" if times else ""), numbers(w)


def figure(value):
    return np.asarray(value, "float64").tolist()


def fit_case(name, make, optimizer, loss, metrics=("accuracy",), targets=None, samples=20, batch=8, epochs=1, loss_weights=None, class_weight=None, weighed=False, weighted_metrics=None):
    """One fit without shuffling; the last batch is short, a validation set follows each epoch."""
    keras.backend.clear_session()
    rng = np.random.default_rng(sum(map(ord, name)))
    model = make()
    for weight in model.weights:
        weight.assign(rng.uniform(0.5 if "variance" in weight.name else -0.8, 1.1, weight.shape).astype("float32"))
    names = [o["name"] for o in layer_of(model)["network"]["outputs"]]
    targets = targets or {names[0]: SPARSE}
    root = layer_of(model)
    x, y = arrays(model, rng, samples, targets)
    vx, vy = arrays(model, rng, 11, targets)
    weights = {n: rng.uniform(0.2, 2, samples).astype("float32") for n in names} if weighed else None
    single = lambda d: next(iter(d.values())) if len(d) == 1 else list(d.values())
    model.compile(optimizer=optimizer_of(optimizer), loss=built(keras.losses, loss), metrics=built(keras.metrics, metrics), loss_weights=loss_weights, weighted_metrics=built(keras.metrics, weighted_metrics))
    if optimizer["class_name"] == "ScheduleFreeAdamW":
        # Built inside fit, Keras 3.15.1 loses what its momentum starts as, and the first step puts the weights near 0.
        model.optimizer.build(model.trainable_variables)
    history = model.fit(single(x), single(y), batch_size=batch, epochs=epochs, shuffle=False, verbose=0, validation_data=(single(vx), single(vy)),
                        class_weight=class_weight, sample_weight=single(weights) if weights else None)
    evaluation = model.evaluate(single(vx), single(vy), batch_size=4, verbose=0, return_dict=True)
    pack = lambda d: {k: numbers(v) for k, v in d.items()}
    after = dict(named_weights(model))
    return {
        "name": name, "root": root, "compile": {"loss": loss, "metrics": list(metrics) if not isinstance(metrics, dict) else metrics, **({"weightedMetrics": weighted_metrics} if weighted_metrics else {}), **({"lossWeights": loss_weights} if loss_weights else {})},
        "optimizer": optimizer, "batchSize": batch, "epochs": epochs, "classWeights": {str(k): v for k, v in (class_weight or {}).items()},
        "train": {"inputs": pack(x), "targets": pack(y), "weights": pack(weights or {})}, "validation": {"inputs": pack(vx), "targets": pack(vy)},
        "history": {k: [figure(v) for v in values] for k, values in history.history.items()}, "evaluation": {k: figure(v) for k, v in evaluation.items()},
        "after": after, "optimizerVariables": [numbers(v) for v in model.optimizer.variables],
    }


OPTIMIZERS = {
    "sgd": K("SGD", learning_rate=0.1), "momentum": K("SGD", learning_rate=0.1, momentum=0.9), "nesterov": K("SGD", learning_rate=0.1, momentum=0.8, nesterov=True),
    "sgd_decay": K("SGD", learning_rate=0.1, weight_decay=0.1), "adam": K("Adam", learning_rate=0.01), "amsgrad": K("Adam", learning_rate=0.01, amsgrad=True, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
    "adam_decay": K("Adam", learning_rate=0.01, weight_decay=0.2), "adamw": K("AdamW", learning_rate=0.01, weight_decay=0.1), "rmsprop": K("RMSprop", learning_rate=0.01),
    "rmsprop_all": K("RMSprop", learning_rate=0.01, rho=0.8, momentum=0.5, centered=True, epsilon=1e-3), "clipnorm": K("SGD", learning_rate=0.5, clipnorm=0.05),
    "clipvalue": K("SGD", learning_rate=0.5, clipvalue=0.02), "global_clipnorm": K("Adam", learning_rate=0.01, global_clipnorm=0.01), "scaled": K("SGD", learning_rate=0.1, loss_scale_factor=128.0),
    "adagrad": K("Adagrad", learning_rate=0.1), "adagrad_all": K("Adagrad", learning_rate=0.1, initial_accumulator_value=0.0, epsilon=1e-3, weight_decay=0.1), "adadelta": K("Adadelta", learning_rate=1.0, rho=0.9, epsilon=1e-3),
    "adamax": K("Adamax", learning_rate=0.02, beta_1=0.8, epsilon=1e-4), "nadam": K("Nadam", learning_rate=0.01, epsilon=1e-4), "ftrl": K("Ftrl", learning_rate=0.1),
    "ftrl_all": K("Ftrl", learning_rate=0.1, learning_rate_power=-0.6, initial_accumulator_value=0.2, l1_regularization_strength=0.01, l2_regularization_strength=0.02, l2_shrinkage_regularization_strength=0.03, beta=0.1),
    "lion": K("Lion", learning_rate=0.01, beta_1=0.8),
    "lamb": K("Lamb", learning_rate=0.02, epsilon=1e-3),
    "adafactor": K("Adafactor", learning_rate=0.1), "adafactor_all": K("Adafactor", learning_rate=0.3, beta_2_decay=-0.6, epsilon_2=0.01, clip_threshold=0.5, relative_step=False, weight_decay=0.1),
    "muon": K("Muon", learning_rate=0.02), "muon_all": K("Muon", learning_rate=0.02, momentum=0.8, nesterov=False, ns_steps=3, rms_rate=None, adam_lr_ratio=0.5, weight_decay=0.1, adam_weight_decay=None, exclude_layers=["classes"]),
    "schedule_free": K("ScheduleFreeAdamW", learning_rate=0.02), "schedule_free_all": K("ScheduleFreeAdamW", learning_rate=0.02, warmup_steps=2, beta_1=0.8, weight_decay=0.1, epsilon=1e-3),
}


def schedule(class_name, **config):
    return K("SGD", learning_rate={"module": "keras.optimizers.schedules", "registered_name": None, **K(class_name, **config)})


SCHEDULES = {
    "exponential": schedule("ExponentialDecay", initial_learning_rate=0.5, decay_steps=2, decay_rate=0.5), "stairs": schedule("ExponentialDecay", initial_learning_rate=0.5, decay_steps=2, decay_rate=0.5, staircase=True),
    "inverse": schedule("InverseTimeDecay", initial_learning_rate=0.5, decay_steps=2, decay_rate=0.5), "polynomial": schedule("PolynomialDecay", initial_learning_rate=0.5, decay_steps=4, end_learning_rate=0.1, power=2.0),
    "cycle": schedule("PolynomialDecay", initial_learning_rate=0.5, decay_steps=2, end_learning_rate=0.1, cycle=True), "cosine": schedule("CosineDecay", initial_learning_rate=0.5, decay_steps=4, alpha=0.1),
    "warmup": schedule("CosineDecay", initial_learning_rate=0.1, decay_steps=4, warmup_target=0.5, warmup_steps=2), "piecewise": schedule("PiecewiseConstantDecay", boundaries=[1, 3], values=[0.5, 0.2, 0.05]),
}
SCC, SGD = "sparse_categorical_crossentropy", K("SGD", learning_rate=0.1)


def fits():
    for name, optimizer in OPTIMIZERS.items():
        yield fit_case(name, mlp, optimizer, SCC)
    for name, optimizer in SCHEDULES.items():
        yield fit_case(name, mlp, optimizer, SCC, epochs=2)
    for name in ["sgd", "adam", "rmsprop"]:
        yield fit_case(f"cnn_{name}", cnn, OPTIMIZERS[name], SCC, samples=19)
    yield fit_case("cnn_frozen_norm", lambda: cnn(True), SGD, SCC, epochs=2)
    yield fit_case("binary", binary, SGD, "binary_crossentropy", ("accuracy", "mse", "mae", K("BinaryAccuracy", name="strict", threshold=0.7)), {"yes": BIT}, epochs=2)
    yield fit_case("one_hot", mlp, SGD, K("CategoricalCrossentropy", label_smoothing=0.1), ("acc", "CategoricalAccuracy", "categorical_crossentropy"), {"classes": HOT})
    yield fit_case("class_weights", mlp, SGD, SCC, class_weight={0: 3.0, 2: 0.5})
    yield fit_case("sample_weights", mlp, SGD, SCC, ("accuracy", SCC), weighed=True)
    yield fit_case("distances", mlp, SGD, "huber", ("mape", "msle", K("LogCoshError"), "cosine_similarity", "kl_divergence", "poisson"), {"classes": HOT})
    yield fit_case("hinges", mlp, SGD, "squared_hinge", ("hinge", "squared_hinge", "categorical_hinge", K("TopKCategoricalAccuracy", k=2)), {"classes": HOT})
    yield fit_case("first_two", mlp, SGD, SCC, (K("SparseTopKCategoricalAccuracy", k=2, name="among_two"),))
    yield fit_case("regularized", regularized, SGD, SCC, epochs=2)
    yield fit_case("upright", upright, SGD, SCC, epochs=2)
    both = {"kind": SPARSE, "size": REAL}
    yield fit_case("several", several, SGD, [SCC, "mse"], {"kind": ["accuracy"], "size": ["mae", "mse"]}, both, epochs=2)
    yield fit_case("several_weighted", several, SGD, {"size": "mse", "kind": SCC}, [["accuracy"], ["mae"]], both, loss_weights={"kind": 0.3, "size": 2.0}, weighed=True)
    for make in [image_layers, step_layers, volume_layers, spectral]:
        yield fit_case(make.__name__, make, SGD, SCC, epochs=2, samples=12)


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:]
    for file, cases in [("losses", losses()), ("fits", fits())]:
        if wanted and file not in wanted:
            continue
        lines = ",\n".join(json.dumps(case) for case in cases)
        (HERE / f"{file}.json").write_text(f"[\n{lines}\n]\n")
