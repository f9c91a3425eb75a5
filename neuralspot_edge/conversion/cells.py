"""Recurrent cells step by step, in operators that TensorFlow Lite Micro and LiteRT compute alike.

Keras unrolls a cell into products of matrices, which become FULLY_CONNECTED: the two interpreters round it differently,
and over 50 steps one step of int8 grows to four. Here every product is a 1x1 convolution, which they round alike; those
of the inputs are made for all steps at once, so that an unrolled layer has a third fewer operators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["StepwiseCell", "stepwise"]

Tensor = Any
"""An image (1, 1, steps, channels)."""


@dataclass(frozen=True)
class StepwiseCell:
    """What a cell computes.

    Attributes:
        projections: Kernel (channels, units) and bias (units,) of each linear function of the input that a step needs.
        step: From these of one step and the states to the new states, of which the first is the cell's output.
    """

    projections: tuple[tuple[Tensor, Tensor], ...]
    step: Callable[[Sequence[Tensor], Sequence[Tensor]], list[Tensor]]

    def run(self, x: Tensor, states: Sequence[Tensor], *, backwards: bool = False) -> tuple[list[Tensor], list[Tensor]]:
        """Runs the cell over an image.

        Args:
            x: (1, 1, steps, channels).
            states: (1, 1, 1, units) each.
            backwards: Whether the last step comes first.

        Returns:
            The output of each step in the order in which they were run, and the last states.
        """
        projected = [_linear(x, *projection) for projection in self.projections]
        steps = list(zip(*map(_steps_of, projected), strict=True))
        outputs, current = [], list(states)
        for parts in reversed(steps) if backwards else steps:
            current = self.step(parts, current)
            outputs.append(current[0])
        return outputs, current


def stepwise(cell: Any) -> StepwiseCell | None:
    """The cell of a Keras layer for inference, None where it is of another kind."""
    import keras

    from neuralspot_edge.layers.recurrent import LayerNormSimpleRnnCell

    builders = {
        keras.layers.SimpleRNNCell: _simple,
        keras.layers.GRUCell: _gru,
        keras.layers.LSTMCell: _lstm,
        LayerNormSimpleRnnCell: _normalized,
    }
    builder = builders.get(type(cell))
    return builder(cell) if builder else None


def _linear(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    import tensorflow as tf

    y = tf.nn.conv2d(x, kernel[None, None], 1, "VALID")
    return y if bias is None else y + bias


def _steps_of(x: Tensor) -> list[Tensor]:
    import tensorflow as tf

    return list(tf.split(x, x.shape[2], axis=2)) if x.shape[2] > 1 else [x]


def _split(x: Tensor, count: int, state: Tensor) -> list[Tensor]:
    """Equal parts of the channels. The converter leaves a SPLIT in float if a part of it goes nowhere.

    That happens where a state of zeros takes a gate out of the graph, so that each part is then a slice of its own.
    """
    import tensorflow as tf

    if tf.get_static_value(state) is None:
        return list(tf.split(x, count, axis=-1))
    width = x.shape[-1] // count
    return [x[..., place * width : (place + 1) * width] for place in range(count)]


def _weights(cell: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Kernel, recurrent kernel and bias, zeros where there is none."""
    import tensorflow as tf

    kernel, recurrent = (tf.convert_to_tensor(weight) for weight in (cell.kernel, cell.recurrent_kernel))
    bias = tf.zeros(kernel.shape[-1]) if cell.bias is None else tf.convert_to_tensor(cell.bias)
    return kernel, recurrent, bias


def _simple(cell: Any) -> StepwiseCell:
    kernel, recurrent, bias = _weights(cell)

    def step(parts: Sequence[Tensor], states: Sequence[Tensor]) -> list[Tensor]:
        return [cell.activation(parts[0] + _linear(states[0], recurrent))]

    return StepwiseCell(((kernel, bias),), step)


def _normalized(cell: Any) -> StepwiseCell:
    """A mean is a linear function too: that of the sum goes into the weights, that of the squares is a convolution."""
    import tensorflow as tf

    units, norm = cell.units, cell.norm
    mean = tf.fill((units, 1), 1 / units)
    center = tf.eye(units) - mean
    kernel, recurrent = (weights @ center for weights in _weights(cell.recurrence)[:2])
    bias = tf.linalg.matvec(center, _weights(cell.recurrence)[2])

    def step(parts: Sequence[Tensor], states: Sequence[Tensor]) -> list[Tensor]:
        centered = parts[0] + _linear(states[0], recurrent)
        variance = _linear(centered * centered, mean, tf.fill((1,), norm.epsilon))
        return [cell.activation(centered * tf.math.rsqrt(variance) * norm.gamma + norm.beta)]

    return StepwiseCell(((kernel, bias),), step)


def _gru(cell: Any) -> StepwiseCell:
    """Gates first, candidate last, as Keras lays out the weights; h' = candidate + update * (h - candidate)."""
    import tensorflow as tf

    kernel, recurrent, bias = _weights(cell)
    gates = 2 * cell.units
    given, kept = bias, tf.zeros(cell.units)
    if cell.reset_after and cell.bias is not None:
        # Both biases of the gates are added to one sum; the candidate's second one is behind the reset gate.
        given = tf.concat([bias[0, :gates] + bias[1, :gates], bias[0, gates:]], 0)
        kept = bias[1, gates:]

    def step(parts: Sequence[Tensor], states: Sequence[Tensor]) -> list[Tensor]:
        (h,) = states
        open_gates = cell.recurrent_activation(parts[0] + _linear(h, recurrent[:, :gates]))
        update, reset = _split(open_gates, 2, h)
        if cell.reset_after:
            remembered = reset * _linear(h, recurrent[:, gates:], kept)
        else:
            remembered = _linear(reset * h, recurrent[:, gates:])
        candidate = cell.activation(parts[1] + remembered)
        return [candidate + update * (h - candidate)]

    return StepwiseCell(((kernel[:, :gates], given[:gates]), (kernel[:, gates:], given[gates:])), step)


def _lstm(cell: Any) -> StepwiseCell:
    """Input gate, forget gate, candidate, output gate, as Keras lays out the weights."""
    kernel, recurrent, bias = _weights(cell)

    def step(parts: Sequence[Tensor], states: Sequence[Tensor]) -> list[Tensor]:
        h, c = states
        sums = _split(parts[0] + _linear(h, recurrent), 4, h)
        write, keep, show = (cell.recurrent_activation(sums[place]) for place in (0, 1, 3))
        c = keep * c + write * cell.activation(sums[2])
        return [show * cell.activation(c), c]

    return StepwiseCell(((kernel, bias),), step)
