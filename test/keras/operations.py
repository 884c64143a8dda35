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


def inverses(x, y, p, v, i, m):
    within = ops.tanh(x)
    return [
        ops.arcsin(within), ops.arccos(within), ops.arctan(x), ops.arcsinh(x), ops.arcsinh(x * 30), ops.arccosh(p + 1), ops.arctanh(within * 0.9), ops.arctan2(x, y), ops.arctan2(x, 0.5),
        ops.sinc(x), ops.sinc(ops.stop_gradient(ops.relu(x))), ops.deg2rad(x), ops.rad2deg(x), ops.erfinv(within), ops.i0(x), ops.i0(x * 4), ops.angle(x),
        keras.src.ops.math.Erfc().symbolic_call(x) if hasattr(keras.src.ops.math, "Erfc") else x,
    ]


def exceptions(x, y, p, v, i, m):
    odd = ops.where(x > 1, float("inf"), ops.where(x < -1, -float("inf"), ops.where(y > 1, float("nan"), x)))
    holds = [
        ops.isnan(odd), ops.isinf(odd), ops.isposinf(odd), ops.isneginf(odd), ops.isfinite(odd), ops.isreal(x), ops.signbit(x), ops.isclose(x, x + y * 1e-5), ops.isclose(odd, odd, equal_nan=True), ops.isclose(odd, odd),
        ops.isclose(x, y, rtol=0.5, atol=0.5), ops.allclose(x, x), ops.allclose(x, y),
    ]
    return [ops.cast(h, "float32") for h in holds] + [
        ops.nan_to_num(odd, nan=0.5, posinf=3, neginf=-4), ops.nan_to_num(ops.where(y > 1, float("nan"), x)), ops.fmax(ops.where(y > 1, float("nan"), x), y), ops.fmin(x, ops.where(y > 1, float("nan"), y)),
        ops.fmod(x * 3, y), ops.fmod(x, 0.3), ops.heaviside(ops.relu(x), v[:, None]), ops.logaddexp2(x, y), ops.ldexp(x, i[:, :, None]), ops.fabs(x), ops.cbrt(x), ops.cbrt(p * 1e-3),
        ops.saturate_cast(x * 200, "int8"), ops.saturate_cast(x * 200, "uint8"), ops.bitwise_not(i), ops.bitwise_invert(i),
    ]


def sorting(x, y, p, v, i, m):
    tops = ops.top_k(x, 3)
    gaps = ops.where(y > 0.7, float("nan"), x)
    flags = [ops.in_top_k(i[:, 0], v, 2), ops.isin(i, [1, 4]), ops.isin(i, [1, 4], invert=True)]
    return [
        ops.sort(x), ops.sort(x, axis=1), ops.sort(i, axis=1), ops.argsort(x), ops.argsort(x, axis=1), ops.argsort(i), *tops, ops.top_k(m, 1)[0], ops.median(x, axis=-1), ops.median(x, axis=1, keepdims=True),
        ops.median(x, axis=(1, 2)), ops.quantile(x, 0.3, axis=-1), ops.quantile(x, 0.3, axis=1, keepdims=True), ops.quantile(x, [0.1, 0.9], axis=1), ops.quantile(x, 0.3, axis=1, method="nearest"),
        ops.percentile(x, 30, axis=1, method="nearest"), ops.percentile(x, 30, axis=1, method="lower"), ops.percentile(x, 30, axis=1, method="higher"), ops.percentile(x, 30, axis=2, method="midpoint"), ops.percentile(x, 40, axis=-1), ops.nan_to_num(ops.median(gaps, axis=1)),
        ops.searchsorted(np.array([-1.0, 0.0, 0.5], "float32"), v[:, 0]), ops.searchsorted(np.array([-0.5, 0.5], "float32"), ops.floor(v[:, 1] * 2) / 2, side="right"), ops.digitize(x, np.array([-1.0, 0.0, 0.5])), *[ops.cast(f, "float32") for f in flags],
        ops.nanmedian(gaps, axis=1), ops.nanquantile(gaps, 0.3, axis=-1), ops.nanpercentile(gaps, [30, 60], axis=1),
    ]


def nans(x, y, p, v, i, m):
    gaps = ops.where(y > 0.7, float("nan"), x)
    return [
        ops.nansum(gaps, axis=-1), ops.nanmean(gaps, axis=1), ops.nanvar(gaps, axis=(1, 2)), ops.nanstd(gaps, axis=-1, keepdims=True), ops.nanmax(gaps, axis=1), ops.nanmin(gaps, axis=-1),
        ops.nanprod(gaps, axis=1), ops.nanargmax(gaps, axis=-1), ops.nanargmin(gaps, axis=1), ops.nancumsum(gaps, axis=1), ops.nancumprod(gaps, axis=-1),
        ops.cumprod(x, axis=-1), ops.cumprod(i, axis=1), ops.cumsum(i, axis=1), ops.diff(x), ops.diff(x, n=2, axis=1), ops.diff(i), ops.trapezoid(x), ops.trapezoid(x, dx=0.5, axis=1),
    ]


def matrices(x, y, p, v, i, m):
    square = ops.matmul(x, ops.transpose(x, (0, 2, 1))) + np.eye(4, dtype="float32")
    sign, size = ops.slogdet(square)
    return [
        ops.diagonal(x, axis1=1, axis2=2), ops.diagonal(m, offset=1, axis1=1, axis2=2), ops.trace(x, axis1=1, axis2=2), ops.trace(m, offset=-1, axis1=2, axis2=1), ops.kron(x, np.array([[[1.0, 2.0], [3.0, 4.0]]], "float32")),
        ops.kron(v, np.array([[1.0, -1.0]], "float32")), ops.vdot(v, v), ops.cross(x[:, :, :3], y[:, :, 3:]), ops.cross(x[:, :, :2], y[:, :, :3]), ops.cross(x[:, :, :2], y[:, :, :2]), ops.cross(x[:, :3], y[:, :3], axis=1),
        ops.vander(v[:, 0], N=3), ops.vander(v[:, 0], N=4, increasing=True), ops.det(square) / 100, ops.det(square[:, :3, :3]), ops.inv(square), ops.inv(square[:, :2, :2]), ops.solve(square, x), ops.solve(square[:, :3, :3], x[:, :3, :1]),
        ops.logdet(square), sign, size, keras.src.ops.math.CDist().symbolic_call(x, y[:, :3]),
    ]


def rearranging(x, y, p, v, i, m):
    fixed = ops.segment_sum(x, i[:, 0], num_segments=6)
    return [
        ops.rot90(x, axes=(1, 2)), ops.rot90(m, k=2, axes=(1, 2)), ops.rot90(m, k=3, axes=(2, 1)), ops.rearrange(fixed, "a b c -> c (a b)"), ops.rearrange(fixed, "a (h s) c -> a h (s c)", s=2),
        ops.extract_sequences(x, 3, 2), ops.slice_update(ops.stop_gradient(x), (0, 1, 2), ops.stop_gradient(y[:, :2, :3])), ops.select([x > 1, x > 0], [y, x * 2], default=0.5), ops.select([x > 0, y > 0], [x, y], p), ops.linspace(v, v + 2, num=5, axis=1),
        ops.linspace(x, y, num=3, axis=-1, endpoint=False), ops.logspace(v, v + 1, num=3, axis=1), ops.geomspace(p, p + 2, num=4), ops.geomspace(-p, -p - 1, num=5), ops.multi_hot(i, 6), *ops.unravel_index(i[:, 0], (2, 3)),
        ops.empty_like(x) * 0, ops.real(x), ops.imag(x), ops.conj(x), ops.conjugate(x), ops.array(x), ops.dstack([x, y]), *ops.array_split(x, 4, axis=-1), *ops.hsplit(x, 2),
        ops.dsplit(x, [2, 5])[1], ops.pad(x, ((0, 0), (1, 2), (3, 1)), mode="reflect"), ops.pad(x, ((0, 0), (1, 2), (3, 1)), mode="symmetric"),
        fixed, ops.segment_max(x, i[:, 0], num_segments=6) * np.array([1.0], "float32"), ops.vstack([fixed, fixed * 2]), ops.segment_min(x, i[:, 0], num_segments=6), ops.flipud(fixed), ops.vsplit(fixed, 3)[1],
        ops.full((2, 5), ops.sum(x)), ops.ndim(x), ops.size(fixed),
    ]


def spectra(x, y, p, v, i, m):
    return [
        *ops.fft((x, y)), *ops.fft2((x, y)), *ops.ifft2((x, y)), *ops.rfft(x), *ops.rfft(ops.stop_gradient(x), fft_length=5), *ops.rfft(ops.stop_gradient(x), fft_length=9), ops.irfft((x, y)), ops.irfft((x[..., :4], y[..., :4]), fft_length=7), *ops.stft(ops.reshape(x, (-1, 24)), 6, 3, 8),
        *ops.stft(ops.reshape(x, (-1, 24)), 8, 4, 8, window="hamming", center=False), *ops.stft(x, 4, 2, 4, window=None),
        ops.istft(ops.stft(ops.reshape(x, (-1, 24)), 6, 3, 8), 6, 3, 8),
    ]


def convolutions(x, y, p, v, i, m):
    # Keras 3.15.1 gives padding and output_padding in each other's place, so that its own node never runs.
    keras.src.ops.nn.ConvTranspose.call = lambda self, inputs, kernel: keras.src.backend.nn.conv_transpose(
        inputs, kernel, self.strides, self.padding, self.output_padding, self.data_format, self.dilation_rate
    )
    kernel = lambda *shape: np.cos(np.arange(np.prod(shape))).reshape(shape).astype("float32")
    return [
        ops.conv(m, kernel(2, 3, 2, 3)), ops.conv(x, kernel(3, 6, 4), strides=2, padding="same"), ops.conv(m, kernel(2, 2, 2, 4), padding="same", dilation_rate=2), ops.conv_transpose(m, kernel(3, 3, 4, 2), strides=2, padding="same"),
        ops.conv_transpose(x, kernel(3, 2, 6)), ops.depthwise_conv(m, kernel(3, 3, 2, 2)), ops.separable_conv(m, kernel(3, 3, 2, 2), kernel(1, 1, 4, 3), padding="same"), ops.adaptive_average_pool(m, (2, 2)), ops.adaptive_max_pool(m, (3, 2)),
        ops.adaptive_max_pool(x, (3,)), ops.binary_crossentropy(ops.sigmoid(y), ops.sigmoid(x)), ops.binary_crossentropy(ops.sigmoid(y), x, from_logits=True), ops.categorical_crossentropy(ops.softmax(y), x, from_logits=True),
        ops.categorical_crossentropy(ops.softmax(y), p), ops.sparse_categorical_crossentropy(i, x, from_logits=True), ops.sparse_categorical_crossentropy(i, ops.softmax(y)), ops.psnr(x, y, 2.0),
        ops.unfold(m, 2), ops.unfold(m, (2, 1), dilation=(1, 2), padding=(1, 0), stride=(2, 1)), ops.fold(ops.unfold(m, 2), (4, 2), 2),
    ]


def imaging(x, y, p, v, i, m):
    colours = ops.sigmoid(ops.concatenate([m, m[:, ::-1, :, :1]], axis=-1))
    return [
        ops.image.rgb_to_hsv(colours), ops.image.hsv_to_rgb(ops.stop_gradient(colours)), ops.image.crop_images(m, top_cropping=1, left_cropping=0, target_height=2, target_width=3), ops.image.crop_images(m, bottom_cropping=1, right_cropping=2, target_height=3, target_width=1),
        ops.image.pad_images(m, top_padding=1, left_padding=2, target_height=6, target_width=7), ops.image.extract_patches(m, 2), ops.image.extract_patches(m, (2, 3), strides=1, padding="same"), ops.image.gaussian_blur(m),
        ops.image.gaussian_blur(m, (3, 3), (0.7, 1.5)), ops.image.sobel_edges(m), ops.image.ssim(colours, colours[:, ::-1], filter_size=3), ops.image.resize(m, (2, 3), antialias=True),
        ops.image.affine_transform(ops.stop_gradient(m), np.array([0.9, 0.2, 0.3, -0.1, 1.1, 0.2, 0.0, 0.0], "float32"), fill_mode="reflect"), ops.image.affine_transform(ops.stop_gradient(m), np.array([1.0, 0.0, 1.0, 0.0, 1.0, -1.0, 0.0, 0.0], "float32"), interpolation="nearest", fill_value=2.0),
        ops.image.affine_transform(ops.stop_gradient(m), np.array([0.9, 0.2, 0.3, -0.1, 1.1, 0.2, 0.05, -0.02], "float32"), fill_mode="nearest"),
        ops.image.perspective_transform(ops.stop_gradient(m), np.array([[0, 0], [0, 3], [3, 0], [3, 3]], "float32"), np.array([[0.2, 0.1], [0.3, 2.8], [3, 0.2], [2.7, 3]], "float32")),
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
        tf.asin(0.5 * tf.tanh(v)), tf.acos(0.5 * tf.tanh(v)), tf.atan(v), tf.asinh(v), tf.acosh(1.5 + v * v), tf.atanh(0.5 * tf.tanh(v)), tf.atan2(v, 0.5 + v * v), tf.math.erfc(v), tf.math.erfinv(0.5 * tf.tanh(v)),
        tf.math.rint(v), tf.cast(tf.math.is_inf(v), "float32"), tf.cast(tf.math.is_finite(v), "float32"), tf.math.reciprocal_no_nan(v), tf.math.scalar_mul(2.0, v), tf.reduce_prod(x, axis=1),
        tf.math.reduce_euclidean_norm(x, axis=1), tf.math.count_nonzero(i, axis=1, dtype="int32"), tf.math.cumprod(v, axis=1), tf.sort(v), tf.argsort(v), tf.math.top_k(v, 2)[0], tf.math.top_k(v, 2)[1], tf.roll(v, 2, axis=1),
        tf.ensure_shape(v, (None, 6)), tf.stop_gradient(v) * v, tf.linalg.band_part(x[:, :, :3], 0, -1), tf.linalg.band_part(x[:, :, :3], -1, 0), tf.linalg.diag_part(x), tf.linalg.trace(x), tf.linalg.det(x[:, :2, :2]),
        tf.linalg.inv(x[:, :2, :2]), tf.image.flip_left_right(m[..., :1]), tf.image.flip_up_down(m[..., :1]), tf.image.rgb_to_grayscale(tf.concat([m, m], -1)[..., :3]), tf.image.extract_patches(m, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
        tf.nn.max_pool2d(m, 2, 2, "VALID"), tf.nn.avg_pool2d(m, 3, 2, "SAME"), tf.nn.conv2d(m, np.cos(np.arange(8)).reshape(2, 2, 2, 1).astype("float32"), 2, "SAME"), tf.pad(v, [[0, 0], [2, 1]], "REFLECT"),
        tf.reshape(m, [tf.shape(m)[0], 32]),
    ]


def tensor(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(f"{n:.7g}") for n in array.astype("float64").ravel()]}


def shape_of(said, given):
    """What Keras says before it computes; where it then computes another (adaptive pooling, slogdet in 3.15.1), that."""
    agree = len(said.shape) == len(given.shape) and all(s in (None, g) for s, g in zip(said.shape, given.shape))
    return list(said.shape) if agree else [None if axis == 0 and size == 3 else size for axis, size in enumerate(given.shape)]


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
        "shapes": [shape_of(o, given) for o, given in zip(model.outputs, outputs)],
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
    wanted = sys.argv[1:]
    for family in (arithmetic, comparison, reduction, shaping, joining, indexing, products, activations, normalization, network, images, inverses, exceptions, sorting, nans, matrices, rearranging, spectra, convolutions, imaging):
        if wanted and family.__name__ not in wanted:
            continue
        print(family.__name__)
        write(family.__name__, family)
