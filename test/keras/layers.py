"""Writes golden/layers/CLASS.json: what real Keras 3 computes for each layer, its gradients, and what training moves.

Run: KERAS_BACKEND=tensorflow python test/keras/layers.py [CLASS ...]
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from keras.src.applications import convnext, inception_resnet_v2
from tensorflow.python.ops import stateless_random_ops

HERE = pathlib.Path(__file__).parent / "golden" / "layers"
IMAGE = (2, 4, 5, 2)
SMALL_IMAGE = (2, 3, 4, 2)
STEPS = (2, 7, 4)
VOLUME = (2, 3, 4, 3, 2)


# Augmentations that are carried out in inference only, where they change nothing.
INFERENCE_ONLY = {
    "AugMix": {}, "CutMix": {}, "Equalization": {}, "MixUp": {}, "RandAugment": {}, "RandomElasticTransform": {}, "RandomPerspective": {},
}


def whole(rows):
    """Given integers instead of drawn numbers."""
    return np.asarray(rows, "int32")


def pixels(shape, low=0.0, high=1.0):
    """Given colors."""
    return (low + (high - low) * ((0.37 + np.arange(np.prod(shape)) * 0.7548777) % 1).reshape(shape)).round(4).astype("float32")


def texts(rows):
    """Given texts."""
    return np.asarray(rows, "str")


SENTENCES = texts([["The cat, sat!  on"], ["the DOG \u00c9 caf\u00e9\tx"], [""], ["a-b [UNK] the"], ["dog " * 20]])
WINDOW = [0.1, 0.75, 1.0, 0.5]
WORDS = texts([["cat", "", "Dog"], ["dog", "\u00fcber", "[UNK]"]])
LOOKED_UP = ["cat", "dog", "\u00fcber"]


CASES = {
    "Dense": [
        ("vector", lambda: L.Dense(3, activation="tanh"), [(2, 5)]),
        ("no bias", lambda: L.Dense(4, use_bias=False, kernel_initializer="he_normal"), [(3, 2)]),
        ("three axes", lambda: L.Dense(3, activation=L.LeakyReLU(negative_slope=0.1)), [(2, 3, 4)]),
        ("four axes", lambda: L.Dense(2, activation="softmax"), [(2, 3, 2, 4)]),
    ],
    "Flatten": [
        ("image", lambda: L.Flatten(), [(2, 3, 4, 2)]),
        ("channels first", lambda: L.Flatten(data_format="channels_first"), [(2, 3, 4, 2)]),
        ("scalar", lambda: L.Flatten(), [(3,)]),
        ("vector", lambda: L.Flatten(data_format="channels_first"), [(2, 3)]),
    ],
    "Reshape": [
        ("known", lambda: L.Reshape((3, 4)), [(2, 12)]),
        ("inferred", lambda: L.Reshape((-1, 2, 3)), [(2, 4, 6)]),
    ],
    "Activation": [
        ("relu", lambda: L.Activation("relu"), [(2, 7)]),
        ("softplus", lambda: L.Activation("softplus"), [(2, 3, 6)]),
    ],
    "ReLU": [
        ("plain", lambda: L.ReLU(), [(3, 5)]),
        ("all", lambda: L.ReLU(max_value=1.2, negative_slope=0.25, threshold=0.3), [(3, 9)]),
        ("maximum", lambda: L.ReLU(max_value=0.8), [(3, 5)]),
        ("six", lambda: L.ReLU(max_value=6.0), [(3, 5)]),
        ("slope", lambda: L.ReLU(negative_slope=0.5), [(3, 5)]),
    ],
    "LeakyReLU": [("default", lambda: L.LeakyReLU(), [(3, 5)]), ("slope", lambda: L.LeakyReLU(negative_slope=0.05), [(2, 3, 4)])],
    "ELU": [("default", lambda: L.ELU(), [(3, 5)]), ("alpha", lambda: L.ELU(alpha=0.4), [(3, 5)])],
    "Softmax": [
        ("last", lambda: L.Softmax(), [(3, 5)]),
        ("axis", lambda: L.Softmax(axis=1), [(2, 3, 4)]),
        ("list", lambda: L.Softmax(axis=[1, 2]), [(2, 3, 4)]),
        ("list of one", lambda: L.Softmax(axis=[-1]), [(2, 3)]),
    ],
    "Dropout": [
        ("half", lambda: L.Dropout(0.5), [(3, 4)]),
        ("none", lambda: L.Dropout(0.0), [(3, 4)]),
        ("rows", lambda: L.Dropout(0.4, noise_shape=(None, 1, 5)), [(2, 3, 5)]),
    ],
    "SpatialDropout1D": [("sequence", lambda: L.SpatialDropout1D(0.4), [(2, 4, 5)])],
    "SpatialDropout2D": [
        ("image", lambda: L.SpatialDropout2D(0.4), [(2, 3, 2, 5)]),
        ("channels first", lambda: L.SpatialDropout2D(0.4, data_format="channels_first"), [(2, 5, 3, 2)]),
    ],
    "SpatialDropout3D": [
        ("volume", lambda: L.SpatialDropout3D(0.4), [(2, 3, 2, 2, 3)]),
        ("channels first", lambda: L.SpatialDropout3D(0.4, data_format="channels_first"), [(2, 3, 3, 2, 2)]),
    ],
    "AlphaDropout": [
        ("some", lambda: L.AlphaDropout(0.35), [(3, 4)]),
        ("none", lambda: L.AlphaDropout(0.0), [(3, 4)]),
        ("rows", lambda: L.AlphaDropout(0.35, noise_shape=(None, 1, 4)), [(2, 3, 4)]),
    ],
    "GaussianDropout": [("some", lambda: L.GaussianDropout(0.3), [(3, 4)]), ("none", lambda: L.GaussianDropout(0.0), [(3, 4)])],
    "GaussianNoise": [("some", lambda: L.GaussianNoise(0.2), [(3, 4)]), ("none", lambda: L.GaussianNoise(0.0), [(3, 4)])],
    "LayerNormalization": [
        ("last", lambda: L.LayerNormalization(), [(3, 5)]),
        ("image", lambda: L.LayerNormalization(axis=[1, 2, 3], epsilon=1e-2), [(2, 3, 2, 2)]),
        ("middle", lambda: L.LayerNormalization(axis=1), [(2, 3, 4)]),
        ("uneven axes", lambda: L.LayerNormalization(axis=[3, 1]), [(2, 3, 2, 4)]),
        ("bare", lambda: L.LayerNormalization(center=False, scale=False), [(2, 3, 4)]),
        ("no scale", lambda: L.LayerNormalization(scale=False), [(2, 4)]),
        ("by deviation", lambda: L.LayerNormalization(rms_scaling=True), [(2, 3, 4)]),
    ],
    "RMSNormalization": [("last", lambda: L.RMSNormalization(), [(3, 5)]), ("axes", lambda: L.RMSNormalization(axis=[1, 2], epsilon=1e-3), [(2, 3, 4)])],
    "UnitNormalization": [("last", lambda: L.UnitNormalization(), [(3, 5)]), ("axes", lambda: L.UnitNormalization(axis=[1, 2]), [(2, 3, 4)])],
    "GroupNormalization": [
        ("image", lambda: L.GroupNormalization(groups=2), [(2, 3, 2, 4)]),
        ("each channel", lambda: L.GroupNormalization(groups=-1, epsilon=1e-2), [(2, 3, 2, 3)]),
        ("channels first", lambda: L.GroupNormalization(groups=3, axis=1), [(2, 6, 2, 3)]),
        ("middle", lambda: L.GroupNormalization(groups=2, axis=-2), [(2, 3, 4, 2)]),
        ("bare", lambda: L.GroupNormalization(groups=2, center=False, scale=False), [(2, 3, 4)]),
        ("one group", lambda: L.GroupNormalization(groups=1, center=False), [(2, 6)]),
    ],
    "SpectralNormalization": [
        ("dense", lambda: L.SpectralNormalization(L.Dense(3, name="inner", activation="tanh")), [(2, 4)]),
        ("convolution", lambda: L.SpectralNormalization(L.Conv2D(3, 2, name="inner"), power_iterations=3), [(2, 3, 4, 2)]),
        ("equation", lambda: L.SpectralNormalization(L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="e", name="inner")), [(2, 3, 4)]),
        ("no bias", lambda: L.SpectralNormalization(L.DepthwiseConv2D(2, depth_multiplier=2, use_bias=False, name="inner")), [(2, 3, 3, 2)]),
    ],
    "PReLU": [
        ("each place", lambda: L.PReLU(), [(2, 3, 4)]),
        ("shared", lambda: L.PReLU(shared_axes=[1, 2]), [(2, 3, 2, 4)]),
        ("one axis", lambda: L.PReLU(shared_axes=1), [(2, 3, 4)]),
    ],
    "Permute": [("three", lambda: L.Permute((3, 1, 2)), [(2, 3, 4, 5)]), ("two", lambda: L.Permute((2, 1)), [(2, 3, 4)])],
    "RepeatVector": [("three", lambda: L.RepeatVector(3), [(2, 4)]), ("one", lambda: L.RepeatVector(1), [(2, 4)])],
    "Cropping1D": [("sides", lambda: L.Cropping1D((1, 2)), [(2, 6, 3)]), ("default", lambda: L.Cropping1D(), [(2, 4, 3)])],
    "Cropping2D": [
        ("sides", lambda: L.Cropping2D(((1, 0), (0, 2))), [IMAGE]),
        ("one", lambda: L.Cropping2D(1), [IMAGE]),
        ("channels first", lambda: L.Cropping2D((1, 2), data_format="channels_first"), [(2, 2, 5, 6)]),
    ],
    "Cropping3D": [
        ("sides", lambda: L.Cropping3D(((1, 0), (0, 2), (1, 1))), [(2, 3, 4, 4, 2)]),
        ("channels first", lambda: L.Cropping3D(1, data_format="channels_first"), [(2, 2, 3, 4, 3)]),
    ],
    "UpSampling1D": [("two", lambda: L.UpSampling1D(), [(2, 3, 2)]), ("three", lambda: L.UpSampling1D(3), [(2, 2, 2)])],
    "UpSampling3D": [
        ("uneven", lambda: L.UpSampling3D((2, 1, 3)), [(2, 2, 3, 2, 2)]),
        ("channels first", lambda: L.UpSampling3D(2, data_format="channels_first"), [(1, 2, 2, 1, 2)]),
    ],
    "ZeroPadding1D": [
        ("one", lambda: L.ZeroPadding1D(), [(2, 3, 2)]),
        ("sides", lambda: L.ZeroPadding1D((0, 2)), [(2, 3, 2)]),
        ("channels first", lambda: L.ZeroPadding1D(2, data_format="channels_first"), [(2, 3, 2)]),
    ],
    "ZeroPadding3D": [
        ("one", lambda: L.ZeroPadding3D(), [(2, 1, 2, 3, 2)]),
        ("sides", lambda: L.ZeroPadding3D(((1, 0), (0, 2), (0, 0))), [(2, 2, 2, 1, 2)]),
        ("channels first", lambda: L.ZeroPadding3D((1, 0, 2), data_format="channels_first"), [(2, 2, 1, 2, 1)]),
    ],
    "Dot": [
        ("vectors", lambda: L.Dot(axes=1), [(3, 4), (3, 4)]),
        ("cosine", lambda: L.Dot(axes=-1, normalize=True), [(3, 4), (3, 4)]),
        ("matrices", lambda: L.Dot(axes=(2, 1)), [(2, 3, 4), (2, 4, 5)]),
        ("one axis", lambda: L.Dot(axes=1), [(2, 3, 4), (2, 3, 5)]),
        ("vector and matrix", lambda: L.Dot(axes=(1, 2)), [(2, 4), (2, 3, 4)]),
        ("matrix and vector", lambda: L.Dot(axes=(1, 1), normalize=True), [(2, 4, 3), (2, 4)]),
        ("high rank", lambda: L.Dot(axes=(2, 1)), [(2, 3, 4, 2), (2, 4, 3, 2)]),
    ],
    "UpSampling2D": [
        ("nearest", lambda: L.UpSampling2D((2, 3)), [SMALL_IMAGE]),
        ("bilinear", lambda: L.UpSampling2D((2, 3), interpolation="bilinear"), [SMALL_IMAGE]),
        ("bicubic", lambda: L.UpSampling2D(3, interpolation="bicubic"), [(1, 3, 4, 1)]),
        ("lanczos3", lambda: L.UpSampling2D(2, interpolation="lanczos3"), [(1, 3, 5, 1)]),
        ("lanczos5", lambda: L.UpSampling2D(2, interpolation="lanczos5"), [(1, 3, 4, 1)]),
        ("channels first", lambda: L.UpSampling2D(2, data_format="channels_first", interpolation="bilinear"), [(2, 2, 2, 3)]),
    ],
    "Resizing": [
        ("bilinear", lambda: L.Resizing(5, 3), [(2, 3, 4, 2)]),
        ("nearest", lambda: L.Resizing(5, 3, interpolation="nearest"), [(2, 3, 4, 2)]),
        ("bicubic", lambda: L.Resizing(4, 7, interpolation="bicubic"), [(1, 6, 5, 1)]),
        ("smoothed", lambda: L.Resizing(3, 2, antialias=True), [(1, 7, 5, 2)]),
        ("smoothed bicubic", lambda: L.Resizing(3, 7, interpolation="bicubic", antialias=True), [(1, 7, 5, 1)]),
        ("smoothed lanczos3", lambda: L.Resizing(3, 4, interpolation="lanczos3", antialias=True), [(1, 7, 5, 1)]),
        ("cropped", lambda: L.Resizing(2, 3, crop_to_aspect_ratio=True), [(2, 5, 4, 1)]),
        ("padded", lambda: L.Resizing(4, 3, pad_to_aspect_ratio=True, fill_value=0.5), [(2, 3, 5, 1)]),
        ("padded wide", lambda: L.Resizing(2, 5, pad_to_aspect_ratio=True), [(2, 4, 3, 1)]),
        ("channels first", lambda: L.Resizing(3, 4, data_format="channels_first"), [(2, 2, 4, 5)]),
        ("integers", lambda: L.Resizing(2, 4), [whole(np.arange(24).reshape(1, 4, 3, 2) ** 2 % 31 - 9)]),
        ("as it is", lambda: L.Resizing(3, 4, interpolation="lanczos3"), [(1, 3, 4, 2)]),
    ],
    "CenterCrop": [
        ("inside", lambda: L.CenterCrop(3, 2), [(2, 4, 5, 2)]),
        ("too small", lambda: L.CenterCrop(5, 3), [(2, 4, 5, 1)]),
        ("channels first", lambda: L.CenterCrop(2, 3, data_format="channels_first"), [(2, 2, 5, 4)]),
    ],
    "Normalization": [
        ("learnt", lambda: L.Normalization(), [(3, 4)]),
        ("learnt for places", lambda: L.Normalization(axis=(1, -1)), [(2, 3, 2, 2)]),
        ("learnt for all", lambda: L.Normalization(axis=None), [(2, 3)]),
        ("given", lambda: L.Normalization(mean=[1.0, 2.0, -1.0], variance=[0.5, 2.0, 0.25], axis=-1), [(2, 3)]),
        ("one number", lambda: L.Normalization(mean=3.0, variance=2.0), [(2, 2, 3)]),
        ("inverted", lambda: L.Normalization(mean=[1.0, 2.0], variance=[0.5, 2.0], axis=1, invert=True), [(2, 2, 3)]),
        ("fewer axes", lambda: L.Normalization(mean=[1.0, 2.0], variance=[0.5, 2.0], axis=(1, 2)), [(2, 3, 2, 2)]),
    ],
    "CategoryEncoding": [
        ("several", lambda: L.CategoryEncoding(4), [whole([[0, 1, 1], [3, 0, 2]])]),
        ("counts", lambda: L.CategoryEncoding(4, output_mode="count"), [whole([[0, 1, 1], [3, 0, 2]])]),
        ("one", lambda: L.CategoryEncoding(4, output_mode="one_hot"), [whole([[3], [1]])]),
        ("one of each", lambda: L.CategoryEncoding(4, output_mode="one_hot"), [whole([[3, 0], [1, 2]])]),
    ],
    "Discretization": [
        ("bins", lambda: L.Discretization([-1.0, 0.2, 0.9]), [(3, 4)]),
        ("of integers", lambda: L.Discretization([-1.0, 1.0, 3.0]), [whole([[-1, -2], [0, 1], [3, 4]])]),
        ("one", lambda: L.Discretization([-1.0, 0.5], output_mode="one_hot"), [(3, 1)]),
        ("several", lambda: L.Discretization([-0.3, 0.5], output_mode="multi_hot"), [(2, 3)]),
        ("counts", lambda: L.Discretization([-0.3, 0.5], output_mode="count"), [(2, 4)]),
    ],
    "LayerScale": [("channels", lambda: convnext.LayerScale(0.5, 3), [(2, 2, 3, 3)])],
    "StochasticDepth": [("some", lambda: convnext.StochasticDepth(0.4), [(3, 2, 2)]), ("none", lambda: convnext.StochasticDepth(0.0), [(3, 2)])],
    "CustomScaleLayer": [("two", lambda: inception_resnet_v2.CustomScaleLayer(0.17), [(2, 3)] * 2)],
    "RandomFlip": [
        ("both", lambda: L.RandomFlip(), [(3, 2, 3, 2)]),
        ("horizontal", lambda: L.RandomFlip("horizontal"), [(3, 2, 3, 2)]),
        ("vertical", lambda: L.RandomFlip("vertical", data_format="channels_first"), [(3, 2, 2, 3)]),
    ],
    "RandomBrightness": [
        ("range", lambda: L.RandomBrightness(0.2, value_range=(-1.0, 1.0)), [(3, 2, 3, 2)]),
        ("one way", lambda: L.RandomBrightness((0.1, 0.3)), [(2, 2, 3, 1)]),
    ],
    "RandomContrast": [
        ("range", lambda: L.RandomContrast(0.4, value_range=(-1.5, 1.5)), [(3, 2, 3, 2)]),
        ("bounds", lambda: L.RandomContrast((0.1, 0.5), value_range=(-3.0, 3.0), data_format="channels_first"), [(2, 2, 2, 3)]),
    ],
    "RandomRotation": [
        ("reflected", lambda: L.RandomRotation(0.1), [(3, 4, 5, 2)]),
        ("constant", lambda: L.RandomRotation((0.05, 0.3), fill_mode="constant", fill_value=0.5), [(2, 4, 3, 1)]),
        ("wrapped", lambda: L.RandomRotation(0.4, fill_mode="wrap"), [(3, 3, 4, 1)]),
        ("nearest", lambda: L.RandomRotation(0.2, fill_mode="nearest", interpolation="nearest", data_format="channels_first"), [(2, 1, 4, 5)]),
    ],
    "RandomTranslation": [
        ("reflected", lambda: L.RandomTranslation(0.4, 0.3), [(3, 3, 5, 2)]),
        ("far", lambda: L.RandomTranslation((-1.0, 0.9), (0.2, 0.95)), [(3, 3, 4, 1)]),
        ("constant", lambda: L.RandomTranslation(0.4, (-0.5, 0.2), fill_mode="constant", fill_value=-1.0), [(2, 4, 3, 1)]),
        ("wrapped", lambda: L.RandomTranslation(0.6, 0.7, fill_mode="wrap", interpolation="nearest"), [(3, 4, 4, 1)]),
    ],
    "RandomZoom": [
        ("one factor", lambda: L.RandomZoom(0.4), [(3, 4, 5, 1)]),
        ("two", lambda: L.RandomZoom((-0.5, 0.1), (0.1, 0.6), fill_mode="nearest"), [(2, 4, 5, 1)]),
        ("constant", lambda: L.RandomZoom((0.1, 0.7), fill_mode="constant", data_format="channels_first"), [(2, 1, 3, 4)]),
    ],
    "RandomCrop": [
        ("part", lambda: L.RandomCrop(2, 3), [(2, 5, 6, 2)]),
        ("too small", lambda: L.RandomCrop(4, 3), [(2, 3, 5, 1)]),
        ("channels first", lambda: L.RandomCrop(3, 2, data_format="channels_first"), [(2, 2, 4, 5)]),
    ],
    "RandomHue": [
        ("range", lambda: L.RandomHue(0.4, value_range=(0, 1)), [pixels((3, 2, 2, 3))]),
        ("bounds", lambda: L.RandomHue((0.3, 0.9), data_format="channels_first"), [pixels((2, 3, 2, 2), 0, 255)]),
        ("one factor", lambda: L.RandomHue((0.25, 0.25), value_range=(-1, 1)), [pixels((2, 2, 2, 3), -1, 1)]),
    ],
    "RandomSaturation": [
        ("range", lambda: L.RandomSaturation(0.8, value_range=(0, 1)), [pixels((3, 2, 2, 3))]),
        ("bounds", lambda: L.RandomSaturation((0.3, 0.7), value_range=(0, 1), data_format="channels_first"), [pixels((2, 3, 2, 2))]),
        ("one factor", lambda: L.RandomSaturation((0.75, 0.75), value_range=(0, 1)), [pixels((2, 2, 2, 3))]),
    ],
    "RandomGrayscale": [
        ("some", lambda: L.RandomGrayscale(0.6), [pixels((3, 2, 2, 3))]),
        ("all", lambda: L.RandomGrayscale(1.0, data_format="channels_first"), [pixels((2, 3, 2, 2))]),
        ("none", lambda: L.RandomGrayscale(0.0), [pixels((2, 2, 2, 3))]),
    ],
    "RandomInvert": [
        ("some", lambda: L.RandomInvert((0.4, 0.9), value_range=(0, 1)), [pixels((3, 2, 2, 1))]),
        ("all", lambda: L.RandomInvert((1.0, 1.0), data_format="channels_first"), [pixels((2, 2, 3, 2), 0, 255)]),
    ],
    "RandomColorDegeneration": [
        ("range", lambda: L.RandomColorDegeneration(0.7, value_range=(0.1, 0.9)), [pixels((3, 2, 2, 3))]),
        ("one factor", lambda: L.RandomColorDegeneration((0.3, 0.3), value_range=(0, 1), data_format="channels_first"), [pixels((2, 3, 2, 2))]),
    ],
    "Solarization": [
        ("both", lambda: L.Solarization(addition_factor=0.2, threshold_factor=(0.1, 0.6), value_range=(0, 1)), [pixels((3, 2, 3, 2))]),
        ("neither", lambda: L.Solarization(), [pixels((2, 2, 2, 3), 0, 255)]),
    ],
    "RandomSharpness": [
        ("range", lambda: L.RandomSharpness((0.1, 0.95), value_range=(0.1, 0.8)), [pixels((3, 3, 4, 2))]),
        ("one factor", lambda: L.RandomSharpness((0.8, 0.8), value_range=(0, 1), data_format="channels_first"), [pixels((2, 2, 4, 3))]),
    ],
    "RandomGaussianBlur": [
        ("some", lambda: L.RandomGaussianBlur(factor=(0.3, 1.0), kernel_size=3, sigma=(0.4, 0.9), value_range=(0, 1)), [pixels((3, 4, 3, 2))]),
        ("uneven", lambda: L.RandomGaussianBlur(factor=(1.0, 1.0), kernel_size=(3, 5), sigma=(0.7, 0.7), value_range=(0.1, 0.9), data_format="channels_first"), [pixels((2, 2, 4, 5))]),
    ],
    "RandomPosterization": [
        ("range", lambda: L.RandomPosterization((2, 7)), [pixels((3, 2, 3, 2), 0, 255)]),
        ("one factor", lambda: L.RandomPosterization((3, 3), value_range=(0, 1), data_format="channels_first"), [pixels((2, 2, 3, 2))]),
        ("all bits", lambda: L.RandomPosterization((8, 8)), [pixels((2, 2, 3, 1), 0, 255)]),
    ],
    "RandomShear": [
        ("reflected", lambda: L.RandomShear(0.3, 0.2), [(3, 4, 5, 2)]),
        ("constant", lambda: L.RandomShear((0.1, 0.6), 0.0, fill_mode="constant", fill_value=0.5, data_format="channels_first"), [(2, 1, 4, 3)]),
        ("nearest", lambda: L.RandomShear(0.0, (0.2, 0.4), fill_mode="nearest", interpolation="nearest"), [(2, 4, 4, 1)]),
    ],
    "RandomErasing": [
        ("one color", lambda: L.RandomErasing(factor=(0.4, 1.0), scale=(0.1, 0.6), fill_value=0.25, value_range=(0, 1)), [pixels((3, 4, 5, 2))]),
        ("three channels", lambda: L.RandomErasing(factor=(1.0, 1.0), scale=(0.3, 0.3), fill_value=(0.5, 2.0, -1.0), value_range=(0, 1)), [pixels((2, 3, 4, 3))]),
        ("noise", lambda: L.RandomErasing(factor=(1.0, 1.0), scale=(0.2, 0.9), value_range=(0, 1)), [pixels((2, 3, 4, 1))]),
    ],
    "RandomColorJitter": [
        ("all", lambda: L.RandomColorJitter(value_range=(0, 1), brightness_factor=(0.0, 0.1), contrast_factor=0.3, saturation_factor=(0.3, 0.6), hue_factor=0.2), [pixels((3, 2, 2, 3), 0.2, 0.8)]),
        ("some", lambda: L.RandomColorJitter(value_range=(0, 1), brightness_factor=0.2, hue_factor=(0.1, 0.4)), [pixels((2, 2, 2, 3), 0.2, 0.8)]),
    ],
    "Pipeline": [
        ("scaled and cut", lambda: L.Pipeline([L.Rescaling(0.5, offset=0.25), L.CenterCrop(2, 3), L.Normalization(mean=[0.1, 0.2], variance=[0.5, 2.0])]), [IMAGE]),
        ("random", lambda: L.Pipeline([L.RandomFlip(), L.RandomBrightness(0.2, value_range=(-1.0, 1.0)), L.Flatten()]), [SMALL_IMAGE]),
    ],
    "AutoContrast": [
        ("image", lambda: L.AutoContrast(value_range=(-1.0, 1.0)), [(2, 3, 4, 2)]),
        ("channels first", lambda: L.AutoContrast(data_format="channels_first"), [(2, 2, 3, 4)]),
    ],
    "IntegerLookup": [
        ("places", lambda: L.IntegerLookup(vocabulary=[7, -3, 12]), [whole([[7, 5], [12, -3]])]),
        ("masked", lambda: L.IntegerLookup(vocabulary=[7, 3, 12], mask_token=0, num_oov_indices=3), [whole([[7, 0, -4], [12, 5, 1]])]),
        ("special tokens stated", lambda: L.IntegerLookup(vocabulary=[0, -1, 7, 3], mask_token=0, oov_token=-1), [whole([[7, 0], [3, 5]])]),
        ("several", lambda: L.IntegerLookup(vocabulary=[7, 3], output_mode="multi_hot"), [whole([[7, 7, 1], [3, 3, 3]])]),
        ("counts", lambda: L.IntegerLookup(vocabulary=[7, 3], output_mode="count", max_tokens=6, pad_to_max_tokens=True), [whole([[7, 7, 1], [3, 3, 3]])]),
        ("one", lambda: L.IntegerLookup(vocabulary=[7, 3], output_mode="one_hot", num_oov_indices=0), [whole([[7], [3]])]),
        ("masked and counted", lambda: L.IntegerLookup(vocabulary=[7, 3], mask_token=0, output_mode="count", num_oov_indices=2), [whole([[7, 0, 1], [-3, 3, 0]])]),
        ("weighed", lambda: L.IntegerLookup(vocabulary=[7, 3], output_mode="tf_idf", idf_weights=[0.5, 0.25]), [whole([[7, 7, 1], [3, 3, 3]])]),
        ("weighed, special tokens stated", lambda: L.IntegerLookup(vocabulary=[-1, 7, 3], output_mode="tf_idf", idf_weights=[0.9, 0.5, 0.25], max_tokens=5, pad_to_max_tokens=True), [whole([[7, 7, 1], [3, 3, 3]])]),
        ("inverted", lambda: L.IntegerLookup(vocabulary=[7, 3, 12], invert=True, mask_token=0), [whole([[2, 0, 4], [1, 5, -1]])]),
        ("large tokens", lambda: L.IntegerLookup(vocabulary=[123456789, 123456790, -2000000000]), [whole([[123456790, 123456789], [-2000000000, 123456791]])]),
    ],
    # Windows by name need SciPy.
    "STFTSpectrogram": [
        ("log", lambda: L.STFTSpectrogram(frame_length=4, window=WINDOW, frame_step=2), [(2, 9, 2)]),
        ("magnitude as images", lambda: L.STFTSpectrogram(mode="magnitude", frame_length=3, window=WINDOW[1:], fft_length=4, padding="same", expand_dims=True), [(2, 5, 2)]),
        ("power, channels first", lambda: L.STFTSpectrogram(mode="psd", frame_length=4, window=WINDOW, frame_step=3, data_format="channels_first", scaling=None), [(2, 2, 8)]),
        ("real", lambda: L.STFTSpectrogram(mode="real", frame_length=4, window=WINDOW, frame_step=1, fft_length=6), [(2, 5, 1)]),
        ("imaginary, channels first", lambda: L.STFTSpectrogram(mode="imag", frame_length=4, window=WINDOW, data_format="channels_first", expand_dims=True), [(2, 2, 7)]),
        ("both", lambda: L.STFTSpectrogram(mode="stft", frame_length=4, window=WINDOW, frame_step=2, expand_dims=True), [(2, 6, 1)]),
    ],
    "MelSpectrogram": [
        ("in decibels", lambda: L.MelSpectrogram(fft_length=8, sequence_stride=4, num_mel_bins=3), [(2, 12)]),
        ("power", lambda: L.MelSpectrogram(fft_length=8, sequence_stride=3, sequence_length=6, window="hamming", num_mel_bins=3, min_freq=300.0, max_freq=6000, power_to_db=False), [(2, 12)]),
        ("magnitude", lambda: L.MelSpectrogram(fft_length=9, sequence_stride=4, sequence_length=7, sampling_rate=8000, num_mel_bins=2, mag_exp=1.0, power_to_db=False), [(2, 10)]),
        ("cut off", lambda: L.MelSpectrogram(fft_length=8, sequence_stride=4, num_mel_bins=3, top_db=6.0, ref_power=4.0, mag_exp=1.5, window=None), [(2, 12)]),
    ],
    "StringLookup": [
        ("places", lambda: L.StringLookup(vocabulary=LOOKED_UP), [WORDS]),
        ("masked", lambda: L.StringLookup(vocabulary=LOOKED_UP, mask_token="", num_oov_indices=3), [WORDS]),
        ("special tokens stated", lambda: L.StringLookup(vocabulary=["", "[UNK]", "cat"], mask_token=""), [WORDS]),
        ("salted", lambda: L.StringLookup(vocabulary=LOOKED_UP, num_oov_indices=7, salt=[133, -137]), [WORDS]),
        ("one", lambda: L.StringLookup(vocabulary=LOOKED_UP, output_mode="one_hot"), [WORDS]),
        ("one in a column", lambda: L.StringLookup(vocabulary=LOOKED_UP, output_mode="one_hot", mask_token=""), [texts([["cat"], [""], ["x"]])]),
        ("several", lambda: L.StringLookup(vocabulary=LOOKED_UP, output_mode="multi_hot", mask_token="dog "), [WORDS]),
        ("counts", lambda: L.StringLookup(vocabulary=LOOKED_UP, output_mode="count", max_tokens=6, pad_to_max_tokens=True, mask_token=""), [WORDS]),
        ("weighed", lambda: L.StringLookup(vocabulary=LOOKED_UP, output_mode="tf_idf", idf_weights=[0.5, 0.25, 2.0], num_oov_indices=2), [WORDS]),
    ],
    "TextVectorization": [
        ("cut off", lambda: L.TextVectorization(vocabulary=["the", "dog", "cat"], output_sequence_length=3), [SENTENCES]),
        ("filled up", lambda: L.TextVectorization(vocabulary=["the", "dog", "caf\u00e9"], output_sequence_length=24), [SENTENCES[:, 0]]),
        ("grams of up to two", lambda: L.TextVectorization(vocabulary=["the", "the dog", "dog dog"], ngrams=2, output_sequence_length=9), [SENTENCES]),
        ("grams of one and three", lambda: L.TextVectorization(vocabulary=["the cat sat", "dog"], ngrams=(3, 1), output_sequence_length=6), [SENTENCES]),
        ("characters", lambda: L.TextVectorization(vocabulary=["t", "e", " ", "\u00e9"], split="character", standardize="lower", output_sequence_length=20), [SENTENCES]),
        ("as they are", lambda: L.TextVectorization(vocabulary=["The", "cat,"], standardize=None, output_sequence_length=4), [SENTENCES]),
        ("without punctuation", lambda: L.TextVectorization(vocabulary=["The", "ab", "UNK"], standardize="strip_punctuation", output_sequence_length=4), [SENTENCES]),
        ("words apart", lambda: L.TextVectorization(vocabulary=["dog", "cat"], split=None, output_sequence_length=2), [WORDS]),
        ("several", lambda: L.TextVectorization(vocabulary=["dog", "cat"], output_mode="multi_hot", max_tokens=6, pad_to_max_tokens=True), [SENTENCES[:, 0]]),
        ("counts", lambda: L.TextVectorization(vocabulary=["dog", "cat"], output_mode="count", ngrams=2), [SENTENCES[:, 0]]),
        ("weighed", lambda: L.TextVectorization(vocabulary=["dog", "cat"], output_mode="tf_idf", idf_weights=[0.5, 0.75]), [SENTENCES[:, 0]]),
    ],
    "Hashing": [
        ("texts", lambda: L.Hashing(11), [texts([["", "a", "abc"], ["abcde", "abcdefghij", "k" * 17], ["l" * 33, "m" * 65, "n" * 130]])]),
        ("integers", lambda: L.Hashing(11), [whole([[0, -5], [123456789, 7]])]),
        ("masked", lambda: L.Hashing(5, mask_value="cat"), [WORDS]),
        ("salted", lambda: L.Hashing(100, salt=[133, 137], mask_value=7), [whole([[0, -5], [123456789, 7]])]),
        ("salted by one number", lambda: L.Hashing(100, salt=9), [texts([["", "a", "abcdefg"], ["abcdefgh", "abcdefghi", "k" * 17]])]),
        ("one", lambda: L.Hashing(6, output_mode="one_hot"), [texts([["cat"], ["dog"]])]),
        ("several", lambda: L.Hashing(6, output_mode="multi_hot"), [WORDS]),
        ("counts", lambda: L.Hashing(3, output_mode="count"), [whole([[0, -5, 4], [1, 2, 3]])]),
        ("numbers", lambda: L.Hashing(9), [np.asarray([[1.5, -2.75], [0.25, 1e9]], "float32")]),
    ],
    "HashedCrossing": [
        ("texts and integers", lambda: L.HashedCrossing(1000), [texts(["a", "b", "b"]), whole([5, -3, 7])]),
        ("three in columns", lambda: L.HashedCrossing(1000), [texts([["a"], ["b"]]), texts([["x"], [""]]), whole([[5], [7]])]),
        ("one", lambda: L.HashedCrossing(5, output_mode="one_hot"), [whole([[5], [7]]), whole([[1], [7]])]),
    ],
    **{name: [("inference", lambda name=name: getattr(L, name)(**INFERENCE_ONLY[name]), [(2, 3, 4, 3)])] for name in INFERENCE_ONLY},
    "Conv1D": [
        ("valid", lambda: L.Conv1D(3, 3, strides=2), [STEPS]),
        ("same", lambda: L.Conv1D(3, 4, padding="same", activation="tanh"), [STEPS]),
        ("causal", lambda: L.Conv1D(2, 3, padding="causal", dilation_rate=2), [STEPS]),
        ("causal strided", lambda: L.Conv1D(2, 2, padding="causal", strides=3, use_bias=False), [STEPS]),
        ("groups", lambda: L.Conv1D(4, 2, groups=2), [STEPS]),
        ("channels first", lambda: L.Conv1D(3, 2, padding="causal", data_format="channels_first"), [(2, 4, 7)]),
    ],
    "Conv3D": [
        ("valid", lambda: L.Conv3D(2, (2, 1, 2)), [VOLUME]),
        ("same strided", lambda: L.Conv3D(2, 2, strides=(1, 2, 2), padding="same"), [VOLUME]),
        ("dilated", lambda: L.Conv3D(1, 2, dilation_rate=(1, 2, 1), use_bias=False), [VOLUME]),
        # Three filters on rows of two: where both are equal, Keras on TensorFlow adds the bias along the row.
        ("channels first", lambda: L.Conv3D(3, 2, data_format="channels_first"), [(2, 2, 2, 3, 3)]),
    ],
    "Conv1DTranspose": [
        ("valid", lambda: L.Conv1DTranspose(3, 3, strides=2), [STEPS]),
        ("same", lambda: L.Conv1DTranspose(3, 3, strides=2, padding="same"), [STEPS]),
        ("output padding", lambda: L.Conv1DTranspose(2, 3, strides=3, padding="same", output_padding=1), [(2, 3, 2)]),
        ("channels first", lambda: L.Conv1DTranspose(3, 4, strides=2, padding="same", data_format="channels_first"), [(2, 3, 4)]),
    ],
    "Conv2DTranspose": [
        ("valid", lambda: L.Conv2DTranspose(3, (2, 3)), [SMALL_IMAGE]),
        ("same strided", lambda: L.Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu"), [SMALL_IMAGE]),
        ("wide stride", lambda: L.Conv2DTranspose(2, 2, strides=(3, 1)), [SMALL_IMAGE]),
        ("output padding", lambda: L.Conv2DTranspose(2, 3, strides=(3, 2), padding="same", output_padding=(1, 0)), [SMALL_IMAGE]),
        ("valid output padding", lambda: L.Conv2DTranspose(2, 2, strides=2, output_padding=1, use_bias=False), [SMALL_IMAGE]),
        ("even window", lambda: L.Conv2DTranspose(2, 4, strides=2, padding="same"), [SMALL_IMAGE]),
        ("channels first", lambda: L.Conv2DTranspose(3, 3, strides=2, padding="same", data_format="channels_first"), [(2, 2, 3, 4)]),
    ],
    "Conv3DTranspose": [
        ("same", lambda: L.Conv3DTranspose(2, (2, 3, 2), strides=(1, 2, 2), padding="same"), [(2, 2, 2, 3, 2)]),
        ("valid", lambda: L.Conv3DTranspose(1, 2, strides=(2, 1, 1)), [(2, 2, 2, 3, 2)]),
    ],
    "DepthwiseConv1D": [
        ("valid", lambda: L.DepthwiseConv1D(3), [STEPS]),
        ("same strided", lambda: L.DepthwiseConv1D(3, strides=2, padding="same", depth_multiplier=2, activation="relu"), [STEPS]),
        ("dilated", lambda: L.DepthwiseConv1D(2, dilation_rate=3, use_bias=False), [STEPS]),
    ],
    "DepthwiseConv2D": [
        ("valid", lambda: L.DepthwiseConv2D((2, 3)), [IMAGE]),
        ("same strided", lambda: L.DepthwiseConv2D(3, strides=2, padding="same", activation="relu6"), [IMAGE]),
        ("multiplier", lambda: L.DepthwiseConv2D(2, depth_multiplier=3, use_bias=False), [SMALL_IMAGE]),
        ("dilated", lambda: L.DepthwiseConv2D(2, dilation_rate=2, padding="same"), [IMAGE]),
        ("strided and dilated", lambda: L.DepthwiseConv2D(2, strides=2, dilation_rate=2, padding="same"), [IMAGE]),
        ("channels first", lambda: L.DepthwiseConv2D(2, data_format="channels_first"), [(2, 3, 4, 5)]),
    ],
    "SeparableConv1D": [
        ("valid", lambda: L.SeparableConv1D(3, 3), [STEPS]),
        ("same strided", lambda: L.SeparableConv1D(2, 3, strides=2, padding="same", depth_multiplier=2, use_bias=False), [STEPS]),
        ("channels first", lambda: L.SeparableConv1D(2, 2, data_format="channels_first", activation="tanh"), [(2, 3, 5)]),
    ],
    "SeparableConv2D": [
        ("valid", lambda: L.SeparableConv2D(3, (2, 3)), [IMAGE]),
        ("same strided", lambda: L.SeparableConv2D(3, 3, strides=2, padding="same", depth_multiplier=2, activation="relu"), [IMAGE]),
        ("dilated", lambda: L.SeparableConv2D(2, 2, dilation_rate=2, use_bias=False), [IMAGE]),
        ("channels first", lambda: L.SeparableConv2D(2, 2, data_format="channels_first"), [(2, 3, 4, 5)]),
    ],
    "MaxPooling1D": [("valid", lambda: L.MaxPooling1D(), [STEPS]), ("same", lambda: L.MaxPooling1D(3, strides=2, padding="same"), [STEPS]),
                     ("channels first", lambda: L.MaxPooling1D(2, strides=1, data_format="channels_first"), [(2, 3, 5)])],
    "AveragePooling1D": [("valid", lambda: L.AveragePooling1D(2), [STEPS]), ("same", lambda: L.AveragePooling1D(3, strides=2, padding="same"), [STEPS]),
                         ("channels first", lambda: L.AveragePooling1D(2, padding="same", data_format="channels_first"), [(2, 3, 5)])],
    "MaxPooling3D": [("valid", lambda: L.MaxPooling3D((1, 2, 2)), [VOLUME]), ("same", lambda: L.MaxPooling3D(2, strides=(2, 1, 2), padding="same"), [VOLUME]),
                     ("channels first", lambda: L.MaxPooling3D(2, data_format="channels_first"), [(2, 2, 2, 4, 3)])],
    "AveragePooling3D": [("valid", lambda: L.AveragePooling3D((1, 2, 2)), [VOLUME]), ("same", lambda: L.AveragePooling3D(2, strides=2, padding="same"), [VOLUME])],
    "GlobalAveragePooling1D": [
        ("last", lambda: L.GlobalAveragePooling1D(), [STEPS]),
        ("channels first", lambda: L.GlobalAveragePooling1D(data_format="channels_first", keepdims=True), [(2, 3, 4)]),
    ],
    "GlobalMaxPooling1D": [
        ("last", lambda: L.GlobalMaxPooling1D(), [STEPS]),
        ("channels first", lambda: L.GlobalMaxPooling1D(data_format="channels_first", keepdims=True), [(2, 3, 4)]),
    ],
    "GlobalAveragePooling3D": [
        ("last", lambda: L.GlobalAveragePooling3D(), [VOLUME]),
        ("channels first", lambda: L.GlobalAveragePooling3D(data_format="channels_first", keepdims=True), [(2, 3, 2, 3, 2)]),
    ],
    "GlobalMaxPooling3D": [("last", lambda: L.GlobalMaxPooling3D(), [VOLUME]), ("kept", lambda: L.GlobalMaxPooling3D(keepdims=True), [VOLUME])],
    "AdaptiveAveragePooling1D": [("uneven", lambda: L.AdaptiveAveragePooling1D(3), [STEPS]), ("even", lambda: L.AdaptiveAveragePooling1D(2), [(2, 6, 3)])],
    "AdaptiveMaxPooling1D": [("uneven", lambda: L.AdaptiveMaxPooling1D(3), [STEPS]), ("channels first", lambda: L.AdaptiveMaxPooling1D(2, data_format="channels_first"), [(2, 3, 5)])],
    "AdaptiveAveragePooling2D": [
        ("uneven", lambda: L.AdaptiveAveragePooling2D((2, 4)), [IMAGE]),
        ("channels first", lambda: L.AdaptiveAveragePooling2D(3, data_format="channels_first"), [(2, 2, 5, 6)]),
    ],
    "AdaptiveMaxPooling2D": [
        ("uneven", lambda: L.AdaptiveMaxPooling2D((2, 4)), [IMAGE]),
        ("channels first", lambda: L.AdaptiveMaxPooling2D(3, data_format="channels_first"), [(2, 2, 5, 6)]),
    ],
    "AdaptiveAveragePooling3D": [("uneven", lambda: L.AdaptiveAveragePooling3D((2, 1, 3)), [(2, 3, 4, 5, 2)])],
    "AdaptiveMaxPooling3D": [("uneven", lambda: L.AdaptiveMaxPooling3D((2, 2, 3)), [(2, 3, 4, 5, 2)])],
    "BatchNormalization": [
        ("image", lambda: L.BatchNormalization(momentum=0.9, epsilon=1e-2), [(2, 3, 4, 3)]),
        ("vector", lambda: L.BatchNormalization(), [(5, 4)]),
        ("bare", lambda: L.BatchNormalization(center=False, scale=False, momentum=0.5), [(4, 3)]),
        ("no scale", lambda: L.BatchNormalization(scale=False), [(4, 3)]),
        ("channels first", lambda: L.BatchNormalization(axis=1), [(2, 3, 4, 5)]),
        ("frozen", lambda: L.BatchNormalization(trainable=False), [(4, 3)]),
    ],
    "Conv2D": [
        ("valid", lambda: L.Conv2D(3, (2, 3)), [IMAGE]),
        ("same strided", lambda: L.Conv2D(3, 3, strides=2, padding="same", activation="relu"), [IMAGE]),
        ("uneven strides", lambda: L.Conv2D(2, (3, 2), strides=(3, 2), padding="same"), [IMAGE]),
        ("dilated", lambda: L.Conv2D(2, 2, dilation_rate=(2, 3), padding="same", use_bias=False), [IMAGE]),
        ("groups", lambda: L.Conv2D(6, 2, groups=2, padding="valid"), [(2, 3, 4, 4)]),
        ("channels first", lambda: L.Conv2D(3, 2, data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "MaxPooling2D": [
        ("valid", lambda: L.MaxPooling2D(), [IMAGE]),
        ("same", lambda: L.MaxPooling2D((3, 2), strides=(2, 1), padding="same"), [IMAGE]),
        ("channels first", lambda: L.MaxPooling2D(2, data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "AveragePooling2D": [
        ("valid", lambda: L.AveragePooling2D(2), [IMAGE]),
        ("same", lambda: L.AveragePooling2D(3, strides=2, padding="same"), [IMAGE]),
        ("channels first", lambda: L.AveragePooling2D((2, 3), strides=1, padding="same", data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "GlobalAveragePooling2D": [
        ("last", lambda: L.GlobalAveragePooling2D(), [IMAGE]),
        ("kept", lambda: L.GlobalAveragePooling2D(keepdims=True), [IMAGE]),
        ("channels first", lambda: L.GlobalAveragePooling2D(data_format="channels_first", keepdims=True), [(2, 4, 5, 6)]),
    ],
    "GlobalMaxPooling2D": [("last", lambda: L.GlobalMaxPooling2D(), [IMAGE]), ("kept", lambda: L.GlobalMaxPooling2D(keepdims=True), [IMAGE])],
    "ZeroPadding2D": [
        ("one", lambda: L.ZeroPadding2D(), [IMAGE]),
        ("sides", lambda: L.ZeroPadding2D(((1, 0), (2, 3))), [IMAGE]),
        ("channels first", lambda: L.ZeroPadding2D((1, 2), data_format="channels_first"), [(2, 4, 5, 6)]),
    ],
    "Add": [("three", lambda: L.Add(), [(2, 3, 4)] * 3), ("broadcast", lambda: L.Add(), [(2, 3, 4), (2, 1, 4)]), ("ranks", lambda: L.Add(), [(2, 3, 4), (2, 4)])],
    "Subtract": [("two", lambda: L.Subtract(), [(2, 3)] * 2)],
    "Multiply": [("two", lambda: L.Multiply(), [(2, 3)] * 2), ("ranks", lambda: L.Multiply(), [(2, 4), (2, 3, 5, 4)])],
    "Average": [("three", lambda: L.Average(), [(2, 3)] * 3)],
    "Maximum": [("three", lambda: L.Maximum(), [(2, 3)] * 3)],
    "Minimum": [("three", lambda: L.Minimum(), [(2, 3)] * 3)],
    "Concatenate": [("last", lambda: L.Concatenate(), [(2, 3), (2, 4)]), ("axis", lambda: L.Concatenate(axis=1), [(2, 3, 4), (2, 1, 4), (2, 2, 4)])],
    "Rescaling": [
        ("scalar", lambda: L.Rescaling(1 / 127.5, offset=-1), [(2, 3)]),
        ("channels", lambda: L.Rescaling([0.5, 2.0, -1.0], offset=[0.0, 1.0, 2.0]), [(2, 2, 2, 3)]),
    ],
    "Identity": [("any", lambda: L.Identity(), [(2, 3)])],
    "ActivityRegularization": [("both", lambda: L.ActivityRegularization(l1=0.1, l2=0.2), [(4, 3)])],
    "InputLayer": [("image", lambda: L.InputLayer(shape=(5, None, 3)), [(2, 5, 6, 3)])],
}

# TensorFlow's gradient of these maps what comes back by the inverse, which is not the exact transpose.
INVERTED = {"RandomRotation", "RandomTranslation", "RandomZoom", "RandomShear"}

# TensorFlow has no gradient of HSVToRGB.
UNDIFFERENTIATED = {"RandomHue", "RandomSaturation", "RandomColorJitter"}

# Variables that no gradient moves.
STATES = {"vector_u", "moving_mean", "moving_variance", "mean", "variance", "count"}


def numbers(array):
    array = np.asarray(array, "float32")
    return {"shape": list(array.shape), "data": [float(f"{v:.7g}") for v in array.ravel()]}


def trained(layer, call, inputs, seeds):
    """Output, gradients of sum(output * seeds) and what the non-trainable variables hold afterwards."""
    with tf.GradientTape() as tape:
        tensors = [tf.convert_to_tensor(i) for i in inputs]
        tape.watch([t for t in tensors if t.dtype.is_floating])
        output = call(tensors)
        output = tf.cast(output, "float32")
        loss = tf.reduce_sum(output * seeds)
    wrt = tensors + [w.value for w in layer.trainable_weights]
    try:
        gradients = tape.gradient(loss, wrt)
    except LookupError:
        if type(layer).__name__ not in UNDIFFERENTIATED:
            raise
        gradients = [None] * len(wrt)
    grads = [np.zeros(w.shape, "float32") if g is None else g for g, w in zip(gradients, wrt)]
    return {
        "output": numbers(output),
        "inputGradients": [numbers(g) for g in grads[: len(tensors)]],
        "weightGradients": {variable_name(w): numbers(g) for w, g in zip(layer.trainable_weights, grads[len(tensors):])},
        "moved": {w.name: numbers(w) for w in layer.non_trainable_weights + replaced(layer) if "seed_generator_state" not in w.name},
    }


def replaced(layer):
    """Trainable variables that a call in training sets."""
    return [layer.kernel] if isinstance(layer, L.SpectralNormalization) else []


def compiled(layer, call):
    """TensorFlow's own kernels take channels first on a GPU only; XLA's take it anywhere."""
    first = getattr(layer, "data_format", None) == "channels_first" and ("Conv" in type(layer).__name__ or "Pooling" in type(layer).__name__)
    return tf.function(call, jit_compile=True) if first else call


# Layers that read texts and integers as they lie in the data: nothing has a gradient.
ON_HOST = {"StringLookup", "TextVectorization", "Hashing", "HashedCrossing"}


def given(array):
    if array.dtype.kind == "U":
        return {"dtype": "string", "shape": list(array.shape), "texts": [str(t) for t in array.ravel()]}
    if array.dtype == "int32":
        return {"dtype": "int32", "shape": list(array.shape), "data": [int(v) for v in array.ravel()]}
    return numbers(array)


def host_case(name, layer, inputs):
    tensors = [tf.constant(i) for i in inputs]
    output = np.asarray(layer(tensors if len(tensors) > 1 else tensors[0]))
    return {"name": name, "config": keras.saving.serialize_keras_object(layer)["config"], "trainable": layer.trainable, "onHost": True, "inputs": [given(i) for i in inputs],
            "outputShape": [None, *output.shape[1:]], "inference": {"output": numbers(output)}}


def case(name, make, shapes, rng):
    layer = make()
    if type(layer).__name__ in ON_HOST:
        return host_case(name, layer, shapes)
    inputs = [s if isinstance(s, np.ndarray) else rng.normal(size=s).round(3).astype("float32") for s in shapes]
    shapes = [i.shape for i in inputs]
    if isinstance(layer, L.InputLayer):
        call = lambda xs: tf.identity(xs[0])
    else:
        layer.build([tuple(s) for s in shapes] if len(shapes) > 1 else tuple(shapes[0]))
        call = None
    for weight in layer.weights:
        if "int" in str(weight.dtype):
            continue
        low = 0.5 if "variance" in weight.name else -1.0
        weight.assign(rng.uniform(low, 1.5, weight.shape).round(3).astype("float32"))
    if isinstance(layer, L.Normalization):
        layer.finalize_state()
    # Layers that draw keep the state of a generator, which the host does for ours.
    own = sorted((w for w in layer.weights if "seed_generator_state" not in w.name), key=lambda w: w.name in STATES)
    weights = [{"name": variable_name(w), "trainable": w.name not in STATES, **numbers(w)} for w in own]
    run = lambda training: call or compiled(layer, lambda xs: layer(xs if len(xs) > 1 else xs[0], training=training))
    first = np.asarray(run(False)([tf.convert_to_tensor(i) for i in inputs]))
    seeds = rng.normal(size=first.shape).round(2).astype("float32")
    inference = trained(layer, run(False), inputs, seeds)
    result = {"name": name, "config": keras.saving.serialize_keras_object(layer)["config"], "trainable": layer.trainable,
              "inputs": [given(i) for i in inputs], "weights": weights, "seeds": numbers(seeds), "inference": inference}
    if type(layer).__name__ in INFERENCE_ONLY:
        result["training"] = None
    else:
        add_training(result, layer, run, inputs, seeds, rng)
    result["outputShape"] = list(layer.output.shape) if call else symbolic_shape(layer, [(None, *s[1:]) for s in shapes])
    result["losses"] = [float(v) for v in layer.losses]
    return result


def add_training(result, layer, run, inputs, seeds, rng):
    before = [w.numpy() for w in layer.weights]
    # RandomCrop gives another shape in training.
    drawn = np.shape(run(True)([tf.convert_to_tensor(i) for i in inputs])) if isinstance(layer, L.RandomCrop) else seeds.shape
    own_seeds = seeds if drawn == seeds.shape else rng.normal(size=drawn).round(2).astype("float32")
    training = trained(layer, run(True), inputs, own_seeds)
    if own_seeds is not seeds:
        training["seeds"] = numbers(own_seeds)
    if type(layer).__name__ in INVERTED | UNDIFFERENTIATED:
        training["inputGradients"] = []
    if training != result["inference"]:
        result["training"] = training
    for weight, value in zip(layer.weights, before):
        weight.assign(value)


def draw(shape, low=0.0, high=1.0):
    """What test/support/layerLaws.ts draws: the same numbers in each call."""
    if not all(isinstance(size, (int, np.integer)) or getattr(size, "numpy", None) for size in shape):
        # A layer that is built for any batch computes nothing yet.
        return tf.zeros(shape)
    sizes = tuple(int(size) for size in shape)
    return tf.constant(float(low) + float(high - low) * ((0.3 + np.arange(np.prod(sizes)) * 0.618034) % 1).reshape(sizes), "float32")


def replace_random_numbers():
    """Gives TensorFlow's samplers, as Keras calls them, numbers that are known."""

    def uniform(shape, seed=None, minval=0, maxval=1, dtype="float32", **_):
        return draw(shape, minval, maxval)

    def normal(shape, seed=None, mean=0.0, stddev=1.0, dtype="float32", **_):
        return mean + stddev * draw(shape, -2.0, 2.0)

    tf.random.stateless_uniform = stateless_random_ops.stateless_random_uniform = uniform
    tf.random.stateless_normal = stateless_random_ops.stateless_random_normal = normal


def symbolic_shape(layer, shapes):
    try:
        return list(layer.compute_output_shape(shapes if len(shapes) > 1 else shapes[0]))
    except NotImplementedError:
        tensors = [keras.KerasTensor(s) for s in shapes]
        return list(layer.compute_output_spec(tensors if len(shapes) > 1 else tensors[0]).shape)


def variable_name(weight):
    """LayerScale gives its variable no name."""
    return "gamma" if weight.name.startswith("variable") else weight.name


def write(class_name, cases):
    rng = np.random.default_rng(sum(map(ord, class_name)))
    HERE.mkdir(parents=True, exist_ok=True)
    golden = {"keras": keras.__version__, "class": class_name, "cases": [case(*c, rng) for c in cases]}
    (HERE / f"{class_name}.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    replace_random_numbers()
    wanted = sys.argv[1:] or CASES
    for class_name in wanted:
        write(class_name, CASES[class_name])
