"""Means, sums and extremes: over the channels of a frame, or over the window."""

from __future__ import annotations

from dataclasses import replace

from neuralspot_edge.graph.operands import input_of
from neuralspot_edge.streaming.passage import Inputs, Passage, Rule
from neuralspot_edge.streaming.timeline import Once, Read

__all__ = ["RULES"]


def reduction(inputs: Inputs) -> Passage:
    """Over time: a sliding mean, of as many frames as the window has; else frame by frame."""
    operator, signal = inputs.operator, inputs.signal()
    shape = input_of(operator, 0).shape
    rank = len(shape)
    axes = {axis % rank for axis in inputs.integers(1)}
    if signal.axis in axes:
        # Before the stream is as long as a window, what it lacks counts as zeros.
        frames = shape[signal.axis]
        whole = Read(replace(signal, zeros=True), frames, newest=frames - 1)
        return Passage(operator, Once(signal.known_from), {0: whole})
    dropped = 0 if operator.options.get("keep_dims") else sum(axis < signal.axis for axis in axes)
    return Passage(operator, replace(signal.after(), axis=signal.axis - dropped), {0: Read(signal)})


RULES: dict[str, Rule] = dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), reduction)
