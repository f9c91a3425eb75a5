"""The residual TCN as a functional Keras model: blocks, top, head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.layers import conv
from neuralspot_edge.models.params import validate
from neuralspot_edge.models.residual_tcn.layer import TCN
from neuralspot_edge.models.residual_tcn.params import ResidualTcnParams

__all__ = ["residual_tcn_model"]


def residual_tcn_model(
    inputs: keras.KerasTensor, params: ResidualTcnParams | Mapping[str, Any], num_classes: int | None = None
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
    params = validate(ResidualTcnParams, params)
    if len(inputs.shape) != 3:
        raise InputError(f"a residual TCN's input is (time, channels), received {tuple(inputs.shape[1:])}")
    time, channels = inputs.shape[1:]
    x = keras.layers.Reshape((1, time or -1, channels), name=f"{params.name}.IMAGE")(inputs)
    x = _head(_blocks(params)(x), params)
    x = _top(x, params, num_classes)
    shape = (time or -1, x.shape[-1]) if params.predicts_from == "per_step" else (x.shape[-1],)
    x = keras.layers.Reshape(shape, name=f"{params.name}.OUT")(x)
    return keras.Model(inputs, _activate(x, params), name=params.name)


def _blocks(params: ResidualTcnParams) -> TCN:
    head = params.predicts_from
    return TCN(
        params.filters,
        params.kernel_size,
        params.stacks,
        params.dilations,
        params.padding,
        params.use_skip_connections,
        params.dropout,
        head in ("per_step", "pooled"),
        params.activation,
        params.kernel_initializer,
        use_batch_norm=params.norm == "batch",
        use_layer_norm=params.norm == "layer",
        use_weight_norm=params.norm == "weight",
        go_backwards=params.go_backwards,
        activate_twice=params.activate_twice,
        returned_step=head if head in ("last", "middle") else None,
        compute=params.compute,
        name=f"{params.name}.TCN",
    )


def _head(x: keras.KerasTensor, params: ResidualTcnParams) -> keras.KerasTensor:
    if params.predicts_from != "pooled":
        return x
    return keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{params.name}.POOL")(x)


def _top(x: keras.KerasTensor, params: ResidualTcnParams, num_classes: int | None) -> keras.KerasTensor:
    if not params.include_top:
        return x
    if not isinstance(num_classes, int) or num_classes < 1:
        raise InputError(f"num_classes: include_top needs a positive number of classes, received {num_classes!r}")
    return conv(x, num_classes, name=f"{params.name}.TOP")


def _activate(x: keras.KerasTensor, params: ResidualTcnParams) -> keras.KerasTensor:
    if not params.include_top:
        return x
    if params.output_activation:
        return keras.layers.Activation(params.output_activation, name=f"{params.name}.OUT.ACT")(x)
    return x if params.use_logits else keras.layers.Softmax(name=f"{params.name}.OUT.SOFTMAX")(x)
