"""Time through a graph: what each of its tensors is, operator by operator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.graph.view import Graph, Operator
from neuralspot_edge.streaming.passage import STEP_MODEL, Inputs, Passage, Rule, StreamError, copy
from neuralspot_edge.streaming.rules import pointwise, reductions, shapes, slices, windows
from neuralspot_edge.streaming.timeline import Once, Signal, Timeless, Value

__all__ = ["Trace", "trace_time"]

_RULES: Mapping[str, Rule] = {
    **pointwise.RULES,
    **windows.RULES,
    **shapes.RULES,
    **slices.RULES,
    **reductions.RULES,
}
_ORDINARY_RANK = 3
_REMEDIES = {
    "SPACE_TO_BATCH_ND": "convert the model with its batch fixed to 1; nse export does",
    "BATCH_TO_SPACE_ND": "convert the model with its batch fixed to 1; nse export does",
    "REVERSE_V2": "a stream has no end to begin at: go_backwards: false",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": STEP_MODEL,
}


@dataclass(frozen=True)
class Trace:
    """Time through a graph.

    Attributes:
        graph: The window graph.
        input: The signal that it is given.
        passages: How time passes each of its operators, in their order.
        values: What each tensor is, by index; constants of the file are not there.
    """

    graph: Graph
    input: Signal
    passages: tuple[Passage, ...]
    values: Mapping[int, Value]

    def source(self, index: int) -> Signal:
        """A tensor that is computed, as its own frames are counted."""
        value = self.values[index]
        assert isinstance(value, Signal)
        return value.unshifted

    @property
    def hop_unit(self) -> int:
        """Input steps of which a hop must be a multiple, for each call to give whole frames everywhere."""
        return math.lcm(*(value.stride for value in self.values.values() if isinstance(value, Signal)))


def trace_time(graph: Graph, axis: int | None = None, frames: int | None = None) -> Trace:
    """Follows the axis of time through a window graph.

    Args:
        graph: A graph of one input.
        axis: The axis of time in its input; None takes 1 of (1, time, ...), and 2 of (1, 1, time, channels).
        frames: Input steps, where it is traced on another length than its window's.

    Raises:
        InputError: An operator does not let a stream pass; the message names its layer, the reason and, where there is
            one, the remedy.
    """
    _check_ends(graph)
    tensor = graph.inputs[0]
    axis = _time_axis(tensor.shape) if axis is None else axis
    if not 0 < axis < len(tensor.shape):
        raise InputError(f"time_axis: {axis} is no axis of the input {tensor.shape} beside its batch")
    window = tensor.shape[axis]
    signal = Signal(tensor.index, axis, frames or window, window)
    values: dict[int, Value] = {tensor.index: signal}
    passages = []
    for operator in graph.operators:
        passage = _pass(Inputs(operator, values))
        if signal.frames == window:
            _check_length(passage)
        passages.append(passage)
        for output in operator.outputs:
            values[output.index] = _own(passage, output.index)
    return Trace(graph, signal, tuple(passages), values)


def _check_ends(graph: Graph) -> None:
    if len(graph.inputs) != 1:
        raise InputError(
            f"the model has {len(graph.inputs)} inputs, {graph.input_names}; a model of one signal streams"
        )
    if len(graph.subgraphs) != 1:
        raise InputError("the model has control flow, whose branches and loops do not stream")


def _time_axis(shape: tuple[int, ...]) -> int:
    if len(shape) <= _ORDINARY_RANK:
        return 1
    if shape[1] == 1:
        return 2
    raise InputError(f"time_axis: the input {shape} does not tell which axis is time; name it, as in time_axis=1")


def _pass(inputs: Inputs) -> Passage:
    operator = inputs.operator
    if not inputs.signals:
        return _without_time(inputs)
    rule = _RULES.get(operator.kind)
    try:
        if rule is None:
            raise StreamError("no rule is known by which it streams", _REMEDIES.get(operator.kind, ""))
        if any(tensor.is_variable for tensor in operator.inputs if tensor is not None):
            raise StreamError("it keeps a state of its own")
        return rule(inputs)
    except StreamError as error:
        raise _refusal(operator, error) from None


def _without_time(inputs: Inputs) -> Passage:
    """Behind the last operator in time, on constants, or on sizes."""
    operator, values = inputs.operator, set(inputs.all)
    if Timeless.EXTENTS in values:
        if operator.kind in shapes.EXTENT_KINDS and not any(isinstance(value, Once) for value in values):
            return Passage(operator, Timeless.EXTENTS, write=None)
        if operator.kind != "RESHAPE":
            raise _refusal(operator, StreamError("it computes with the size of the window"))
    origins = {value for value in values if isinstance(value, Once)}
    if len(origins) > 1:
        raise _refusal(operator, StreamError("it joins values of the window that lag by unequal times"))
    return Passage(operator, origins.pop() if origins else Timeless.CONSTANT, write=copy)


def _own(passage: Passage, index: int) -> Value:
    """What an output of a passage is, which computes it anew unless it is a view."""
    output = passage.output
    computed = isinstance(output, Signal) and passage.write is not None
    return replace(output, source=index) if computed else output  # type: ignore[type-var]


def _check_length(passage: Passage) -> None:
    """What is worked out here must be what the file says: a wrong rule would give a wrong stream in silence."""
    if not isinstance(passage.output, Signal):
        return
    for tensor in passage.operator.outputs:
        if tensor.shape[passage.output.axis : passage.output.axis + 1] != (passage.output.frames,):
            expected = f"{passage.output.frames} frames on axis {passage.output.axis}"
            raise _refusal(passage.operator, StreamError(f"its output {tensor.shape} has not the expected {expected}"))


def _refusal(operator: Operator, error: StreamError) -> InputError:
    layer = layer_of(operator)
    where = f"layer {layer!r} ({operator.kind})" if layer else f"operator {operator.index}, {operator.kind}"
    return InputError(f"{where} does not stream: {error}" + (f"; {error.remedy}" if error.remedy else ""))
