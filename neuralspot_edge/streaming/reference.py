"""The window graph on a whole sequence: what a stream must give, computed without a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import parse, read_model, serialize
from neuralspot_edge.graph.operands import output_of
from neuralspot_edge.graph.view import load_graph
from neuralspot_edge.streaming.draft import Draft
from neuralspot_edge.streaming.passage import Inputs, Passage
from neuralspot_edge.streaming.rules.shapes import RESHAPES
from neuralspot_edge.streaming.rules.slices import SLICES, parts_of
from neuralspot_edge.streaming.timeline import Once, Read, Signal
from neuralspot_edge.streaming.trace import Trace, trace_time

__all__ = ["HeadInput", "Reference", "make_reference"]


@dataclass(frozen=True)
class HeadInput:
    """A signal in which time ends.

    Attributes:
        body_output: Its place among the outputs of the body.
        frames: Frames of it that the head takes.
        axis: Its axis of time.
        last: Place among these of the last one that the head reads.
        newest: Index of the newest frame that a stream knows after its first call.
        step: Frames that each call adds.
    """

    body_output: int
    frames: int
    axis: int
    last: int
    newest: int
    step: int


@dataclass(frozen=True)
class Reference:
    """A window graph in two parts: in time, on a sequence of any length; and behind, on a window's frames of it.

    Attributes:
        steps: Input steps of the sequence.
        body: A `.tflite` whose outputs are signals over the whole sequence.
        head: A `.tflite` that takes a window's frames of some of these; None where the model predicts at each step.
        head_inputs: What it takes, in the order of its inputs.
        outputs: For each output of the model its place among those of the body, or -1 - its place among the head's.
    """

    steps: int
    body: bytes
    head: bytes | None
    head_inputs: tuple[HeadInput, ...]
    outputs: tuple[int, ...]


def make_reference(tflite: bytes | str | Path, steps: int, hop: int = 1, *, time_axis: int | None = None) -> Reference:
    """Puts a window graph on a sequence of another length; its weights and quantization stay.

    Args:
        tflite: A model that `stream` takes.
        steps: The most input steps of the sequence. It is as much shorter as it must be for strides to find the padding
            that the window gives them.
        hop: Input steps of a call of the stream that it is compared with.
        time_axis: As of `stream`.

    Raises:
        InputError: As of `stream`; or the sequence is shorter than the window.
    """
    content = read_model(tflite)
    graph = load_graph(content)
    window = trace_time(graph, time_axis)
    if steps < window.input.window:
        raise InputError(
            f"steps: a sequence is at least as long as the window, {window.input.window}, received {steps}"
        )
    steps -= (steps - window.input.window) % window.hop_unit
    trace = trace_time(graph, time_axis, steps)
    signals = [tensor.index for tensor in graph.outputs if isinstance(trace.values.get(tensor.index), Signal)]
    ends = _ends(trace)
    bodies = list(dict.fromkeys([*signals, *ends]))
    once = [tensor.index for tensor in graph.outputs if tensor.index not in signals]
    return Reference(
        steps=steps,
        body=_body(content, trace, bodies),
        head=_head(content, trace, list(ends), once) if once else None,
        head_inputs=tuple(_head_input(trace, hop, index, ends[index], bodies.index(index)) for index in ends),
        outputs=tuple(
            bodies.index(tensor.index) if tensor.index in signals else -1 - once.index(tensor.index)
            for tensor in graph.outputs
        ),
    )


def _ends(trace: Trace) -> dict[int, Read]:
    """The tensors in which time ends, with what is read of them."""
    ends: dict[int, Read] = {}
    for passage in trace.passages:
        for place, read in passage.reads.items():
            tensor = passage.operator.inputs[place]
            if tensor is None or not isinstance(passage.output, Once):
                continue
            if ends.setdefault(tensor.index, read).newest != read.newest:
                raise InputError(f"tensor {tensor.name!r} ends in two places of the window, which is not verified")
    return ends


def _head_input(trace: Trace, hop: int, index: int, read: Read, body_output: int) -> HeadInput:
    signal = trace.values[index]
    assert isinstance(signal, Signal)
    assert read.newest is not None
    frames = trace.graph.tensors[index].shape[signal.axis]
    return HeadInput(body_output, frames, signal.axis, read.newest, signal.newest(hop), hop // signal.stride)


def _body(content: bytes, trace: Trace, outputs: Sequence[int]) -> bytes:
    draft = Draft(parse(content))
    draft.resize(trace.input.source, trace.input.axis, trace.input.frames)
    for passage in trace.passages:
        if isinstance(passage.output, Once):
            continue
        for tensor in passage.operator.outputs:
            if isinstance(passage.output, Signal):
                draft.resize(tensor.index, passage.output.axis, passage.output.frames)
        _write(draft, trace, passage)
    return serialize(draft.finish([trace.input.source], outputs))


def _write(draft: Draft, trace: Trace, passage: Passage) -> None:
    """Writes an operator that the sequence passes; what names the window's length is named anew."""
    operator = passage.operator
    tensors = [-1 if tensor is None else tensor.index for tensor in operator.inputs]
    if not isinstance(passage.output, Signal) or operator.kind not in (*RESHAPES, *SLICES):
        draft.copy(operator, tensors)
        return
    output = output_of(operator).index
    if operator.kind in RESHAPES:
        draft.reshape(tensors[0], output)
        return
    parts = parts_of(Inputs(operator, trace.values))
    begin, strides = [part.begin for part in parts], [part.stride for part in parts]
    draft.reshape(draft.slice(tensors[0], begin, draft.shape(output), strides), output)


def _head(content: bytes, trace: Trace, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
    draft = Draft(parse(content))
    for passage in trace.passages:
        if not isinstance(passage.output, Signal):
            draft.copy(passage.operator, [-1 if tensor is None else tensor.index for tensor in passage.operator.inputs])
    return serialize(draft.finish(inputs, outputs))
