"""Convolutional recurrent networks as functional Keras models of Keras's own layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.conv_rnn.params import ConvRnnParams
from neuralspot_edge.models.params import validate
from neuralspot_edge.models.rnn.model import recurrent_network

__all__ = ["conv_rnn_model"]


def conv_rnn_model(
    inputs: keras.KerasTensor, params: ConvRnnParams | Mapping[str, Any], num_classes: int | None = None
) -> keras.Model:
    """The network; its weights are those of `keras.layers.Conv1D`, then as of `rnn_model`.

    Args:
        inputs: (batch, time, channels).
        params: The params, or a dict of them.
        num_classes: Width of the top; needed where `include_top`.

    Returns:
        A model named after the params, to (batch, num_classes), or with head `per_step` to
        (batch, params.steps(time), num_classes).

    Raises:
        InputError: The params are not legal, the input's rank does not fit or it is too short for the convolutions,
            `num_classes` is missing or not a positive number.
    """
    params = validate(ConvRnnParams, params)
    if len(inputs.shape) != 3:
        raise InputError(
            f"a convolutional recurrent network's input is (time, channels), received {tuple(inputs.shape[1:])}"
        )
    time = inputs.shape[1]
    if time is not None and params.steps(time) < 1:
        raise InputError(
            f"filters: {len(params.filters)} convolutions of kernel_size {params.kernel_size} and stride "
            f"{params.stride} leave nothing of {time} steps; use fewer or smaller ones, a longer window, or padding "
            "causal"
        )
    x = _front(inputs, params)
    return keras.Model(inputs, recurrent_network(x, params, num_classes, params.name), name=params.name)


def _front(x: keras.KerasTensor, params: ConvRnnParams) -> keras.KerasTensor:
    for index, filters in enumerate(params.filters):
        name = f"{params.name}.C{index + 1}"
        x = keras.layers.Conv1D(
            filters,
            params.kernel_size,
            params.stride,
            params.padding,
            use_bias=params.norm is None,
            name=f"{name}.CN",
        )(x)
        if params.norm == "batch":
            # As in `neuralspot_edge.layers.normalization`: Keras's own momentum needs hundreds of steps.
            x = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}.BN")(x)
        if params.conv_activation != "linear":
            x = keras.layers.Activation(params.conv_activation, name=f"{name}.ACT")(x)
    return x
