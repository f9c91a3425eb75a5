"""A model that int8 hurts on purpose, and computes the same as one that it does not hurt."""

from __future__ import annotations

import keras
from keras import layers

from helpers import tcn

SHAPE = (32, 3)
CHANNEL = 5


def loud_channel(factor: float = 100.0, *, depthwise: bool = True) -> keras.Model:
    """What channel 5 of the layer `middle` gives is scaled, and `last`, which reads it, undoes that.

    Depthwise, `last` has a scale for the weights of each channel that it reads, so that its rounding is none the worse.
    """
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input(SHAPE, name="signal")
    for name in ("first", "middle"):
        x = layers.Conv1D(8, 3, padding="same", activation="relu", name=name)(x)
    options = {"activation": "relu", "name": "last"}
    x = (layers.DepthwiseConv1D(3, **options) if depthwise else layers.Conv1D(8, 3, **options))(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    model = tcn.randomize(keras.Model(inputs, layers.Dense(4, name="classes")(x), name="hard"))
    middle, last = model.get_layer("middle"), model.get_layer("last")
    kernel, bias = middle.get_weights()
    kernel[..., CHANNEL] *= factor
    bias[CHANNEL] *= factor
    middle.set_weights([kernel, bias])
    kernel, bias = last.get_weights()
    kernel[:, CHANNEL] /= factor
    last.set_weights([kernel, bias])
    return model
