"""DS-CNN as a functional Keras model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.layers import normalization, output_of
from neuralspot_edge.models.ds_cnn.params import DsCnnBlockParams, DsCnnParams
from neuralspot_edge.models.params import validate

__all__ = ["ds_cnn_model"]

# The published network's biases before batch normalization have no effect.
_SETTINGS: dict[str, Any] = {"padding": "same", "use_bias": False}


def ds_cnn_model(
    inputs: keras.KerasTensor, params: DsCnnParams | Mapping[str, Any], num_classes: int | None = None
) -> keras.Model:
    """First convolution, depthwise-separable blocks, mean over the image, top.

    Args:
        inputs: (batch, time, coefficients) or (batch, time, coefficients, channels).
        params: The params, or a dict of them.
        num_classes: Width of the top; needed where `include_top`.

    Returns:
        A model named after the params, to (batch, num_classes).

    Raises:
        InputError: The params are not legal, the input's rank does not fit, `num_classes` is missing or not a positive
            number.
    """
    params = validate(DsCnnParams, params)
    name = params.name
    first = keras.layers.Conv2D(
        params.filters, params.kernel, params.stride, **_SETTINGS, kernel_regularizer=_decay(), name=f"{name}.CN"
    )
    x = _activate(first(_as_image(inputs, name)), params, f"{name}.CN")
    x = _drop(x, params.input_dropout, f"{name}.CN")
    for index, block in enumerate(params.blocks):
        x = _separable(x, block, params, f"{name}.B{index + 1}")
    x = _drop(x, params.dropout, name)
    x = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}.POOL")(x)
    return keras.Model(inputs, output_of(x, params, num_classes), name=name)


def _as_image(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    if len(x.shape) == 4:
        return x
    if len(x.shape) != 3:
        raise InputError(
            f"input: {name} takes (time, coefficients) or (time, coefficients, channels), received {tuple(x.shape[1:])}"
        )
    time, coefficients = x.shape[1:]
    return keras.layers.Reshape((time or -1, coefficients, 1), name=f"{name}.IMAGE")(x)


def _separable(x: keras.KerasTensor, block: DsCnnBlockParams, params: DsCnnParams, name: str) -> keras.KerasTensor:
    depthwise = keras.layers.DepthwiseConv2D(
        block.kernel, block.stride, **_SETTINGS, depthwise_regularizer=_decay(), name=f"{name}.DW"
    )
    x = _activate(depthwise(x), params, f"{name}.DW")
    pointwise = keras.layers.Conv2D(block.filters, 1, **_SETTINGS, kernel_regularizer=_decay(), name=f"{name}.PW")
    return _activate(pointwise(x), params, f"{name}.PW")


def _decay() -> keras.Regularizer:
    """Weight decay of the published network."""
    return keras.regularizers.L2(1e-4)


def _activate(x: keras.KerasTensor, params: DsCnnParams, name: str) -> keras.KerasTensor:
    x = normalization("batch", name)(x)
    return keras.layers.Activation(params.activation, name=f"{name}.ACT")(x)


def _drop(x: keras.KerasTensor, rate: float, name: str) -> keras.KerasTensor:
    return keras.layers.Dropout(rate, name=f"{name}.DROP")(x) if rate else x
