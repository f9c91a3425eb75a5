"""TC-ResNet as a functional Keras model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.layers import as_image, normalization, output_of, where_predicted
from neuralspot_edge.models.params import validate
from neuralspot_edge.models.tc_resnet.params import TcResNetParams

__all__ = ["tc_resnet_model"]


def tc_resnet_model(
    inputs: keras.KerasTensor, params: TcResNetParams | Mapping[str, Any], num_classes: int | None = None
) -> keras.Model:
    """First convolution, stages of residual blocks, mean over time, top; one image of height 1 throughout.

    Args:
        inputs: (batch, time, coefficients).
        params: The params, or a dict of them.
        num_classes: Width of the top; needed where `include_top`.

    Returns:
        A model named after the params, to (batch, num_classes).

    Raises:
        InputError: The params are not legal, the input's rank does not fit, `num_classes` is missing or not a positive
            number.
    """
    params = validate(TcResNetParams, params)
    name, (first, *stages) = params.name, params.widths
    x = _convolve(as_image(inputs, name), first, params.input_kernel, 1, f"{name}.CN")
    x = _activate(x, params, f"{name}.CN")
    for stage, filters in enumerate(stages):
        for block in range(params.depth):
            # The first block of a stage halves the time.
            x = _block(x, filters, 1 if block else 2, params, f"{name}.S{stage + 1}.B{block + 1}")
    x = where_predicted(x, "pooled", name)
    if params.dropout:
        x = keras.layers.Dropout(params.dropout, name=f"{name}.DROP")(x)
    return keras.Model(inputs, output_of(x, params, num_classes), name=name)


def _block(x: keras.KerasTensor, filters: int, stride: int, params: TcResNetParams, name: str) -> keras.KerasTensor:
    """Two convolutions and a skip connection, which is an activated 1x1 convolution where the block has a stride."""
    entry = x
    if stride > 1:
        entry = _activate(_convolve(x, filters, 1, stride, f"{name}.SKIP"), params, f"{name}.SKIP")
    x = _activate(_convolve(x, filters, params.kernel, stride, f"{name}.CN1"), params, f"{name}.CN1")
    x = _convolve(x, filters, params.kernel, 1, f"{name}.CN2")
    return _activate(keras.layers.Add(name=f"{name}.ADD")([x, entry]), params, name)


def _convolve(x: keras.KerasTensor, filters: int, kernel: int, stride: int, name: str) -> keras.KerasTensor:
    """A convolution along time and its batch normalization, with the weight decay of the published network."""
    layer = keras.layers.Conv2D(
        filters,
        (1, kernel),
        (1, stride),
        padding="same",
        use_bias=False,
        kernel_regularizer=keras.regularizers.L2(5e-4),
        name=name,
    )
    return normalization("batch", name)(layer(x))


def _activate(x: keras.KerasTensor, params: TcResNetParams, name: str) -> keras.KerasTensor:
    return keras.layers.Activation(params.activation, name=f"{name}.ACT")(x)
