"""What a step graph must remember: for each signal the past frames that are read again, at one hop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neuralspot_edge.streaming.timeline import Read, Signal
from neuralspot_edge.streaming.trace import Trace

__all__ = ["Frames", "StreamPlan", "make_plan"]


@dataclass(frozen=True)
class Frames:
    """Frames of a signal that a call reads.

    Attributes:
        source: Index of the tensor that holds them.
        back: Frames that are newer than the last of them.
        count: How many.
    """

    source: int
    back: int
    count: int


@dataclass(frozen=True)
class StreamPlan:
    """A step graph before it is written.

    Attributes:
        trace: Time through the window graph.
        hop: Input steps of a call.
        reads: For each operator's index and input's place, what is read.
        outputs: What is given of each output that is a signal, by the output's place.
        history: Past frames that each signal's state holds, by its index; signals without are not there.
        masked: Signals whose first frames, computed before there is anything to compute them from, must become zeros.
    """

    trace: Trace
    hop: int
    reads: Mapping[tuple[int, int], Frames]
    outputs: Mapping[int, Frames]
    history: Mapping[int, int]
    masked: frozenset[int]

    def frames_a_call(self, signal: Signal) -> int:
        """New frames of a signal in each call."""
        return self.hop // signal.stride


def make_plan(trace: Trace, hop: int) -> StreamPlan:
    """Works out what each operator reads at a hop.

    Args:
        trace: Time through the window graph.
        hop: Input steps of a call, a multiple of `trace.hop_unit`.
    """
    wanted = [
        ((passage.operator.index, place), read, passage.output)
        for passage in trace.passages
        if passage.write is not None
        for place, read in passage.reads.items()
    ]
    reads = {key: _frames(trace, hop, read, output) for key, read, output in wanted}
    outputs = {}
    masked = {read.signal.source for _, read, _ in wanted if read.signal.zeros}
    for place, tensor in enumerate(trace.graph.outputs):
        value = trace.values.get(tensor.index)
        if isinstance(value, Signal):
            outputs[place] = _frames(trace, hop, Read(value), value.after())
            masked |= {value.source} if value.zeros else set()
    history: dict[int, int] = {}
    for frames in (*reads.values(), *outputs.values()):
        past = frames.back + frames.count - hop // trace.source(frames.source).stride
        history[frames.source] = max(past, history.get(frames.source, 0))
    return StreamPlan(
        trace=trace,
        hop=hop,
        reads=reads,
        outputs=outputs,
        history={source: past for source, past in history.items() if past},
        masked=frozenset(index for index in masked if trace.source(index).delay),
    )


def _frames(trace: Trace, hop: int, read: Read, output: object) -> Frames:
    source = trace.source(read.signal.source)
    if read.newest is not None or not isinstance(output, Signal):
        return Frames(source.source, 0, read.count)
    calls = hop // output.stride
    # The newest frame that the result's newest frame needs, as the source counts its frames.
    last = output.unshifted.newest(hop) * read.stride + read.count - 1 - read.signal.shift
    return Frames(source.source, source.newest(hop) - last, (calls - 1) * read.stride + read.count)
