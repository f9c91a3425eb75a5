"""The multilayer perceptron as a functional Keras model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.layers import as_pixel, conv, normalization, output_of
from neuralspot_edge.models.mlp.params import MlpParams
from neuralspot_edge.models.params import validate

__all__ = ["mlp_model"]


def mlp_model(
    inputs: keras.KerasTensor, params: MlpParams | Mapping[str, Any], num_classes: int | None = None
) -> keras.Model:
    """Dense layers from all values of the window.

    Args:
        inputs: (batch, time, channels) or (batch, height, time, channels), each axis of a known length.
        params: The params, or a dict of them.
        num_classes: Width of the top; needed where `include_top`.

    Returns:
        A model named after the params, to (batch, num_classes), or with head `per_step` to the input's shape with the
        last axis replaced.

    Raises:
        InputError: The params are not legal, an axis is of unknown length, `num_classes` is missing or not a positive
            number.
    """
    params = validate(MlpParams, params)
    steps = tuple(inputs.shape[1:-1]) if params.head == "per_step" else ()
    x = as_pixel(inputs, params.name)
    for index, units in enumerate(params.hidden):
        x = _hidden(x, units, params, f"{params.name}.H{index + 1}")
    return keras.Model(inputs, output_of(x, params, num_classes, steps, math.prod(steps)), name=params.name)


def _hidden(x: keras.KerasTensor, units: int, params: MlpParams, name: str) -> keras.KerasTensor:
    x = conv(x, units, name=f"{name}.FC", use_bias=params.norm is None)
    x = normalization(params.norm, name)(x)
    x = keras.layers.Activation(params.activation, name=f"{name}.ACT")(x)
    return keras.layers.Dropout(params.dropout, name=f"{name}.DROP")(x) if params.dropout else x
