"""The blocks of the TCN family. A block type is a row of `LAYOUTS`: which steps it repeats, which it does once."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from neuralspot_edge.layers import conv, depthwise_conv, normalization, squeeze_excite
from neuralspot_edge.models.params import ParamsWarning
from neuralspot_edge.models.tcn.params import BlockType, Padding, SeContext, Skip, TcnBlockParams

__all__ = ["LAYOUTS", "Layout", "as_pair", "normalization", "tcn_block", "tcn_block_lg", "tcn_block_mb", "tcn_block_sm"]

Builder = Callable[[keras.KerasTensor], keras.KerasTensor]


@dataclass(frozen=True)
class _Scope:
    """Where a step stands.

    Attributes:
        params: The block's params.
        name: Prefix of the step's layers.
        entry: The tensor that a skip connection here adds.
        padding: Along time.
        skip: Which skip connections there are.
        se_context: What the squeeze sees.
    """

    params: TcnBlockParams
    name: str
    entry: keras.KerasTensor
    padding: Padding
    skip: Skip
    se_context: SeContext

    def size(self, value: int | tuple[int, int]) -> tuple[int, int]:
        return as_pair(value, self.entry)


Step = Callable[[_Scope, keras.KerasTensor], keras.KerasTensor]


def as_pair(value: int | tuple[int, int], x: keras.KerasTensor) -> tuple[int, int]:
    """(height, time) for an image: an int means time where the height is 1, as of a 1-D input, else a square."""
    if isinstance(value, tuple):
        return value
    return (1, value) if x.shape[1] == 1 else (value, value)


def _weights(role: str = "kernel") -> dict[str, Any]:
    """How a block's convolutions start and are held small; `role` is what Keras calls their weights."""
    return {f"{role}_initializer": "he_normal", f"{role}_regularizer": keras.regularizers.L2(1e-3)}


def _pointwise_norm(scope: _Scope, x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    norm = scope.params.norm
    y = conv(x, filters, name=f"{name}.CN", use_bias=norm is None, **_weights())
    return normalization(norm, name)(y)


def _sum_of_branches(scope: _Scope, name: str, branch: Callable[[str], keras.KerasTensor]) -> keras.KerasTensor:
    outputs = [branch(f"{name}.B{index + 1}") for index in range(scope.params.branch)]
    return keras.layers.Add(name=f"{name}.ADD")(outputs) if len(outputs) > 1 else outputs[0]


def _activate(scope: _Scope, x: keras.KerasTensor, part: str = "") -> keras.KerasTensor:
    return keras.layers.Activation(scope.params.activation, name=f"{scope.name}{part}.ACT")(x)


def _convolve_pair(scope: _Scope, x: keras.KerasTensor) -> keras.KerasTensor:
    params = scope.params
    for part in ("CN1", "CN2"):
        name = f"{scope.name}.{part}"
        x = conv(
            x,
            params.filters,
            scope.size(params.kernel),
            name=name,
            dilation=scope.size(params.dilation),
            padding=scope.padding,
            # The first one never has a bias: weights trained with the field's existing package have none.
            use_bias=params.norm is None and part == "CN2",
            **_weights(),
        )
        x = normalization(params.norm, name)(x)
    return x


def _expand(scope: _Scope, x: keras.KerasTensor) -> keras.KerasTensor:
    params = scope.params
    if params.ex_ratio == 1:
        return x
    y = _pointwise_norm(scope, x, int(params.filters * params.ex_ratio), f"{scope.name}.EX")
    return _activate(scope, y, ".EX")


def _depthwise(scope: _Scope, x: keras.KerasTensor) -> keras.KerasTensor:
    params = scope.params

    def branch(name: str) -> keras.KerasTensor:
        y = depthwise_conv(
            x,
            scope.size(params.kernel),
            name=f"{name}.CN",
            dilation=scope.size(params.dilation),
            padding=scope.padding,
            use_bias=params.norm is None,
            **_weights("depthwise"),
        )
        return normalization(params.norm, name)(y)

    return _activate(scope, _sum_of_branches(scope, f"{scope.name}.DW", branch), ".DW")


def _pointwise(scope: _Scope, x: keras.KerasTensor) -> keras.KerasTensor:
    def branch(name: str) -> keras.KerasTensor:
        return _pointwise_norm(scope, x, scope.params.filters, name)

    return _activate(scope, _sum_of_branches(scope, f"{scope.name}.PW", branch), ".PW")


def _squeeze(scope: _Scope, x: keras.KerasTensor, least: int = 1) -> keras.KerasTensor:
    """Squeeze-and-excite where at least `least` channels remain after the squeeze."""
    ratio, channels = scope.params.se_ratio, x.shape[-1]
    if not ratio:
        return x
    if channels // ratio < least:
        text = (
            f"{scope.name}: no squeeze-and-excite, se_ratio {ratio:g} leaves fewer than {least} of {channels} channels"
        )
        warnings.warn(text, ParamsWarning, stacklevel=2)
        return x
    frames = scope.params.squeeze_frames
    return squeeze_excite(x, ratio, name=f"{scope.name}.SE", context=scope.se_context, frames=frames)


def _add_entry(scope: _Scope, x: keras.KerasTensor) -> keras.KerasTensor:
    entry = scope.entry
    if entry.shape[-1] != x.shape[-1]:
        if scope.skip == "identity":
            return x
        entry = _pointwise_norm(scope, entry, x.shape[-1], f"{scope.name}.SKIP")
    return keras.layers.Add(name=f"{scope.name}.ADD")([x, entry])


def _drop(scope: _Scope, x: keras.KerasTensor) -> keras.KerasTensor:
    rate = scope.params.dropout
    return keras.layers.SpatialDropout2D(rate, name=f"{scope.name}.DROP")(x) if rate else x


@dataclass(frozen=True)
class Layout:
    """What a block type is made of.

    Attributes:
        body: Steps done `depth` times; a skip connection among them adds that repetition's input.
        close: Steps done once after them; a skip connection among them adds the block's input.
    """

    body: tuple[Step, ...]
    close: tuple[Step, ...] = ()


LAYOUTS: dict[BlockType, Layout] = {
    "lg": Layout(body=(_convolve_pair, _add_entry, _activate, _squeeze, _drop)),
    "mb": Layout(body=(_expand, _depthwise, _squeeze, _pointwise), close=(_add_entry, _drop)),
    "sm": Layout(body=(_depthwise, _pointwise), close=(partial(_squeeze, least=2), _add_entry, _drop)),
}


def tcn_block(
    block_type: BlockType,
    params: TcnBlockParams,
    name: str,
    *,
    padding: Padding = "same",
    skip: Skip = "identity",
    se_context: SeContext = "window",
) -> Builder:
    """A block as a function of a tensor.

    Args:
        block_type: A row of `LAYOUTS`.
        params: The block's params; what they say of `skip` and `se_context` wins.
        name: Prefix of the layers' names.
        padding: `same` or `causal`, along time.
        skip: The skip connection where the params say nothing.
        se_context: What the squeeze sees where the params say nothing.

    Returns:
        A function from (batch, height, time, channels) to (batch, height, time, filters).
    """
    layout = LAYOUTS[block_type]

    def build(x: keras.KerasTensor) -> keras.KerasTensor:
        scope = _Scope(
            params=params,
            name=name,
            entry=x,
            padding=padding,
            skip=params.skip or skip,
            se_context=params.se_context or se_context,
        )
        y = x
        for index in range(params.depth):
            inner = dataclasses.replace(scope, name=f"{name}.D{index + 1}", entry=y)
            for step in layout.body:
                y = step(inner, y)
        for step in layout.close:
            y = step(scope, y)
        return y

    return build


def tcn_block_lg(params: TcnBlockParams, name: str, **context: Any) -> Builder:
    """The large block: pairs of full convolutions with a residual connection; see `tcn_block`."""
    return tcn_block("lg", params, name, **context)


def tcn_block_mb(params: TcnBlockParams, name: str, **context: Any) -> Builder:
    """The inverted bottleneck: expand, depthwise, project; see `tcn_block`."""
    return tcn_block("mb", params, name, **context)


def tcn_block_sm(params: TcnBlockParams, name: str, **context: Any) -> Builder:
    """The small block: depthwise-separable convolutions; see `tcn_block`."""
    return tcn_block("sm", params, name, **context)
