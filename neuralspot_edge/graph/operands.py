"""What an operator must have, its inputs, its outputs and some options: hand-written and damaged files may lack it."""

from __future__ import annotations

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.view import Operator, Tensor

__all__ = ["input_of", "is_dilated", "option_of", "output_of"]


def input_of(operator: Operator, place: int) -> Tensor:
    """An input that the operator cannot do without.

    Raises:
        InputError: The file leaves it out.
    """
    tensor = operator.inputs[place] if place < len(operator.inputs) else None
    if tensor is None:
        raise InputError(f"the model is damaged: operator {operator.index}, {operator.kind}, lacks its input {place}")
    return tensor


def output_of(operator: Operator) -> Tensor:
    """The first output.

    Raises:
        InputError: The file leaves it out.
    """
    if not operator.outputs:
        raise InputError(f"the model is damaged: operator {operator.index}, {operator.kind}, has no output")
    return operator.outputs[0]


def option_of(operator: Operator, name: str) -> int:
    """A size or count among the options.

    Raises:
        InputError: The file leaves it out, or it is negative.
    """
    value = operator.options.get(name)
    if not isinstance(value, int) or value < 0:
        raise InputError(
            f"the model is damaged: operator {operator.index}, {operator.kind}, has no sound option {name}"
        )
    return value


def is_dilated(operator: Operator) -> bool:
    """Whether a convolution leaves steps out between the taps of its kernel."""
    return any(operator.options.get(name, 1) != 1 for name in ("dilation_w_factor", "dilation_h_factor"))
