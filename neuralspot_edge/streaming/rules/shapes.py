"""Operators that only lay values out: reshapes, transpositions, paddings and the sizes that they are given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuralspot_edge.graph.operands import input_of, output_of
from neuralspot_edge.graph.view import Operator
from neuralspot_edge.streaming.draft import Draft
from neuralspot_edge.streaming.passage import (
    PREDICT_IN_TIME,
    Inputs,
    Passage,
    Rule,
    StreamError,
    Write,
    copy,
    zero_padded,
)
from neuralspot_edge.streaming.timeline import Read, Signal, Timeless

__all__ = ["EXTENT_KINDS", "RESHAPES", "RULES"]

EXTENT_KINDS = ("CAST", "CONCATENATION", "PACK", "STRIDED_SLICE")
"""Operators that may stand between a SHAPE and the reshape that uses it."""


_COMPUTE_ALL = "a model that computes only what its last step needs streams with compute: all"
RESHAPES = ("EXPAND_DIMS", "RESHAPE", "SQUEEZE")


def reshape(inputs: Inputs) -> Passage:
    """Another shape in which time is still an axis of its own."""
    operator = inputs.operator
    signal = inputs.signals.get(0)
    if signal is None:
        raise StreamError("its shape is computed from the signal")
    before, after = input_of(operator, 0).shape, output_of(operator).shape
    length, ahead = before[signal.axis], math.prod(before[: signal.axis])
    fitting = [axis for axis, size in enumerate(after) if size == length and math.prod(after[:axis]) == ahead]
    if not fitting:
        raise StreamError(
            f"it makes {after} of {before}, in which time is no axis of its own",
            _COMPUTE_ALL if length == 1 < signal.window else PREDICT_IN_TIME,
        )
    # Of a window of one step several axes could be time: it is the one that keeps its distance from the channels.
    from_end = len(before) - signal.axis
    axis = min(fitting, key=lambda axis: abs(len(after) - axis - from_end))

    def write(draft: Draft, operator: Operator, tensors: Sequence[int]) -> None:
        draft.reshape(tensors[0], output_of(operator).index)

    return _laid_out(operator, signal, axis, write)


def transpose(inputs: Inputs) -> Passage:
    """Axes in another order."""
    signal = inputs.signal()
    order = inputs.integers(1)
    if signal.axis not in order:
        raise StreamError(f"its order {order} lacks the axis of time, {signal.axis}")
    return _laid_out(inputs.operator, signal, order.index(signal.axis), copy)


def _laid_out(operator: Operator, signal: Signal, axis: int, write: Write) -> Passage:
    """The same frames in another layout: of a view the frames that are there, and the result is as much a view."""
    return Passage(operator, replace(signal, axis=axis), {0: Read(signal.unshifted)}, write)


def pad(inputs: Inputs) -> Passage:
    """Zeros around the window: those before it are what a stream begins with, those after it never come."""
    operator, signal = inputs.operator, inputs.signal()
    amounts = np.array(inputs.integers(1), np.int32)
    if amounts.size != 2 * len(input_of(operator, 0).shape) or (amounts < 0).any():
        raise StreamError("its amounts do not fit its input")
    if input_of(operator, 0).quantization != output_of(operator).quantization:
        raise StreamError("its output is quantized in another way than its input")
    others = amounts.reshape(-1, 2)
    before, after = others[signal.axis].tolist()
    others[signal.axis] = 0
    padded = zero_padded(signal, before, after)
    if not others.any():
        return Passage(operator, padded, write=None)

    def write(draft: Draft, operator: Operator, tensors: Sequence[int]) -> None:
        draft.copy(operator, [tensors[0], draft.constant(f"{output_of(operator).name}.pad", others)])

    return Passage(operator, signal.after().padded(before, after), {0: Read(signal)}, write)


def shape(inputs: Inputs) -> Passage:
    """The sizes of a tensor."""
    return Passage(inputs.operator, Timeless.EXTENTS, write=None)


RULES: dict[str, Rule] = {
    **dict.fromkeys(RESHAPES, reshape),
    "TRANSPOSE": transpose,
    "PAD": pad,
    "SHAPE": shape,
}
