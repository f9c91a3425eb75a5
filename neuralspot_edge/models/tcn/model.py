"""The TCN as a functional Keras model: encoder, blocks, top, head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.layers import conv, depthwise_conv, normalization
from neuralspot_edge.models.params import validate
from neuralspot_edge.models.tcn.blocks import as_pair, tcn_block
from neuralspot_edge.models.tcn.params import TcnParams

__all__ = ["TcnModel", "tcn_core", "tcn_layer"]


def tcn_core(params: TcnParams) -> Callable[[keras.KerasTensor], keras.KerasTensor]:
    """The blocks, as a function from (batch, height, time, channels) to (batch, height, time, filters)."""

    def build(x: keras.KerasTensor) -> keras.KerasTensor:
        for index, block in enumerate(params.blocks):
            x = tcn_block(
                params.block_type,
                block,
                f"{params.name}.B{index + 1}",
                padding=params.padding,
                skip=params.skip,
                se_context=params.se_context,
            )(x)
        return x

    return build


def tcn_layer(x: keras.KerasTensor, params: TcnParams, num_classes: int | None = None) -> keras.KerasTensor:
    """The whole network as a function of its input.

    Args:
        x: (batch, time, channels), or (batch, height, time, channels).
        params: The params.
        num_classes: Width of the top; needed where `include_top`.

    Returns:
        For `head` `per_step` the input's shape with the last axis replaced; for `pooled` (batch, num_classes);
        for `last` the same without the time axis.

    Raises:
        InputError: The input's rank does not fit, or `num_classes` is missing or not a positive number.
    """
    if len(x.shape) not in (3, 4):
        raise InputError(
            f"a TCN's input is (time, channels) or (height, time, channels), received {tuple(x.shape[1:])}"
        )
    one_dimensional = len(x.shape) == 3
    y = _as_image(x, params.name) if one_dimensional else x
    y = _encode(y, params)
    y = tcn_core(params)(y)
    y = _top(y, params, num_classes)
    return _activate(_head(y, params, one_dimensional), params)


def _as_image(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    time, channels = x.shape[1:]
    return keras.layers.Reshape((1, time or -1, channels), name=f"{name}.IMAGE")(x)


def _encode(x: keras.KerasTensor, params: TcnParams) -> keras.KerasTensor:
    if not params.input_kernel:
        return x
    kernel = as_pair(params.input_kernel, x)
    use_bias = params.input_norm is None
    y = depthwise_conv(x, kernel, name=f"{params.name}.ENC.CN", padding=params.padding, use_bias=use_bias)
    return normalization(params.input_norm, f"{params.name}.ENC")(y)


def _top(x: keras.KerasTensor, params: TcnParams, num_classes: int | None) -> keras.KerasTensor:
    if not params.include_top:
        return x
    if not isinstance(num_classes, int) or num_classes < 1:
        raise InputError(f"num_classes: include_top needs a positive number of classes, received {num_classes!r}")
    kernel = as_pair(params.output_kernel, x)
    return conv(x, num_classes, kernel, name=f"{params.name}.NECK.conv", padding=params.padding)


def _head(x: keras.KerasTensor, params: TcnParams, one_dimensional: bool) -> keras.KerasTensor:
    if params.head == "pooled":
        return keras.layers.GlobalAveragePooling2D(name=f"{params.name}.POOL")(x)
    _, height, time, channels = x.shape
    if params.head == "last":
        shape = (channels,) if one_dimensional else (height or -1, channels)
        return keras.layers.Reshape(shape, name=f"{params.name}.LAST")(x[:, :, -1:, :])
    if one_dimensional:
        return keras.layers.Reshape((time or -1, channels), name=f"{params.name}.SEQUENCE")(x)
    return x


def _activate(x: keras.KerasTensor, params: TcnParams) -> keras.KerasTensor:
    if not params.include_top:
        return x
    if params.output_activation:
        return keras.layers.Activation(params.output_activation, name=f"{params.name}.OUT.ACT")(x)
    return x if params.use_logits else keras.layers.Softmax(name=f"{params.name}.OUT.SOFTMAX")(x)


class TcnModel:
    """The TCN family's builder, under the name that the field knows."""

    @staticmethod
    def layer_from_params(
        inputs: keras.KerasTensor, params: TcnParams | Mapping[str, Any], num_classes: int | None = None
    ) -> keras.KerasTensor:
        """The network's output tensor; `params` may be a dict. See `tcn_layer` for shapes and errors."""
        return tcn_layer(inputs, validate(TcnParams, params), num_classes)

    @staticmethod
    def model_from_params(
        inputs: keras.KerasTensor, params: TcnParams | Mapping[str, Any], num_classes: int | None = None
    ) -> keras.Model:
        """A functional `keras.Model` named after the params; see `tcn_layer` for shapes and errors."""
        params = validate(TcnParams, params)
        return keras.Model(inputs, tcn_layer(inputs, params, num_classes), name=params.name)
