"""`tcn_full_summary`: a model's layers, and those within its `TCN` layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras

from neuralspot_edge.models.residual_tcn.block import ResidualBlock
from neuralspot_edge.models.residual_tcn.layer import TCN

__all__ = ["tcn_full_summary"]

Row = tuple[str, str, str]


def tcn_full_summary(
    model: keras.Model, expand_residual_blocks: bool = True, print_fn: Callable[[str], Any] = print
) -> None:
    """Prints a model's layers, one a line, with the layers that its `TCN` layers are made of.

    Args:
        model: A built model.
        expand_residual_blocks: Whether the layers within each residual block are shown too.
        print_fn: Called with each line.
    """
    rows = [("layer", "what it is", "weights"), *_rows(model.layers, expand_residual_blocks, 0)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, kind, weights in rows:
        print_fn(f"{name:{widths[0]}}  {kind:{widths[1]}}  {weights:>{widths[2]}}")
    print_fn(f"{model.count_params():,} weights, {_count(model.trainable_weights):,} of them trained")


def _rows(layers: list[keras.layers.Layer], expand: bool, depth: int) -> Iterator[Row]:
    for layer in layers:
        yield f"{'  ' * depth}{layer.name}", _describe(layer), f"{_count(layer.weights):,}"
        is_open = isinstance(layer, (TCN, keras.Model)) or (expand and isinstance(layer, ResidualBlock))
        if is_open:
            yield from _rows(layer.layers, expand, depth + 1)


def _describe(layer: keras.layers.Layer) -> str:
    kind = type(layer).__name__
    if isinstance(layer, TCN):
        return f"{kind}, receptive field {layer.receptive_field}"
    if isinstance(layer, ResidualBlock):
        return f"{kind}, dilation {layer.dilation}"
    return kind


def _count(weights: list[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
