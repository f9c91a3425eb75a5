"""The window graph of a model rewritten as the graph of one hop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.graph.flatbuffer import parse, read_model, serialize
from neuralspot_edge.graph.metadata import annotate
from neuralspot_edge.graph.states import NEXT
from neuralspot_edge.graph.streams import StateForm, StreamInfo, StreamOutput, StreamState
from neuralspot_edge.graph.view import load_graph
from neuralspot_edge.streaming.draft import Draft
from neuralspot_edge.streaming.memory import CircularBuffers, StatesInAndOut
from neuralspot_edge.streaming.passage import Passage
from neuralspot_edge.streaming.plan import Frames, StreamPlan, make_plan
from neuralspot_edge.streaming.timeline import Once, Signal
from neuralspot_edge.streaming.trace import Trace, trace_time
from neuralspot_edge.suggestions import unknown_name

__all__ = ["stream"]


def stream(tflite: bytes | str | Path, hop: int = 1, state: StateForm = "io", *, time_axis: int | None = None) -> bytes:
    """Rewrites a finished window graph into the graph of one hop, which computes what is new alone.

    Each padding and convolution over time becomes a state with the past frames, joined with the new ones, and the same
    convolution without padding. Weights, scales and zero points stay, so that each value is the one that the window
    graph gives on the whole signal: equality holds by construction, and one calibration serves both.

    Args:
        tflite: A model of one signal, in int8, int16x8 or float32, of this package's make or any other.
        hop: Input steps of a call, a multiple of the model's strides over time.
        state: `io` makes each state an input and an output, for any interpreter; `tflm` keeps it in TensorFlow Lite
            Micro's CIRCULAR_BUFFER, in int8 with a hop of 1.
        time_axis: The axis of time in the input; None takes 1 of (1, time, ...), and 2 of (1, 1, time, channels).

    Returns:
        The content of the step graph. Its metadata tells `StreamingSession` all that it needs: the hop, the delay of
        each output, which state output feeds which state input, and the model's own card.

    Raises:
        InputError: The file is not sound; a layer does not stream, which the message names with the reason and the
            remedy; or hop and state do not fit the model or each other.
    """
    content = read_model(tflite)
    graph = load_graph(content)
    if state not in get_args(StateForm):
        raise InputError(unknown_name("state", state, get_args(StateForm)))
    card = ModelCard.in_metadata(graph.metadata)
    if card is not None and card.preprocessing.kind == "window":
        raise InputError(
            "preprocess: window looks at each window by itself, which no stream has; train with standardize"
        )
    trace = trace_time(graph, time_axis)
    _check(trace, hop, state)
    plan = make_plan(trace, hop)
    memory = StatesInAndOut() if state == "io" else CircularBuffers()
    writer = _Writer(plan, Draft(parse(content)), memory)
    outputs = writer.write()
    return _finished(writer, outputs, state)


def _check(trace: Trace, hop: int, state: StateForm) -> None:
    unit = trace.hop_unit
    if isinstance(hop, bool) or not isinstance(hop, int) or hop < 1 or hop % unit:
        allowed = "1 input step or more" if unit == 1 else f"a multiple of {unit} input steps, its strides over time"
        raise InputError(f"hop: received {hop!r}; a call of this model takes {allowed}")
    if state == "io":
        return
    kinds = {tensor.dtype for tensor in (*trace.graph.inputs, *trace.graph.outputs)}
    computed = {tensor.dtype for passage in trace.passages for tensor in passage.operator.outputs}
    if hop != 1 or (kinds | computed) - {"int8"}:
        what = f"hop {hop}" if hop != 1 else f"a model in {' and '.join(sorted(kinds | computed))}"
        raise InputError(f"state: tflm takes int8 and one step a call, received {what}; use state io")


class _Writer:
    """Writes a plan into a draft.

    Attributes:
        draft: The step graph.
        memory: What keeps its states.
    """

    def __init__(self, plan: StreamPlan, draft: Draft, memory: StatesInAndOut | CircularBuffers) -> None:
        self.draft = draft
        self.memory = memory
        self.plan = plan
        self._new: dict[int, int] = {}
        self._extended: dict[int, int] = {}
        self._parts: dict[Frames, int] = {}
        self._names: set[str] = set()
        self._masks: dict[tuple[int, int, str], int] = {}

    def write(self) -> list[int]:
        """Writes all operators.

        Returns:
            The tensors of the model's own outputs.
        """
        trace = self.plan.trace
        self._give(trace.input.source)
        for passage in trace.passages:
            if passage.write is not None:
                self._write_passage(passage)
        places = range(len(trace.graph.outputs))
        return [
            self._read(self.plan.outputs[place]) if place in self.plan.outputs else trace.graph.outputs[place].index
            for place in places
        ]

    def _write_passage(self, passage: Passage) -> None:
        operator = passage.operator
        assert passage.write is not None
        tensors = [-1 if tensor is None else tensor.index for tensor in operator.inputs]
        for place in passage.reads:
            tensors[place] = self._read(self.plan.reads[operator.index, place])
        for output in operator.outputs:
            if isinstance(passage.output, Signal):
                size = self.plan.frames_a_call(self.plan.trace.source(output.index))
                self.draft.resize(output.index, passage.output.axis, size)
        passage.write(self.draft, operator, tensors)
        for output in operator.outputs:
            if isinstance(passage.output, Signal):
                self._give(output.index)

    def _give(self, index: int) -> None:
        """Has the new frames of a signal, now computed or given, joined with what is remembered."""
        value = self.plan.trace.source(index)
        if index == self.plan.trace.input.source:
            self.draft.resize(index, value.axis, self.plan.hop)
        tensor = self.draft.stands_for(index)
        if index in self.plan.masked:
            tensor = self._mask(tensor, value)
        self._new[index] = self._extended[index] = tensor
        if past := self.plan.history.get(index, 0):
            whole = self.memory.extend(
                self.draft, tensor, value.axis, past, self._name(f"{self.draft.name(index)}.state")
            )
            self._extended[index] = whole

    def _mask(self, tensor: int, value: Signal) -> int:
        """Makes the frames of the first calls zeros, that a window has as its padding."""
        draft, count = self.draft, self.plan.frames_a_call(value)
        key = (count, value.delay, draft.dtype(tensor))
        if key not in self._masks:
            shape = [1] * len(draft.shape(tensor))
            shape[value.axis] = count
            name = self._name("began.state")
            ones = draft.ones(f"{name}.ones", shape, tensor)
            whole = self.memory.extend(draft, ones, value.axis, value.delay, name)
            self._masks[key] = draft.slice(whole, [0] * len(shape), shape)
        output = draft.add(f"{draft.name(tensor)}.since", draft.shape(tensor), tensor)
        draft.put("MUL", [tensor, self._masks[key]], output, {})
        return output

    def _read(self, frames: Frames) -> int:
        tensor = self._extended[frames.source]
        value = self.plan.trace.source(frames.source)
        shape = list(self.draft.shape(tensor))
        first = shape[value.axis] - frames.back - frames.count
        if frames.count == shape[value.axis]:
            return tensor
        if frames == Frames(frames.source, 0, self.plan.frames_a_call(value)):
            return self._new[frames.source]
        if frames not in self._parts:
            begin = [0] * len(shape)
            begin[value.axis], shape[value.axis] = first, frames.count
            self._parts[frames] = self.draft.slice(tensor, begin, shape)
        return self._parts[frames]

    def _name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._names:
            number += 1
            name = f"{wanted}{number}"
        self._names.add(name)
        return name


def _finished(writer: _Writer, outputs: Sequence[int], state: StateForm) -> bytes:
    plan, draft, memory = writer.plan, writer.draft, writer.memory
    graph = plan.trace.graph
    states = memory if isinstance(memory, StatesInAndOut) else StatesInAndOut()
    names = [draft.name(index) for index in states.inputs]
    model = draft.finish([plan.trace.input.source, *states.inputs], [*outputs, *states.outputs])
    info = StreamInfo(
        state=state,
        hop=plan.hop,
        input=0,
        axis=plan.trace.input.axis,
        outputs=tuple(_output(plan, place) for place in range(len(outputs))),
        states=tuple(StreamState(1 + i, len(outputs) + i) for i in range(len(names))),
        window=plan.trace.input.window,
    )
    return annotate(
        serialize(model),
        metadata=info.to_metadata(),
        input_names=[*graph.input_names, *names],
        output_names=[*graph.output_names, *(f"{name}{NEXT}" for name in names)],
    )


def _output(plan: StreamPlan, place: int) -> StreamOutput:
    value: Any = plan.trace.values.get(plan.trace.graph.outputs[place].index)
    if isinstance(value, Signal):
        value = replace(value.after(), source=value.source)
        return StreamOutput(place, plan.frames_a_call(value), value.axis, value.stride, value.delay)
    calls = -(-value.origin // plan.hop) if isinstance(value, Once) else 0
    return StreamOutput(place, stride=plan.hop, delay=calls)
