"""The linear baseline as a functional Keras model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.layers import as_pixel, output_of
from neuralspot_edge.models.linear.params import LinearParams
from neuralspot_edge.models.params import validate

__all__ = ["linear_model"]


def linear_model(
    inputs: keras.KerasTensor, params: LinearParams | Mapping[str, Any], num_classes: int | None = None
) -> keras.Model:
    """A dense layer from all values of the window to all values of the output.

    Args:
        inputs: (batch, time, channels) or (batch, height, time, channels), each axis of a known length.
        params: The params, or a dict of them.
        num_classes: Width of the output.

    Returns:
        A model named after the params, to (batch, num_classes), or with head `per_step` to the input's shape with the
        last axis replaced.

    Raises:
        InputError: The params are not legal, an axis is of unknown length, `num_classes` is missing or not a positive
            number.
    """
    params = validate(LinearParams, params)
    steps = tuple(inputs.shape[1:-1]) if params.head == "per_step" else ()
    x = as_pixel(inputs, params.name)
    return keras.Model(inputs, output_of(x, params, num_classes, steps, math.prod(steps)), name=params.name)
