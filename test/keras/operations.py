"""Models whose nodes are operations, one for each family: `golden/operations/NAME.keras` and `NAME.json`, which holds inputs,
outputs and the gradients of sum(output * seeds) over all float outputs by each input. That of Keras 2 (`lambdas.json`) holds its
config too, as an `.h5` file has it.

Run: .cache/keras/bin/python test/keras/operations.py            Keras 3
     .cache/keras/bin/python test/keras/operations.py keras2     tf-keras
"""
import json
import os
import sys
import zipfile

legacy = len(sys.argv) > 1 and sys.argv[1] == "keras2"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
if legacy:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf

if legacy:
    import tf_keras as keras
else:
    import keras
    from keras import ops

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "operations")

# Batch 3; x and y [3, 4, 6], p as x but positive, v [3, 6], i int32 [3, 4] in 0..5, m [3, 4, 4, 2]
shapes = {"x": (4, 6), "y": (4, 6), "p": (4, 6), "v": (6,), "i": (4,), "m": (4, 4, 2)}


def arithmetic(x, y, p, v, i, m):
    return [
        x + y, x - v[:, None, :], 2 * x * y, x / 2, 1 / p, x / y, ops.divide(p, 3), ops.divide_no_nan(x, ops.relu(y)), i // 2, p // 0.3,
        i % 3, x % 2, p**2, p**0.5, i**2, 2**x, ops.power(p, y), ops.maximum(x, y), ops.minimum(x, 0.25), ops.logaddexp(x, y), ops.hypot(x, y),
        -x, abs(x), ops.sign(x), ops.square(x), ops.clip(x, -0.5, 0.75), ops.round(x), ops.sqrt(p), ops.rsqrt(p), ops.reciprocal(p), ops.exp(x),
        ops.exp2(x), ops.expm1(x), ops.log(p), ops.log1p(p), ops.log2(p), ops.log10(p), ops.sin(x), ops.cos(x), ops.tan(x), ops.tanh(x),
        ops.sinh(x), ops.cosh(x), ops.erf(x), ops.floor(x), ops.ceil(x), ops.trunc(x), i + 1, i * 2.5, -i, i / 2, ops.abs(-i), 1.5 - x,
        x + ops.convert_to_tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), x * np.arange(6).astype("float32"), ops.negative(x), ops.absolute(x), 3 - i,
    ]


def comparison(x, y, p, v, i, m):
    holds = [
        x > y, x >= 0.5, x < y, x <= 0, ops.equal(i, 2), ops.not_equal(i, 2), ops.logical_and(x > 0, y > 0), ops.logical_or(x > 0, y > 0),
        ops.logical_xor(x > 0, y > 0), ops.logical_not(x > 0), ops.isnan(x),
    ]
    return [ops.cast(h, "float32") for h in holds] + [ops.where(x > y, x, 0.0), ops.where(x > 0, 1.0, 0.0), ops.where(x > 0, x * 2, y), ops.cast(x, "int32"), x > 0]


def reduction(x, y, p, v, i, m):
    return [
        ops.sum(x, axis=-1), ops.sum(x, axis=(1, 2), keepdims=True), ops.sum(i, axis=1), ops.max(x, axis=1), ops.amax(x, axis=-1), ops.min(x, axis=1, keepdims=True),
        ops.amin(x, axis=-1), ops.ptp(x, axis=-1), ops.mean(x, axis=1), ops.mean(i, axis=1), ops.var(x, axis=-1), ops.std(x, axis=(1, 2)),
        ops.logsumexp(x, axis=-1), ops.logsumexp(x, axis=1, keepdims=True), ops.any(x > 1, axis=1), ops.all(x > -1, axis=-1), ops.count_nonzero(i, axis=1),
        ops.norm(x, axis=-1), ops.norm(x, ord=1, axis=1, keepdims=True), ops.cumsum(x, axis=1), ops.cumsum(v, axis=-1), ops.average(x, axis=1),
        ops.average(x, axis=1, weights=p), *ops.moments(x, axes=(1,)), ops.argmax(x, axis=-1), ops.argmin(x, axis=1, keepdims=True), ops.max(i, axis=1),
        ops.prod(x, axis=-1), ops.prod(x, axis=(1, 2), keepdims=True), ops.prod(i, axis=1),
    ]


def shaping(x, y, p, v, i, m):
    return [
        ops.reshape(x, (-1, 24)), ops.reshape(x, (-1, 3, 8)), ops.reshape(x, (-1, 6)) * 2, ops.transpose(x, (0, 2, 1)), ops.swapaxes(x, 1, 2), ops.moveaxis(m, -1, 1),
        ops.moveaxis(m, (1, 3), (3, 2)), ops.expand_dims(x, 1), ops.expand_dims(x, -1), ops.squeeze(ops.expand_dims(x, 2), 2), ops.broadcast_to(ops.sum(v, axis=0), (4, 6)),
        ops.cast(i, "float32"), ops.flip(x, axis=1), ops.flip(m, axis=(1, 2)), ops.roll(x, 2, axis=-1), ops.tile(x, (1, 2, 1)), ops.repeat(x, 2, axis=1),
        ops.pad(x, ((0, 0), (1, 2), (0, 1))), ops.pad(m, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=2.0), ops.depth_to_space(ops.repeat(m, 2, axis=-1), 2),
        ops.space_to_depth(m, 2), ops.zeros_like(x), ops.ones_like(x) * y, ops.full_like(x, 2.5), ops.tril(x), ops.triu(x, 1), ops.ravel(x), ops.copy(x),
        ops.convert_to_tensor(x), ops.stop_gradient(x) * y, ops.fliplr(x),
    ]


def joining(x, y, p, v, i, m):
    return [
        ops.concatenate([x, y], axis=-1), ops.concatenate([x, y, p], axis=1), ops.append(x, y, axis=1), ops.stack([x, y], axis=1), ops.stack([x, y, p], axis=-1),
        ops.hstack([x, y]), *ops.split(x, 3, axis=-1), ops.split(x, [1, 3], axis=1)[1], ops.unstack(x, axis=1)[2], ops.concatenate([i, i], axis=1),
    ]


def indexing(x, y, p, v, i, m):
    return [
        x[:, 1:], x[:, -1], x[:, 0, :], x[..., None, ::2], x[:, None], x[:, 1:-1, 2], x[:, ::-1], x[..., 4:1:-2], x[:, 2:100], m[:, 1:3, ::2, 0],
        ops.take(x, [0, -1, 2], axis=1), ops.take(x, 3, axis=-1), ops.one_hot(i, 6), ops.one_hot(i, 6, axis=1),
        ops.slice(x, (0, 1, 2), (3, 2, 3)), i[:, 1:],
        ops.take_along_axis(x, i[:, :, None], axis=2), ops.take_along_axis(x, i[:, None, :] - 6, axis=-1), ops.take_along_axis(i, i % 4, axis=1),
    ]


def products(x, y, p, v, i, m):
    return [
        x @ ops.transpose(y, (0, 2, 1)), ops.matmul(x, np.ones((6, 2), "float32")), ops.matmul(x, v[:, :, None]), ops.dot(x, np.arange(12).reshape(6, 2).astype("float32")),
        ops.einsum("abc,adc->abd", x, y), ops.einsum("abc->acb", x), ops.einsum("bij,bkj->bik", x, y), ops.einsum("...ij,...j->...i", x, v), ops.einsum("bij,bj,bij->b", x, v, y),
        ops.einsum("bij->b", x), ops.einsum("bi,bj->bij", v, v), ops.tensordot(x, np.ones((6, 3), "float32"), axes=1), ops.tensordot(x, np.ones((2, 4, 6), "float32"), axes=[[1, 2], [1, 2]]),
        ops.inner(x, np.ones((2, 6), "float32")), ops.outer(v, np.arange(3).astype("float32")), ops.matmul(v, np.ones((6, 2), "float32")),
    ]


def activations(x, y, p, v, i, m):
    return [
        ops.relu(x), ops.relu6(4 * x), ops.sigmoid(x), ops.sparse_sigmoid(x), ops.softplus(x), ops.softsign(x), ops.soft_shrink(x, 0.3), ops.sparse_plus(x), ops.silu(x),
        ops.squareplus(x, 3), ops.log_sigmoid(x), ops.leaky_relu(x, 0.1), ops.hard_sigmoid(x), ops.hard_silu(x), ops.elu(x, 0.7), ops.selu(x), ops.gelu(x), ops.gelu(x, approximate=False),
        ops.celu(x, 0.8), ops.glu(x), ops.tanh_shrink(x), ops.hard_tanh(x), ops.hard_shrink(x, 0.4), ops.threshold(x, 0.2, -1.0), ops.sparsemax(x), ops.softmax(x), ops.softmax(x, axis=1),
        ops.log_softmax(x), ops.log_softmax(x, axis=1), keras.activations.gelu(x), keras.activations.swish(x),
    ]


def normalization(x, y, p, v, i, m):
    return [ops.normalize(x), ops.normalize(x, axis=1), ops.layer_normalization(x), ops.layer_normalization(x, axis=-1, epsilon=1e-3), ops.rms_normalization(x)]


def network(x, y, p, v, i, m):
    heads = [ops.reshape(t, (-1, 4, 2, 3)) for t in (x, y, p)]
    return [
        ops.max_pool(m, 2), ops.max_pool(x, 3, strides=2, padding="same"), ops.average_pool(m, (2, 3), strides=1, padding="same"), ops.average_pool(x, 2),
        ops.batch_normalization(x, np.arange(6).astype("float32"), 1 + np.arange(6).astype("float32"), axis=-1),
        ops.batch_normalization(x, np.arange(4).astype("float32"), 1 + np.arange(4).astype("float32"), axis=1, offset=np.ones(4, "float32"), scale=2 * np.ones(4, "float32"), epsilon=0.1),
        ops.dot_product_attention(*heads), ops.dot_product_attention(*heads, is_causal=True), ops.dot_product_attention(*heads, scale=0.7, mask=(x > 0)[:, None, :, :4]),
    ]


def images(x, y, p, v, i, m):
    return [
        ops.image.resize(m, (8, 6)), ops.image.resize(m, (2, 2), interpolation="nearest"), ops.image.resize(m, (3, 5), interpolation="bicubic"),
        ops.image.rgb_to_grayscale(ops.concatenate([m, m[..., :1]], axis=-1)),
    ]


def lambdas(x, y, p, v, i, m):
    """What Keras 2 keeps as TFOpLambda and SlicingOpLambda."""
    return [
        x + y, 2.0 * x, 1 - x, x - 0.5, x / 2, 3.0 / p, x**2, -x, abs(x), x[:, 1:], x[..., None, ::2], x[:, -1], x[:, None, 0], tf.add(x, y), tf.subtract(x, y), tf.multiply(x, 3.0), tf.divide(x, y),
        tf.math.divide_no_nan(x, tf.nn.relu(y)), tf.maximum(x, 0.25), tf.minimum(x, y), tf.pow(p, 2), tf.square(x), tf.math.squared_difference(x, y), tf.sqrt(p), tf.math.rsqrt(p),
        tf.math.reciprocal(p), tf.exp(x), tf.math.log(p), tf.math.log1p(p), tf.math.expm1(x), tf.sin(x), tf.cos(x), tf.tanh(x), tf.floor(x), tf.math.ceil(x), tf.round(x), tf.sign(x), tf.math.erf(x),
        tf.math.floordiv(p, 0.3), tf.math.floormod(x, 2.0), tf.clip_by_value(x, -0.5, 0.75), tf.math.softplus(x), tf.concat([x, y], axis=-1), tf.concat([x, y], 1), tf.stack([x, y], axis=1),
        *tf.split(x, 3, axis=-1), tf.split(x, [1, 3], axis=1)[1], tf.unstack(x, axis=1)[2], tf.reshape(x, (-1, 24)), tf.transpose(x, (0, 2, 1)), tf.expand_dims(x, 1), tf.squeeze(tf.expand_dims(x, 2), axis=2),
        tf.tile(x, [1, 2, 1]), tf.repeat(x, 2, axis=1), tf.reverse(x, [1]), tf.pad(x, [[0, 0], [1, 2], [0, 1]]), tf.gather(x, [0, 2], axis=1), tf.broadcast_to(tf.reduce_sum(v, axis=0), (4, 6)),
        tf.cast(i, tf.float32) * 0.5, tf.cast(x, "int32"), tf.zeros_like(x), tf.ones_like(x), tf.where(x > y, x, 0.0), tf.where(x >= 0.5, x, y), tf.cast(x < y, "float32"), tf.cast(x <= 0.0, "float32"),
        tf.cast(tf.equal(i, 2), "float32"), tf.cast(tf.not_equal(i, 2), "float32"), tf.cast(tf.logical_and(x > 0.0, y > 0.0), "float32"), tf.cast(tf.logical_or(x > 0.0, y > 0.0), "float32"),
        tf.cast(tf.logical_not(x > 0.0), "float32"), tf.reduce_sum(x, axis=-1), tf.reduce_sum(x, axis=[1, 2], keepdims=True), tf.reduce_mean(x, axis=1), tf.reduce_max(x, axis=-1), tf.reduce_min(x, axis=1),
        tf.math.reduce_variance(x, axis=-1), tf.math.reduce_std(x, axis=1), tf.reduce_logsumexp(x, axis=-1), tf.argmax(x, axis=-1), tf.argmin(x, axis=1), tf.cumsum(x, axis=1), tf.norm(x, axis=-1),
        tf.linalg.l2_normalize(x, axis=-1), tf.matmul(x, y, transpose_b=True), tf.matmul(x, y, transpose_a=True), tf.linalg.matvec(x, v), tf.tensordot(x, tf.ones((6, 2)), 1), tf.nn.relu(x), tf.nn.relu6(4 * x),
        tf.nn.leaky_relu(x), tf.nn.leaky_relu(x, alpha=0.1), tf.nn.elu(x), tf.nn.selu(x), tf.nn.gelu(x), tf.nn.gelu(x, approximate=True), tf.nn.silu(x), tf.nn.sigmoid(x), tf.nn.softmax(x), tf.nn.softmax(x, axis=1),
        tf.nn.log_softmax(x), tf.nn.softsign(x), tf.nn.bias_add(x, [1.0, 2, 3, 4, 5, 6]), tf.math.add_n([x, y, p]), tf.one_hot(i, 6), tf.image.resize(m, (8, 6)), tf.image.resize(m, (2, 2), method="nearest"),
        tf.nn.depth_to_space(tf.concat([m, m], -1), 2), tf.nn.space_to_depth(m, 2), keras.backend.mean(x, axis=1), keras.backend.sum(x, axis=-1, keepdims=True), keras.backend.concatenate([x, y]),
        keras.activations.relu(x), keras.activations.sigmoid(x), tf.identity(x), x + tf.constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), tf.reduce_any(x > 1.0, axis=1), tf.reduce_all(x > -1.0, axis=1),
        x @ tf.transpose(y, (0, 2, 1)), tf.nn.tanh(x), tf.math.logical_xor(x > 0.0, y > 0.0), x[:, :, 2:4],
    ]


def tensor(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(f"{n:.7g}") for n in array.astype("float64").ravel()]}


def shrink(path):
    """The weights file of a model without weights is 18 kB of zeros."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def write(name, build):
    inputs = {key: keras.Input(shape, name=key, dtype="int32" if key == "i" else "float32", **({} if legacy else {"batch_size": None})) for key, shape in shapes.items()}
    model = keras.Model(list(inputs.values()), build(**inputs), name=name)
    if not legacy:
        model.save(os.path.join(out, f"{name}.keras"))
        shrink(os.path.join(out, f"{name}.keras"))
    random = np.random.default_rng(0)
    feeds = {key: random.normal(size=(3, *shape)).astype("float32") for key, shape in shapes.items()}
    feeds["p"] = (np.abs(feeds["p"]) + 0.4).astype("float32")
    feeds["i"] = random.integers(0, 6, size=(3, 4)).astype("int32")
    tensors = {key: tf.constant(value) for key, value in feeds.items()}
    with tf.GradientTape(persistent=True) as tape:
        for key in shapes:
            tape.watch(tensors[key])
        outputs = [tf.convert_to_tensor(o) for o in model(list(tensors.values()))]
        seeds = [np.cos(np.arange(np.size(o)) + n).reshape(o.shape).astype("float32") for n, o in enumerate(outputs)]
        loss = tf.add_n([tf.reduce_sum(o * s) for o, s in zip(outputs, seeds) if o.dtype == tf.float32])
    slopes = {key: tape.gradient(loss, tensors[key]) for key in shapes if key != "i"}
    golden = {
        **({"model_config": json.loads(model.to_json())} if legacy else {}),
        "inputs": {key: tensor(value) for key, value in feeds.items()},
        "outputs": [tensor(o) for o in outputs],
        "shapes": [[None if axis == 0 and o.shape[0] is None else size for axis, size in enumerate(o.shape)] for o in model.outputs],
        "floats": [o.dtype == tf.float32 for o in outputs],
        "gradients": {key: None if value is None else tensor(tf.convert_to_tensor(value)) for key, value in slopes.items()},
    }
    with open(os.path.join(out, f"{name}.json"), "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


os.makedirs(out, exist_ok=True)
if legacy:
    write("lambdas", lambdas)
else:
    for family in (arithmetic, comparison, reduction, shaping, joining, indexing, products, activations, normalization, network, images):
        print(family.__name__)
        write(family.__name__, family)
