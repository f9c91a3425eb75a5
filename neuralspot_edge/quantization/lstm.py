"""The LSTM operator of TensorFlow Lite in int8: on real values with gradients, and on the integers of the device.

Weights have one scale for each kernel, the hidden state is int8, the cell state int16 with a scale that is a power of
two. TensorFlow Lite Micro rounds the sum of a gate's inputs and that of its hidden states to steps of 2**-12 in 16 bits
each, so that their sum is kept between -8 and 8; sigmoid and tanh are read from one table (`lstm_eval.cc` and
`integer_ops/{fully_connected,logistic,tanh,mul}.h` of https://github.com/tensorflow/tflite-micro).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Operator, Tensor
from neuralspot_edge.quantization.fake_quant import round_through, weight_scales
from neuralspot_edge.quantization.operators import held_shape, kernels_of

if TYPE_CHECKING:
    from neuralspot_edge.quantization.int8_layer import Int8Graph

__all__ = [
    "GateWeights",
    "check_lstm",
    "gate_weights",
    "hidden_state",
    "lstm_of_integers",
    "lstm_of_reals",
    "lstm_weights",
]

_HIDDEN_STATE, _CELL_STATE = 18, 19
_KNOWN_PLACES = frozenset({0, *range(1, 9), *range(12, 16), _HIDDEN_STATE, _CELL_STATE})

_SUM_STEP = 2.0**-12
_GATE_STEP = 2.0**-15
_LARGEST_SUM = 8.0
_LEAST_16, _LARGEST_16 = -(2**15), 2**15 - 1
_TABLE_SIZE, _TABLE_STEP = 256, 1 / 24


@dataclass(frozen=True)
class GateWeights:
    """The weights of the four gates one behind the other: input, forget, cell, output.

    Attributes:
        kernel: (channels, 4 * units).
        recurrent: (units, 4 * units).
        bias: (4 * units,).
        scales: The size of a step of the kernel, (4 * units,).
        recurrent_scales: The same of the recurrent kernel.
        sum_scales: The same of the bias, and of what the kernel gives.
    """

    kernel: Any
    recurrent: Any
    bias: Any
    scales: Any
    recurrent_scales: Any
    sum_scales: Any


def check_lstm(operator: Operator) -> None:
    """Refuses an LSTM of another make than this package's.

    Raises:
        InputError: It has peepholes, a projection, a norm, a limit to its states, or gates that are coupled.
    """
    present = {place for place, tensor in enumerate(operator.inputs) if tensor is not None}
    is_clipped = any(operator.options[name] for name in ("cell_clip", "proj_clip"))
    cell = operator.inputs[_CELL_STATE] if present == _KNOWN_PLACES else None
    if cell is None or cell.dtype != "int16" or is_clipped or operator.options["fused_activation_function"] != "TANH":
        raise InputError(
            f"model: layer {operator.outputs[0].name!r} is an LSTM with peepholes, a projection, a norm, a clipped "
            "state or an activation of its own, which does not train in int8"
        )


def hidden_state(operator: Operator) -> Tensor:
    """The variable in which an LSTM keeps its result from step to step."""
    tensor = operator.inputs[_HIDDEN_STATE]
    assert tensor is not None
    return tensor


def lstm_weights(layer: Int8Graph, operator: Operator, input_scale: Any) -> Mapping[int, tuple[Any, Any]]:
    """Each kernel and bias as the file lays it out, and the size of its steps, by its place among the inputs.

    Args:
        layer: What the variables are of.
        operator: An LSTM.
        input_scale: The size of a step of its input.
    """
    import tensorflow as tf

    weights = {}
    for place, bias_place in kernels_of(operator).items():
        kernel = layer.operand(_input(operator, place))
        bias = None if bias_place is None else layer.operand(_input(operator, bias_place))
        scale = weight_scales(tf.transpose(kernel), bias, input_scale, per_channel=False)
        weights[place] = kernel, scale
        if bias_place is not None:
            weights[bias_place] = bias, scale * input_scale
    return weights


def gate_weights(layer: Int8Graph, operator: Operator, input_scale: Any) -> GateWeights:
    """The weights of an LSTM whose input has steps of `input_scale`."""
    import tensorflow as tf

    weights = lstm_weights(layer, operator, input_scale)

    def joined(first: int) -> tuple[Any, Any]:
        parts = [weights[first + gate] for gate in range(4)]
        units = parts[0][0].shape[0]
        return tf.concat([tf.transpose(values) for values, _ in parts], -1), tf.repeat([s for _, s in parts], units)

    (kernel, scales), (recurrent, recurrent_scales), (bias, sum_scales) = (joined(first) for first in (1, 5, 12))
    return GateWeights(kernel, recurrent, bias, scales, recurrent_scales, sum_scales)


def lstm_of_reals(operator: Operator, x: Any, weights: GateWeights, rounded: Callable[[Any], Any]) -> Any:
    """The hidden states of all steps, with gradients.

    The 16 bits of sums, gates and cell are far finer than the hidden state's 8; their ends are kept to.

    Args:
        operator: The LSTM.
        x: Its input.
        weights: Rounded.
        rounded: Rounds a hidden state.
    """
    import tensorflow as tf

    cell_step = _cell_step(operator)

    def step(states: Any, given: Any) -> Any:
        hidden, cell = states
        sums = tf.clip_by_value(given + hidden @ weights.recurrent, -_LARGEST_SUM, _LARGEST_SUM)
        write, keep, candidate, show = tf.split(sums, 4, -1)
        cell = tf.sigmoid(keep) * cell + tf.sigmoid(write) * tf.tanh(candidate)
        cell = tf.clip_by_value(round_through(cell, cell_step), _LEAST_16 * cell_step, _LARGEST_16 * cell_step)
        return rounded(tf.sigmoid(show) * tf.tanh(cell)), cell

    return _run(operator, _steps(operator, x) @ weights.kernel + weights.bias, step)


def lstm_of_integers(
    operator: Operator, x: Any, weights: GateWeights, hidden_scale: Any, clipped: Callable[[Any], Any]
) -> Any:
    """The hidden states of all steps, whole numbers above their zero point.

    Args:
        operator: The LSTM.
        x: Its input, whole numbers above its zero point.
        weights: Not rounded.
        hidden_scale: The size of a step of the hidden state.
        clipped: Keeps whole numbers to the range of the hidden state.
    """
    import tensorflow as tf

    kernel = tf.round(weights.kernel / weights.scales)
    recurrent = tf.cast(tf.round(weights.recurrent / weights.recurrent_scales), tf.float64)
    bias = tf.cast(tf.round(weights.bias / weights.sum_scales), tf.float64)
    kept_factor = _double(weights.recurrent_scales * hidden_scale) / _SUM_STEP
    cell_step, hidden_factor = _cell_step(operator), _GATE_STEP**2 / _double(hidden_scale)

    def gate_sums(wide: Any, factor: Any) -> Any:
        return _limited(_multiply(tf.cast(wide, tf.int64), factor))

    def step(states: Any, given: Any) -> Any:
        hidden, cell = states
        kept = gate_sums(_double(hidden) @ recurrent, kept_factor)
        write, keep, candidate, show = tf.split(_limited(given + kept), 4, -1)
        kept_cell = _limited(_multiply(_sigmoid(keep) * cell, _GATE_STEP))
        new_cell = _limited(_multiply(_sigmoid(write) * _tanh(candidate, _SUM_STEP), _GATE_STEP**2 / cell_step))
        cell = _limited(kept_cell + new_cell)
        shown = _multiply(_sigmoid(show) * _tanh(cell, cell_step), hidden_factor)
        return tf.cast(clipped(tf.cast(shown, tf.float32)), tf.int64), cell

    sums = _double(_steps(operator, x)) @ _double(kernel) + bias
    hidden = _run(operator, gate_sums(sums, _double(weights.sum_scales) / _SUM_STEP), step)
    return tf.cast(hidden, tf.float32)


def _steps(operator: Operator, x: Any) -> Any:
    """(steps, windows, channels)."""
    import tensorflow as tf

    shape = _input(operator, 0).shape
    steps = shape[0] if operator.options["time_major"] else shape[1]
    return tf.transpose(tf.reshape(x, (-1, steps, shape[-1])), (1, 0, 2))


def _run(operator: Operator, given: Any, step: Callable[[Any, Any], Any]) -> Any:
    """The first states of all steps, from zeros, in the shape of the output."""
    import tensorflow as tf

    zeros = tf.zeros_like(given[0, :, : given.shape[-1] // 4])
    hidden, _ = tf.scan(step, given, (zeros, zeros))
    return tf.reshape(tf.transpose(hidden, (1, 0, 2)), held_shape(operator.outputs[0]))


def _input(operator: Operator, place: int) -> Tensor:
    tensor = operator.inputs[place]
    assert tensor is not None
    return tensor


def _cell_step(operator: Operator) -> float:
    quantization = _input(operator, _CELL_STATE).quantization
    assert quantization is not None
    return quantization.scale[0]


def _double(x: Any) -> Any:
    import tensorflow as tf

    return tf.cast(x, tf.float64)


def _limited(x: Any) -> Any:
    import tensorflow as tf

    return tf.clip_by_value(x, tf.cast(_LEAST_16, x.dtype), tf.cast(_LARGEST_16, x.dtype))


def _multiply(x: Any, factor: Any) -> Any:
    """`MultiplyByQuantizedMultiplier` with all of its bits, which products of 16 bits need: see `kernels.py`."""
    import tensorflow as tf

    factor = _double(factor)
    exponent = tf.floor(tf.math.log(factor) / math.log(2.0) + 1e-12) + 1
    multiplier = tf.cast(tf.round(factor * tf.pow(_double(2), 31 - exponent)), tf.int64)
    left, right = (tf.cast(tf.maximum(shift, 0), tf.int64) for shift in (exponent, -exponent))
    one = tf.ones((), tf.int64)
    high = tf.bitwise.right_shift(tf.bitwise.left_shift(x, left) * multiplier + 2**30, 31 * one)
    half = tf.bitwise.right_shift(tf.bitwise.left_shift(one, right), one)
    return tf.sign(high) * tf.bitwise.right_shift(tf.abs(high) + half, right)


def _sigmoid(x: Any) -> Any:
    """Of sums in steps of 2**-12, in steps of 2**-15."""
    import tensorflow as tf

    scaled = 3 * x
    result = _interpolated(tf.abs(scaled), 9)
    result = tf.where(scaled >= 0, result + 2**9, 2**25 - result + 2**9 - 1)
    return result // 2**10


def _tanh(x: Any, step: float) -> Any:
    """Of numbers in steps of a power of two, in steps of 2**-15: 2 * sigmoid(2 * x) - 1."""
    import tensorflow as tf

    shift = round(math.log2(step)) + 12
    scaled = 3 * 2**shift * x if shift >= 0 else (3 * x + 2 ** (-shift - 1)) // 2**-shift
    result = _interpolated(tf.abs(scaled), 8)
    result = tf.where(scaled >= 0, result - 2**23 + 2**7, -result + 2**23 + 2**7 - 1)
    return result // 2**8


def _interpolated(x: Any, bits: int) -> Any:
    """The sigmoid of 0 or more in steps of 2**-(16 + bits), between the entries of the table by the low bits."""
    import tensorflow as tf

    table = tf.constant(_sigmoid_table())
    place, rest = x // 2**bits, x % 2**bits
    below, above = (tf.gather(table, tf.minimum(place + i, _TABLE_SIZE - 1)) for i in (0, 1))
    inside = below * 2**bits + rest * (above - below)
    return tf.where(place < _TABLE_SIZE - 1, inside, tf.cast((2**16 - 1) * 2**bits, tf.int64))


def _sigmoid_table() -> np.ndarray:
    """The sigmoid of i / 24 in steps of 2**-16, raised so that straight lines between them err as much up as down.

    A line over an interval h is off by up to h**2 / 8 times the second derivative; half of that is added.
    """
    values = 1 / (1 + np.exp(-np.arange(_TABLE_SIZE) * _TABLE_STEP))
    curvature = values * (1 - values) * (1 - 2 * values)
    table: np.ndarray = np.round(2**16 * (values - curvature * _TABLE_STEP**2 / 16)).astype(np.int64)
    table[-1] = 2**16 - 1
    return table
