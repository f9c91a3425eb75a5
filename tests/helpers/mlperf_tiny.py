"""The four models of MLPerf Tiny, written anew from their published architecture, with untrained weights.

Sources: https://github.com/mlcommons/tiny, `benchmark/training`: `keyword_spotting/keras_model.py` (DS-CNN),
`image_classification/keras_model.py` (ResNet-8), `visual_wake_words/vww_model.py` (MobileNetV1, width 0.25) and
`anomaly_detection/keras_model.py` (an autoencoder); C. Banbury and others, MLPerf Tiny Benchmark,
https://arxiv.org/abs/2106.07597.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

PUBLISHED_MACS = {
    "keyword_spotting": 2_660_000,
    "image_classification": 12_500_000,
    "visual_wake_words": 7_490_000,
    "anomaly_detection": 264_000,
}


def keyword_spotting() -> keras.Model:
    """DS-CNN: 49 frames of 10 MFCCs to 12 classes."""
    inputs = keras.Input((49, 10, 1))
    x = _normalized(layers.Conv2D(64, (10, 4), 2, padding="same"), inputs)
    for _ in range(4):
        x = _separable(x, 64, 1)
    x = layers.Flatten()(layers.AveragePooling2D((25, 5))(x))
    return keras.Model(inputs, layers.Dense(12, activation="softmax")(x))


def image_classification() -> keras.Model:
    """ResNet-8: 32 x 32 pixels in three colours to 10 classes."""
    inputs = keras.Input((32, 32, 3))
    x = _normalized(layers.Conv2D(16, 3, padding="same"), inputs)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        y = _normalized(layers.Conv2D(filters, 3, stride, padding="same"), x)
        y = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(y))
        shortcut = x if stride == 1 else layers.Conv2D(filters, 1, stride, padding="same")(x)
        x = layers.ReLU()(layers.Add()([shortcut, y]))
    x = layers.Flatten()(layers.AveragePooling2D(8)(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def visual_wake_words() -> keras.Model:
    """MobileNetV1 of width 0.25: 96 x 96 pixels in three colours, with or without a person."""
    inputs = keras.Input((96, 96, 3))
    x = _normalized(layers.Conv2D(8, 3, 2, padding="same"), inputs)
    widths = (16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)
    for filters, stride in zip(widths, (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1), strict=True):
        x = _separable(x, filters, stride)
    x = layers.Flatten()(layers.AveragePooling2D(3)(x))
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


def anomaly_detection() -> keras.Model:
    """A dense autoencoder: five frames of 128 mel bands, and back."""
    x = inputs = keras.Input((640,))
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = _normalized(layers.Dense(units), x)
    return keras.Model(inputs, layers.Dense(640)(x))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "keyword_spotting": keyword_spotting,
    "image_classification": image_classification,
    "visual_wake_words": visual_wake_words,
    "anomaly_detection": anomaly_detection,
}


def _normalized(layer: keras.Layer, x: Any) -> Any:
    return layers.ReLU()(layers.BatchNormalization()(layer(x)))


def _separable(x: Any, filters: int, stride: int) -> Any:
    x = _normalized(layers.DepthwiseConv2D(3, stride, padding="same"), x)
    return _normalized(layers.Conv2D(filters, 1), x)
