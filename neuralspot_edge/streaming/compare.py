"""Whether a step graph gives what its window graph gives: both are played on one signal, value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.streams import stream_info
from neuralspot_edge.graph.view import load_graph
from neuralspot_edge.interpreters.base import BaseInterpreter, Progress
from neuralspot_edge.interpreters.frame_layout import FrameLayout
from neuralspot_edge.interpreters.litert import LiteRtInterpreter
from neuralspot_edge.interpreters.stepper import Stepper
from neuralspot_edge.interpreters.tensors import TensorSpec
from neuralspot_edge.interpreters.tflm import TflmInterpreter
from neuralspot_edge.streaming.reference import HeadInput, Reference, make_reference

__all__ = ["StreamComparison", "compare_stream"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class StreamComparison:
    """A step graph against its window graph.

    Attributes:
        steps: Input steps that both were played on.
        values: Output values that were compared.
        differing: How many of them differ.
        largest: The largest difference: in integer steps, or in the output's unit where it is float32.
        first: Input step of the first call in which one differs; None where none does.
    """

    steps: int
    values: int
    differing: int
    largest: float
    first: int | None

    @property
    def equal(self) -> bool:
        """Whether every value was compared and equal."""
        return self.values > 0 and self.differing == 0


def compare_stream(
    window: bytes | str | Path,
    step: bytes | str | Path,
    signal: npt.ArrayLike,
    *,
    interpreter: str = "tflm",
    progress: Progress | None = None,
) -> StreamComparison:
    """Plays one signal through a step graph and through its window graph.

    The reference is one window graph over the whole signal, without any state; for a model that predicts once a window,
    that graph up to where time ends, and the rest on the last frames of it at each call, those before the signal being
    zeros. What a delayed output gives before its delay has passed is of no use and not compared.

    Args:
        window: The window graph.
        step: The step graph that `stream` made of it.
        signal: As `StreamingSession.play` takes it, (N, channels) for most, in raw values: integers of the input's
            type, or float32 for a model of floats, preprocessed. N is at least the window; what is beyond a multiple of
            the hop is not played.
        interpreter: `tflm`, or `litert` for LiteRT's reference kernels.
        progress: Called with the steps that the stream has been played on, and their number.

    Raises:
        InputError: The two files do not belong together, the signal is too short or of another shape, or a file is
            refused.
    """
    run = LiteRtInterpreter if interpreter == "litert" else TflmInterpreter
    stepper = _stepper(window, read_model(step), run)
    info, spec = stepper.info, stepper.input
    array = _along_time(np.asarray(signal), spec, info.axis)
    reference = make_reference(window, len(array), info.hop, time_axis=info.axis)
    array = array[: reference.steps]
    calls = len(array) // info.hop
    bodies = run(reference.body).invoke(_as_input(array, info.axis))
    played = _play(stepper, array[: calls * info.hop], progress)
    heads = _run_head(run, reference, bodies, calls) if reference.head else []
    comparison = _Tally(calls * info.hop)
    for output, stream, place in zip(info.outputs, played, reference.outputs, strict=True):
        whole = heads[-1 - place] if place < 0 else np.moveaxis(bodies[place], output.axis or 0, 0)
        known = stream[output.delay :]
        expected = whole[output.delay :] if place < 0 else whole[: len(known)]
        comparison.add(known, expected, output.delay_steps, output.stride)
    return comparison.result()


def _stepper(window: bytes | str | Path, step: bytes, run: Callable[[bytes], BaseInterpreter]) -> Stepper:
    """The step graph with its states.

    Raises:
        InputError: It is none, or cannot be of one model with the window graph.
    """
    graph, info = load_graph(window), stream_info(load_graph(step))
    if info is None or info.window is None:
        raise InputError("step: the file was not made of a window graph; nse stream makes one")
    if graph.inputs[0].shape[info.axis : info.axis + 1] != (info.window,):
        raise InputError(
            f"the step graph was made of a window of {info.window} steps, the other file takes {graph.inputs[0].shape}"
        )
    stepper = Stepper(run(step), info)
    ends = [stepper.input.dtype, *(spec.dtype for spec in stepper.outputs)]
    if [tensor.dtype for tensor in (*graph.inputs, *graph.outputs)] != ends:
        raise InputError(f"the step graph has inputs and outputs of {ends}, the window graph of other types")
    return stepper


def _play(stepper: Stepper, array: Array, progress: Progress | None) -> list[Array]:
    """What each output gives over a signal (N, ...): (frames, values), or (calls, values) of one value a call."""
    hop, outputs = stepper.info.hop, stepper.info.outputs
    kept: list[list[Array]] = [[] for _ in outputs]
    for begin in range(0, len(array), hop):
        values = stepper.step(_as_input(array[begin : begin + hop], stepper.info.axis))
        for column, output, value in zip(kept, outputs, values, strict=True):
            frames = value[None] if output.axis is None else np.moveaxis(value, output.axis, 0)
            column.append(frames.reshape(len(frames), -1))
        if progress is not None:
            progress(begin + hop, len(array))
    return [np.concatenate(column) for column in kept]


def _along_time(array: Array, spec: TensorSpec, axis: int) -> Array:
    """The signal as (N, ...), from (N, channels) or the input's own shape with N in the place of the hop.

    Raises:
        InputError: It has another shape or type.
    """
    layout = FrameLayout(spec.shape, axis)
    time = layout.time_in(array.shape)
    if time is None:
        raise layout.refusal("signal", array.shape, "N")
    if array.dtype != spec.dtype:
        raise InputError(f"signal: the model takes raw {spec.dtype}, received {array.dtype}")
    return np.moveaxis(array, time, 0).reshape(-1, *spec.shape[1:axis], *spec.shape[axis + 1 :])


def _as_input(frames: Array, axis: int) -> Array:
    """Frames (N, ...) in the shape of an input (1, ...)."""
    return np.ascontiguousarray(np.moveaxis(frames, 0, axis - 1)[None])


def _run_head(
    kind: Callable[[bytes], BaseInterpreter], reference: Reference, bodies: Sequence[Array], calls: int
) -> list[Array]:
    """What the head gives at each call: for each of its outputs (calls, values)."""
    assert reference.head is not None
    head = kind(reference.head)
    given = [
        _Frames(np.moveaxis(bodies[each.body_output], each.axis, 0), each, head.inputs[place].zero)
        for place, each in enumerate(reference.head_inputs)
    ]
    results = [head.invoke(*(frames.at(call) for frames in given)) for call in range(calls)]
    return [np.stack([result[place].reshape(-1) for result in results]) for place in range(len(head.outputs))]


@dataclass(frozen=True)
class _Frames:
    """The windows of a signal that end with the newest frame of each call.

    Attributes:
        signal: (frames, ...).
        read: How it is read.
        zero: What stands for 0.
    """

    signal: Array
    read: HeadInput
    zero: int

    def at(self, call: int) -> Array:
        """The window at a call, in the shape that the head takes; frames outside the signal are zeros."""
        begin = self.read.newest + call * self.read.step - self.read.last
        window = np.full((self.read.frames, *self.signal.shape[1:]), self.zero, self.signal.dtype)
        first, last = max(begin, 0), min(begin + self.read.last + 1, len(self.signal))
        if first < last:
            window[first - begin : last - begin] = self.signal[first:last]
        return np.ascontiguousarray(np.moveaxis(window, 0, self.read.axis))


class _Tally:
    """Counts the values that differ."""

    def __init__(self, steps: int) -> None:
        self._steps, self._values, self._differing, self._largest = steps, 0, 0, 0.0
        self._firsts: list[int] = []

    def add(self, found: Array, expected: Array, begin: int, stride: int) -> None:
        """Compares frames with frames, of which the first is at input step `begin` and each next `stride` later."""
        received, wanted = (values.reshape(len(found), -1).astype(np.float64) for values in (found, expected))
        difference = np.abs(received - wanted)
        rows = difference.max(axis=1, initial=0).nonzero()[0]
        self._values += difference.size
        self._differing += int(np.count_nonzero(difference))
        self._largest = max(self._largest, float(difference.max(initial=0)))
        self._firsts += [begin + int(rows[0]) * stride] if len(rows) else []

    def result(self) -> StreamComparison:
        """What was counted."""
        first = min(self._firsts, default=None)
        return StreamComparison(self._steps, self._values, self._differing, self._largest, first)
