"""Recurrent networks as functional Keras models of Keras's own layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.layers.recurrent import LayerNormSimpleRnnCell
from neuralspot_edge.models.params import validate
from neuralspot_edge.models.rnn.params import RecurrentStack, RnnParams

__all__ = ["recurrent_network", "rnn_model"]

_LAYERS = {"simple": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


def rnn_model(
    inputs: keras.KerasTensor, params: RnnParams | Mapping[str, Any], num_classes: int | None = None
) -> keras.Model:
    """The network; its weights are those of `keras.layers.SimpleRNN`, `LSTM` or `GRU` and `Dense`, in that order.

    Args:
        inputs: (batch, time, channels).
        params: The params, or a dict of them.
        num_classes: Width of the top; needed where `include_top`.

    Returns:
        A model named after the params, to (batch, num_classes), or with head `per_step` to (batch, time, num_classes).

    Raises:
        InputError: The params are not legal, the input's rank does not fit, `num_classes` is missing or not a positive
            number.
    """
    params = validate(RnnParams, params)
    if len(inputs.shape) != 3:
        raise InputError(f"a recurrent network's input is (time, channels), received {tuple(inputs.shape[1:])}")
    return keras.Model(inputs, recurrent_network(inputs, params, num_classes, params.name), name=params.name)


def recurrent_network(
    x: keras.KerasTensor, params: RecurrentStack, num_classes: int | None, name: str
) -> keras.KerasTensor:
    """The recurrent layers and their head.

    Args:
        x: (batch, time, channels).
        params: What they are.
        num_classes: Width of the top; needed where `include_top`.
        name: Prefix of the layers' names.

    Returns:
        (batch, num_classes), or with head `per_step` (batch, time, num_classes).

    Raises:
        InputError: `num_classes` is missing or not a positive number.
    """
    for index, units in enumerate(params.layers):
        is_last = index + 1 == len(params.layers)
        x = _layer(params, units, not is_last or params.head == "per_step", f"{name}.L{index + 1}")(x)
    if not params.include_top:
        return x
    if not isinstance(num_classes, int) or num_classes < 1:
        raise InputError(f"num_classes: include_top needs a positive number of classes, received {num_classes!r}")
    x = keras.layers.Dense(num_classes, name=f"{name}.TOP")(x)
    if params.output_activation:
        return keras.layers.Activation(params.output_activation, name=f"{name}.OUT.ACT")(x)
    return x if params.use_logits else keras.layers.Softmax(name=f"{name}.OUT.SOFTMAX")(x)


def _layer(params: RecurrentStack, units: int, return_sequences: bool, name: str) -> keras.layers.Layer:
    settings: dict[str, Any] = {
        "activation": params.activation,
        "dropout": params.dropout,
        "recurrent_dropout": params.recurrent_dropout,
    }
    if params.cell == "ln_simple":
        cell = LayerNormSimpleRnnCell(units, **settings)
        return keras.layers.RNN(cell, return_sequences=return_sequences, name=name)
    return _LAYERS[params.cell](units, return_sequences=return_sequences, name=name, **settings)
