"""Writes golden/ops/ops.json: what Keras and TensorFlow compute for primitive operations, with their gradients.

Run: KERAS_BACKEND=tensorflow python test/keras/ops.py
Each case: inputs, attributes as the project's operation takes them (explicit padding), output, the upstream gradient
and the gradient by each input. Padding that Keras calls "same" is written here as TensorFlow's documentation defines it
(tf.nn "same": ceil(size / stride) places, the odd element at the end), next to what Keras itself computed with "same".
"""
import json
import math
import os

import keras
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(3)
cases = []


def draw(*shape):
    """Multiples of 1/8: exact in float32 and short in JSON."""
    return (rng.integers(-12, 13, size=shape) / 8).astype("float32")


def same(size, window, stride, dilation=1):
    places = math.ceil(size / stride)
    total = max((places - 1) * stride + (window - 1) * dilation + 1 - size, 0)
    return [total // 2, total - total // 2]


def plain(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(f"{v:.9g}") for v in array.ravel()]}


def write(what, op, inputs, attributes, compute):
    variables = [tf.Variable(value) for value in inputs]
    with tf.GradientTape() as tape:
        y = compute(*variables)
        upstream = draw(*y.shape)
        loss = tf.reduce_sum(y * upstream)
    slopes = tape.gradient(loss, variables)
    cases.append({
        "what": what, "op": op, "inputs": [plain(v) for v in inputs], "attributes": attributes, "output": plain(y),
        "upstream": plain(upstream), "gradients": [plain(tf.convert_to_tensor(s)) for s in slopes],
    })


def conv(what, x, kernel, strides, padding, dilation=None, groups=1):
    rank = x.ndim - 2
    dilation = dilation or [1] * rank
    pads = [[0, 0]] * rank
    if padding == "same":
        pads = [same(x.shape[i + 1], kernel.shape[i], strides[i], dilation[i]) for i in range(rank)]
    attributes = {"strides": strides, "padding": pads, "dilation": dilation, "groups": groups}
    write(what, "conv", [x, kernel], attributes, lambda a, k: keras.ops.conv(
        a, k, strides=strides, padding=padding, data_format="channels_last", dilation_rate=dilation))


conv("conv valid", draw(2, 5, 4, 2), draw(3, 2, 2, 3), [1, 1], "valid")
conv("conv same, strides", draw(2, 6, 5, 2), draw(3, 2, 2, 2), [2, 2], "same")
conv("conv same, dilation", draw(2, 6, 5, 2), draw(3, 2, 2, 2), [1, 1], "same", [2, 2])
conv("conv same, groups", draw(2, 4, 5, 4), draw(2, 3, 2, 6), [1, 1], "same", groups=2)
conv("conv of one axis, same, strides", draw(2, 7, 2), draw(4, 2, 3), [2], "same")
conv("conv of three axes, same", draw(2, 3, 4, 5, 1), draw(2, 2, 3, 1, 2), [1, 1, 1], "same")


def pool(what, op, x, size, strides, padding):
    rank = x.ndim - 2
    pads = [[0, 0]] * rank
    if padding == "same":
        pads = [same(x.shape[i + 1], size[i], strides[i]) for i in range(rank)]
    function = keras.ops.max_pool if op == "maxPool" else keras.ops.average_pool
    write(what, op, [x], {"size": size, "strides": strides, "padding": pads}, lambda a: function(
        a, size, strides=strides, padding=padding, data_format="channels_last"))


for name in ("maxPool", "avgPool"):
    # Many equal values: who takes the gradient of a tie shows.
    pool(f"{name} valid, ties", name, np.maximum(np.round(draw(2, 4, 6, 2)), 0), [2, 2], [2, 2], "valid")
    pool(f"{name} same, overlapping, ties", name, np.maximum(np.round(draw(2, 5, 4, 2)), 0), [3, 3], [2, 2], "same")
    pool(f"{name} same, negative", name, -np.abs(draw(2, 5, 4, 2)) - 0.125, [3, 2], [1, 2], "same")
    pool(f"{name} of one axis, same", name, draw(2, 7, 2), [3], [2], "same")
    # No two equal: TensorFlow's MaxPool3DGrad gives the whole gradient to each of several equal maxima (its MaxPoolGrad,
    # for one and two axes, to the first). We take the first whatever the rank.
    apart = (rng.permutation(120).reshape(2, 3, 4, 5, 1) / 8 - 7).astype("float32")
    pool(f"{name} of three axes, same", name, apart, [2, 2, 2], [2, 2, 2], "same")


def batch_norm(x, gamma, beta):
    mean, variance = keras.ops.moments(x, axes=list(range(len(x.shape) - 1)))
    return keras.ops.batch_normalization(x, mean, variance, axis=-1, offset=beta, scale=gamma, epsilon=1e-3)


write("batchNorm of images", "batchNorm", [draw(3, 4, 5, 2), draw(2), draw(2)], {"axis": 3, "epsilon": 1e-3}, batch_norm)
write("batchNorm of vectors", "batchNorm", [draw(6, 3), draw(3), draw(3)], {"axis": 1, "epsilon": 1e-3}, batch_norm)

# Kinks (0 is in it) and both far ends.
line = np.array([[-90, -20, -3, -1, -0.125, 0], [0.125, 0.5, 1, 3, 20, 80]], "float32")
for name, function in {
    "tanh": keras.ops.tanh, "sigmoid": keras.ops.sigmoid, "erf": keras.ops.erf, "relu": keras.ops.relu,
    "selu": keras.ops.selu, "softplus": keras.ops.softplus, "abs": keras.ops.abs, "neg": keras.ops.negative,
}.items():
    write(name, name, [line], {}, function)
write("elu", "elu", [line], {"alpha": 1}, keras.ops.elu)
write("elu, alpha", "elu", [line], {"alpha": 0.3}, lambda x: keras.ops.elu(x, alpha=0.3))
for name, function in {"exp": keras.ops.exp}.items():
    write(name, name, [draw(2, 4)], {}, function)
for name, function in {"log": keras.ops.log, "log1p": keras.ops.log1p, "sqrt": keras.ops.sqrt}.items():
    write(name, name, [np.abs(draw(2, 4)) + 0.125], {}, function)

tied = np.round(draw(2, 3, 4))
write("maximum, ties, broadcast", "maximum", [tied, np.round(draw(4))], {}, keras.ops.maximum)
write("minimum, ties, broadcast", "minimum", [tied, np.round(draw(3, 1))], {}, keras.ops.minimum)
write("max, ties", "max", [tied], {"axes": [2], "keepDims": False}, lambda x: keras.ops.max(x, axis=2))
write("max, ties, kept", "max", [tied], {"axes": [0, 1], "keepDims": True}, lambda x: keras.ops.max(x, axis=(0, 1), keepdims=True))
write("mean", "mean", [tied], {"axes": [0, 2], "keepDims": False}, lambda x: keras.ops.mean(x, axis=(0, 2)))
write("sum", "sum", [tied], {"axes": [1], "keepDims": False}, lambda x: keras.ops.sum(x, axis=1))
write("pow, zero base", "pow", [np.array([[0, 2, 3], [1, 0.5, 4]], "float32"), np.array([2, 0.5, 3], "float32")], {}, keras.ops.power)
write("div, broadcast", "div", [draw(2, 3), np.abs(draw(2, 1)) + 0.5], {}, keras.ops.divide)
write("softmax", "softmax", [draw(2, 3, 4) * 8], {"axis": 2}, lambda x: keras.ops.softmax(x, axis=-1))
write("softmax, inner axis", "softmax", [draw(2, 3, 4)], {"axis": 1}, lambda x: keras.ops.softmax(x, axis=1))
write("logSoftmax, far apart", "logSoftmax", [draw(2, 3) * 100], {"axis": 1}, lambda x: keras.ops.log_softmax(x, axis=-1))
write("matmul, transposed right", "matmul", [draw(2, 3, 4), draw(5, 4)], {"transposeA": False, "transposeB": True},
      lambda a, b: tf.linalg.matmul(a, keras.ops.transpose(b)))


def conv_transpose(what, dy, kernel, strides, padding, spatial):
    """Keras' transposed convolution is our convInputGrad, with the kernel as Keras stores it."""
    pads = [same(spatial[i], kernel.shape[i], strides[i]) if padding == "same" else [0, 0] for i in range(2)]
    shape = [dy.shape[0], *spatial, kernel.shape[2]]
    attributes = {"strides": strides, "padding": pads, "dilation": [1, 1], "groups": 1, "inputShape": shape}
    write(what, "convInputGrad", [dy, kernel], attributes, lambda a, k: keras.ops.conv_transpose(
        a, k, strides=strides, padding=padding, data_format="channels_last"))


conv_transpose("transposed conv, same", draw(2, 3, 4, 3), draw(3, 3, 2, 3), [2, 2], "same", [6, 8])
conv_transpose("transposed conv, valid", draw(2, 3, 2, 3), draw(3, 2, 2, 3), [2, 1], "valid", [7, 3])

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "ops")
with open(os.path.join(folder, "ops.json"), "w") as out:
    out.write('{"keras": "%s", "tensorflow": "%s", "cases": [\n' % (keras.__version__, tf.__version__))
    out.write(",\n".join(json.dumps(case) for case in cases))
    out.write("\n]}\n")
