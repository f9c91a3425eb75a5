"""Operators that compute each frame from the frames of the same time: activations, sums, joined channels."""

from __future__ import annotations

from dataclasses import replace

from neuralspot_edge.graph.operands import input_of, output_of
from neuralspot_edge.streaming.passage import PREDICT_IN_TIME, STEP_MODEL, Inputs, Passage, Rule, StreamError
from neuralspot_edge.streaming.timeline import Once, Read, Signal

__all__ = ["RULES", "align"]

_UNARY = """
ABS CAST CEIL COS ELU EXP FLOOR GELU HARD_SWISH LEAKY_RELU LOG LOGICAL_NOT LOGISTIC NEG RELU RELU6 RELU_N1_TO_1
RELU_0_TO_1 ROUND RSQRT SIGN SIN SQRT SQUARE TANH ZEROS_LIKE
"""
_SEVERAL = """
ADD ADD_N DIV EQUAL FLOOR_DIV FLOOR_MOD GREATER GREATER_EQUAL LESS LESS_EQUAL LOGICAL_AND LOGICAL_OR MAXIMUM MINIMUM
MUL NOT_EQUAL POW PRELU SELECT_V2 SQUARED_DIFFERENCE SUB
"""
_CONVERSIONS = ("DEQUANTIZE", "QUANTIZE")
_OVER_CHANNELS = ("L2_NORMALIZATION", "LOG_SOFTMAX", "SOFTMAX")


def align(inputs: Inputs) -> Signal:
    """What comes of signals that meet frame by frame: it lags as the slowest of them does.

    Raises:
        StreamError: They differ in their axis, rate or length, or one is of the whole window.
    """
    if any(isinstance(value, Once) for value in inputs.all):
        raise StreamError(
            "a value computed from the whole window meets the signal, and in a stream no window is whole",
            "a squeeze-and-excite streams with se_context: causal or frame, "
            "a normalization with norm: batch or channel",
        )
    operator = inputs.operator
    rank = len(output_of(operator).shape)
    # Shapes of unequal rank meet at their ends.
    ends = {place: signal.axis - len(input_of(operator, place).shape) for place, signal in inputs.signals.items()}
    signals = list(inputs.signals.values())
    if len(set(ends.values())) > 1 or len({(signal.stride, signal.frames) for signal in signals}) > 1:
        described = " and ".join(f"{s.frames} frames of {s.stride} steps on axis {s.axis}" for s in signals)
        raise StreamError(f"it joins signals that do not run alike: {described}")
    axis = rank + next(iter(ends.values()))
    _check_constants(inputs, rank - axis)
    latest = max(signals, key=lambda signal: signal.origin)
    return replace(latest.after(), axis=axis)


def _check_constants(inputs: Inputs, from_end: int) -> None:
    for place, tensor in enumerate(inputs.operator.inputs):
        if tensor is None or place in inputs.signals or len(tensor.shape) < from_end:
            continue
        if tensor.shape[-from_end] != 1:
            raise StreamError(
                f"its constant {tensor.name!r} has a value for each step of the window, and a stream has no first step"
            )


def several(inputs: Inputs) -> Passage:
    """Activations, and arithmetic of one or more signals and constants."""
    output = align(inputs)
    return Passage(inputs.operator, output, {place: Read(signal) for place, signal in inputs.signals.items()})


def conversion(inputs: Inputs) -> Passage:
    """Another type, in which zeros are zeros still: of a view the frames that are there, and the result is as much."""
    signal = inputs.signal()
    return Passage(inputs.operator, signal, {0: Read(signal.unshifted)})


def over_channels(inputs: Inputs) -> Passage:
    """Softmax and its like, which run along the last axis."""
    signal = inputs.signal()
    if signal.axis == len(input_of(inputs.operator, 0).shape) - 1:
        raise StreamError("it runs along time, over the whole window")
    return several(inputs)


def concatenation(inputs: Inputs) -> Passage:
    """Channels side by side."""
    operator = inputs.operator
    rank = len(output_of(operator).shape)
    axis = int(operator.options.get("axis", 0)) % rank
    if any(signal.axis == axis for signal in inputs.signals.values()):
        raise StreamError("it puts frames one behind the other, which changes the length of the stream")
    return several(inputs)


def split(inputs: Inputs) -> Passage:
    """Channels apart."""
    operator = inputs.operator
    place, axis_place = (1, 0) if operator.kind == "SPLIT" else (0, 2)
    signal = inputs.signal(place)
    rank = len(input_of(operator, place).shape)
    if signal.axis in (axis % rank for axis in inputs.integers(axis_place)):
        raise StreamError("it splits the window into its steps", STEP_MODEL)
    return Passage(operator, signal.after(), {place: Read(signal)})


def fully_connected(inputs: Inputs) -> Passage:
    """A dense layer on each frame."""
    operator = inputs.operator
    signal, before, after = inputs.signal(), input_of(operator, 0).shape, output_of(operator).shape
    width = input_of(operator, 1).shape[-1]
    if signal.axis == len(before) - 1 or before[-1] != width:
        raise StreamError(
            "a dense layer reads the whole window at once",
            PREDICT_IN_TIME,
        )
    if operator.options.get("keep_num_dims"):
        return Passage(operator, signal.after(), {0: Read(signal)})
    others = [size for axis, size in enumerate(before[:-1]) if axis != signal.axis]
    if any(size != 1 for size in others) or len(after) != 2:
        raise StreamError("a dense layer joins time with another axis")
    return Passage(operator, replace(signal.after(), axis=0), {0: Read(signal)})


RULES: dict[str, Rule] = {
    **dict.fromkeys((*_UNARY.split(), *_SEVERAL.split()), several),
    **dict.fromkeys(_CONVERSIONS, conversion),
    **dict.fromkeys(_OVER_CHANNELS, over_channels),
    "CONCATENATION": concatenation,
    "SPLIT": split,
    "SPLIT_V": split,
    "FULLY_CONNECTED": fully_connected,
}
