"""Multiply-accumulates of one operator, by kind; the conventions stand in `neuralspot_edge.graph.costs`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from neuralspot_edge.graph.operands import input_of, output_of
from neuralspot_edge.graph.view import Operator

__all__ = ["MAC_RULES"]

_LSTM_WEIGHTS = (*range(1, 12), 16)
"""Inputs of an LSTM that are weights: four of the input, four of the state, three peepholes, the projection."""


def _convolution(operator: Operator) -> int:
    """Weights (filters, height, width, input channels of a group)."""
    return output_of(operator).element_count * math.prod(input_of(operator, 1).shape[1:])


def _depthwise(operator: Operator) -> int:
    """Weights (1, height, width, channels)."""
    return output_of(operator).element_count * math.prod(input_of(operator, 1).shape[1:3])


def _transposed(operator: Operator) -> int:
    """Weights (filters, height, width, input channels): each input element is spread over a kernel of each filter."""
    return input_of(operator, 2).element_count * math.prod(input_of(operator, 1).shape[:3])


def _convolution_3d(operator: Operator) -> int:
    """Weights (depth, height, width, input channels, filters)."""
    return output_of(operator).element_count * math.prod(input_of(operator, 1).shape[:4])


def _transposed_3d(operator: Operator) -> int:
    """Weights (depth, height, width, filters, input channels)."""
    return input_of(operator, 2).element_count * math.prod(input_of(operator, 1).shape[:4])


def _fully_connected(operator: Operator) -> int:
    """Weights (units, inputs)."""
    return output_of(operator).element_count * math.prod(input_of(operator, 1).shape[-1:])


def _batch_matmul(operator: Operator) -> int:
    shape = input_of(operator, 0).shape
    summed = shape[-2:-1] if operator.options.get("adj_x") else shape[-1:]
    return output_of(operator).element_count * math.prod(summed)


def _lstm(operator: Operator) -> int:
    inputs = (tensor for place, tensor in enumerate(operator.inputs) if place in _LSTM_WEIGHTS)
    return _steps(operator) * sum(tensor.element_count for tensor in inputs if tensor is not None)


def _rnn(operator: Operator) -> int:
    """Weights of the input and of the state; an SVDF has those of the features and of time in their place."""
    return _steps(operator) * sum(input_of(operator, place).element_count for place in (1, 2))


def _steps(operator: Operator) -> int:
    """How often a recurrent operator goes through its weights: batch times time, whichever comes first."""
    return math.prod(input_of(operator, 0).shape[:-1])


MAC_RULES: Mapping[str, Callable[[Operator], int]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transposed,
    "CONV_3D": _convolution_3d,
    "CONV_3D_TRANSPOSE": _transposed_3d,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _rnn,
    "RNN": _rnn,
    "SVDF": _rnn,
}
"""How many multiply-accumulates an operator takes."""
