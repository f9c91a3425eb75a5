"""WaveNet as a functional Keras model: units, head, top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.layers import as_image, conv, normalization, output_of, where_predicted
from neuralspot_edge.models.params import validate
from neuralspot_edge.models.wavenet.params import WaveNetParams

__all__ = ["wavenet_model"]


def wavenet_model(
    inputs: keras.KerasTensor, params: WaveNetParams | Mapping[str, Any], num_classes: int | None = None
) -> keras.Model:
    """The network, one image of height 1 from its first layer to its last.

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
    params = validate(WaveNetParams, params)
    x = as_image(inputs, params.name)
    x = _gated_units(x, params) if params.variant == "full" else _plain_stack(x, params)
    steps = (inputs.shape[1] or -1,) if params.head == "per_step" else ()
    return keras.Model(inputs, output_of(x, params, num_classes, steps), name=params.name)


def _plain_stack(x: keras.KerasTensor, params: WaveNetParams) -> keras.KerasTensor:
    for index, dilation in enumerate(params.unit_dilations):
        name = f"{params.name}.B{index + 1}"
        x = _activate(_dilated(x, params, dilation, f"{name}.CN"), params, name)
        x = _drop(x, params, name)
    return where_predicted(x, params.head, params.name)


def _gated_units(x: keras.KerasTensor, params: WaveNetParams) -> keras.KerasTensor:
    """The units, the sum of their skip outputs, and the head."""
    x = conv(x, params.filters, (1, params.first_kernel), name=f"{params.name}.IN", padding=params.padding)
    gated, last = [], len(params.unit_dilations) - 1
    for index, dilation in enumerate(params.unit_dilations):
        name = f"{params.name}.B{index + 1}"
        y = _gate(x, params, dilation, name)
        gated.append(where_predicted(y, params.head, name) if params.head == "last" else y)
        # Nothing reads the residual output of the last unit.
        if index < last:
            x = keras.layers.Add(name=f"{name}.ADD")([x, conv(y, params.filters, name=f"{name}.RES")])
    return _sum_of_skips(gated, params)


def _gate(x: keras.KerasTensor, params: WaveNetParams, dilation: int, name: str) -> keras.KerasTensor:
    """Tanh of one dilated convolution times the sigmoid of another.

    One convolution of twice the channels and a split takes as long; but both halves then share one int8 scale, and a
    trained model came out an eighth further from the float one, an untrained one a quarter.
    """
    y = keras.layers.Activation("tanh", name=f"{name}.TANH")(_dilated(x, params, dilation, f"{name}.FILTER"))
    gate = keras.layers.Activation("sigmoid", name=f"{name}.SIGMOID")(_dilated(x, params, dilation, f"{name}.GATE"))
    return _drop(keras.layers.Multiply(name=f"{name}.MUL")([y, gate]), params, name)


def _sum_of_skips(gated: list[keras.KerasTensor], params: WaveNetParams) -> keras.KerasTensor:
    """The head. A sum of 1x1 convolutions is one 1x1 convolution of all their inputs, which rounds once."""
    name = params.name
    x = keras.layers.Concatenate(name=f"{name}.SKIPS")(gated) if len(gated) > 1 else gated[0]
    x = _activate(conv(x, params.head_filters, name=f"{name}.SKIP"), params, f"{name}.SKIP")
    x = _activate(conv(x, params.head_filters, name=f"{name}.HEAD"), params, f"{name}.HEAD")
    return where_predicted(x, params.head, name) if params.head == "pooled" else x


def _dilated(x: keras.KerasTensor, params: WaveNetParams, dilation: int, name: str) -> keras.KerasTensor:
    y = conv(
        x,
        params.filters,
        (1, params.kernel_size),
        name=name,
        dilation=(1, dilation),
        padding=params.padding,
        use_bias=params.norm is None,
    )
    return normalization(params.norm, name)(y)


def _activate(x: keras.KerasTensor, params: WaveNetParams, name: str) -> keras.KerasTensor:
    return keras.layers.Activation(params.activation, name=f"{name}.ACT")(x)


def _drop(x: keras.KerasTensor, params: WaveNetParams, name: str) -> keras.KerasTensor:
    return keras.layers.SpatialDropout2D(params.dropout, name=f"{name}.DROP")(x) if params.dropout else x
