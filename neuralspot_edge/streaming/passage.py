"""How time passes an operator: what it reads of its inputs, what it gives, and how it is written into a step graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from neuralspot_edge.graph.operands import input_of
from neuralspot_edge.graph.view import Operator, Tensor
from neuralspot_edge.streaming.timeline import Once, Read, Signal, Timeless, Value

if TYPE_CHECKING:
    from neuralspot_edge.streaming.draft import Draft

__all__ = ["PREDICT_IN_TIME", "STEP_MODEL", "Inputs", "Passage", "Rule", "StreamError", "Write", "copy", "zero_padded"]


PREDICT_IN_TIME = "predict at each step (head: per_step), or from the last step or the mean (head: last, pooled)"
STEP_MODEL = "a recurrent model streams as its step model: nse.models.step_model(model), exported"
"""Remedies that several operators have."""


class StreamError(Exception):
    """An operator cannot be streamed; the message says why, `remedy` what to do, where something can be done."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


Write: TypeAlias = Callable[["Draft", Operator, Sequence[int]], None]
"""Writes an operator: to the draft, the operator, from tensors that hold what the passage reads."""


def copy(draft: Draft, operator: Operator, inputs: Sequence[int]) -> None:
    """Writes an operator as it is, on other extents."""
    draft.copy(operator, inputs)


@dataclass(frozen=True)
class Passage:
    """How time passes an operator.

    Attributes:
        operator: The operator.
        output: What each of its outputs is; the source of a signal that it computes is set for each.
        reads: What it reads of its inputs, by place; an input that is not here is taken as it is.
        write: Writes it into a step graph; None where there is nothing to compute, and `output` is a view.
    """

    operator: Operator
    output: Value
    reads: Mapping[int, Read] = field(default_factory=dict)
    write: Write | None = copy


@dataclass(frozen=True)
class Inputs:
    """An operator with what is known of its inputs.

    Attributes:
        operator: The operator.
        values: What each tensor of the graph is, by index; constants of the file are not there.
    """

    operator: Operator
    values: Mapping[int, Value]

    def value(self, tensor: Tensor | None) -> Value:
        """What a tensor is."""
        return Timeless.CONSTANT if tensor is None else self.values.get(tensor.index, Timeless.CONSTANT)

    @property
    def all(self) -> tuple[Value, ...]:
        """What each input is, by place."""
        return tuple(self.value(tensor) for tensor in self.operator.inputs)

    @property
    def signals(self) -> dict[int, Signal]:
        """The signals among the inputs, by place."""
        return {place: value for place, value in enumerate(self.all) if isinstance(value, Signal)}

    def signal(self, place: int = 0) -> Signal:
        """The one signal of an operator whose other inputs are weights, sizes or axes.

        Raises:
            StreamError: There are others.
        """
        signals = self.signals
        if list(signals) != [place] or any(isinstance(value, Once) for value in self.all):
            raise StreamError("weights or sizes that are computed from the signal itself cannot be streamed")
        return signals[place]

    def constant(self, place: int) -> Tensor:
        """A constant that the operator cannot do without.

        Raises:
            StreamError: It is computed.
        """
        tensor = input_of(self.operator, place)
        if not tensor.is_constant:
            raise StreamError(f"its input {place}, {tensor.name!r}, is computed, where a stream needs a constant")
        return tensor

    def integers(self, place: int) -> list[int]:
        """The sizes, places or axes in a constant.

        Raises:
            StreamError: It is computed, or holds something else.
        """
        tensor = self.constant(place)
        content = tensor.data or b""
        if tensor.dtype not in ("int32", "int64") or len(content) % np.dtype(tensor.dtype).itemsize:
            raise StreamError(f"its input {place}, {tensor.name!r}, holds no whole numbers")
        values: list[int] = np.frombuffer(content, tensor.dtype).tolist()
        return values


def zero_padded(signal: Signal, before: int, after: int) -> Signal:
    """A signal with zeros around it.

    Raises:
        StreamError: It is a part of the window, and a stream has what precedes the part.
    """
    if signal.shift < 0 and before:
        raise StreamError("it pads a part of the window with zeros, where a stream has the frames before that part")
    return signal.padded(before, after)


Rule: TypeAlias = Callable[[Inputs], Passage]
"""Tells how time passes an operator of which at least one input is a signal; raises StreamError where it does not."""
