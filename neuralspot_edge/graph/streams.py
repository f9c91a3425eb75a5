"""What a step graph says of itself: its hop, which state goes where, and how far its output lags behind its input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.states import state_pairs
from neuralspot_edge.graph.view import Graph

__all__ = ["STREAM_ENTRY", "StateForm", "StreamInfo", "StreamOutput", "StreamState", "stream_info"]

STREAM_ENTRY = "neuralspot_edge.stream"
"""Name of the metadata entry that holds it as JSON."""

StateForm: TypeAlias = Literal["io", "tflm"]

_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class StreamState:
    """A state that goes from one call to the next as an output and an input; it begins as zeros, the zero point.

    Attributes:
        input: Its place among the inputs.
        output: The place of its next value among the outputs.
    """

    input: int
    output: int


@dataclass(frozen=True)
class StreamOutput:
    """An output that is not a state.

    Attributes:
        index: Its place among the outputs.
        frames: Frames of it that a call gives, along `axis`.
        axis: The axis of its frames; None where a call gives one value, such as the mean over the window so far.
        stride: Input steps from one frame to the next; the hop, where a call gives one value.
        delay: Frames by which it lags: frame 0 of the window graph's output is the frame of this number of the stream,
            what comes before it is of no use. Of one value a call it is in calls, rounded up.
    """

    index: int
    frames: int = 1
    axis: int | None = None
    stride: int = 1
    delay: int = 0

    @property
    def delay_steps(self) -> int:
        """The lag in input steps."""
        return self.delay * self.stride


@dataclass(frozen=True)
class StreamInfo:
    """How a step graph is played.

    Attributes:
        state: Where its states are: `io`, inputs and outputs; `tflm`, TensorFlow Lite Micro's CIRCULAR_BUFFER.
        hop: Input steps that a call takes.
        input: Place of the signal among the inputs.
        axis: Its axis of time.
        outputs: What a call gives beside the states.
        states: The states that the caller keeps; none in the form `tflm`.
        window: Input steps of the window graph that it was made of; None where there was none.
    """

    state: StateForm
    hop: int
    input: int
    axis: int
    outputs: tuple[StreamOutput, ...]
    states: tuple[StreamState, ...] = ()
    window: int | None = None

    @property
    def delay_steps(self) -> int:
        """The lag in input steps, the most of any output."""
        return max((output.delay_steps for output in self.outputs), default=0)

    def to_metadata(self) -> dict[str, bytes]:
        """It as a metadata entry of a `.tflite`."""
        content = {"schema_version": _SCHEMA_VERSION, **asdict(self)}
        return {STREAM_ENTRY: json.dumps(content, separators=(",", ":")).encode()}

    @classmethod
    def in_metadata(cls, metadata: Mapping[str, bytes]) -> StreamInfo | None:
        """What the metadata of a `.tflite` says, None where it says nothing.

        Raises:
            InputError: The entry is damaged or of a later version.
        """
        entry = metadata.get(STREAM_ENTRY)
        if entry is None:
            return None
        try:
            content: dict[str, Any] = json.loads(entry)
            version = content.pop("schema_version")
            if version != _SCHEMA_VERSION:
                raise InputError(f"its version is {version!r}, known is {_SCHEMA_VERSION}")
            if content["state"] not in get_args(StateForm):
                raise InputError(f"its state is {content['state']!r}, known are io and tflm")
            outputs = tuple(StreamOutput(**output) for output in content.pop("outputs"))
            states = tuple(StreamState(**state) for state in content.pop("states"))
            info = cls(outputs=outputs, states=states, **content)
            _check_numbers(info)
            return info
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"the {STREAM_ENTRY!r} metadata of this .tflite is damaged or newer: {error}") from error


def stream_info(graph: Graph) -> StreamInfo | None:
    """How a graph is played step by step.

    Args:
        graph: A graph with a stream's metadata, or one whose states are told by their names: an output `NAME.next` is
            the next value of the input `NAME`, as a recurrent step model has them.

    Returns:
        It, None where the graph is of whole windows.

    Raises:
        InputError: The metadata is damaged, or does not fit the graph.
    """
    info = StreamInfo.in_metadata(graph.metadata) or _by_names(graph)
    if info is not None:
        _check(info, graph)
    return info


def _by_names(graph: Graph) -> StreamInfo | None:
    pairs = state_pairs(graph.input_names, graph.output_names)
    states = tuple(StreamState(*pair) for pair in pairs)
    signals = [index for index in range(len(graph.inputs)) if index not in {state.input for state in states}]
    if len(signals) != 1 or not states or not all(_comes_back(state, graph) for state in states):
        return None
    shape = graph.inputs[signals[0]].shape
    if len(shape) < 2:
        return None
    # A step without an axis of time, (1, channels), has its batch of 1 for one.
    axis = 1 if len(shape) > 2 else 0
    outputs = [index for index in range(len(graph.outputs)) if index not in {state.output for state in states}]
    named = tuple(_step_output(graph, index, shape[axis], axis) for index in outputs)
    return StreamInfo("io", shape[axis], signals[0], axis, named, states)


def _step_output(graph: Graph, index: int, hop: int, axis: int) -> StreamOutput:
    shape = graph.outputs[index].shape
    return StreamOutput(index, hop, 1) if axis == 1 and len(shape) > 2 and shape[1] == hop else StreamOutput(index)


def _check_numbers(info: StreamInfo) -> None:
    """Refuses what JSON lets pass: text and fractions for numbers, numbers that count nothing."""
    places = [info.input, info.axis, *(number for state in info.states for number in (state.input, state.output))]
    counts = [info.hop, info.window if info.window is not None else 1]
    for output in info.outputs:
        places += [output.index, output.delay, 0 if output.axis is None else output.axis]
        counts += [output.frames, output.stride]
    for numbers, least in ((places, 0), (counts, 1)):
        for number in numbers:
            if type(number) is not int or number < least:
                raise InputError(f"{number!r} is no whole number from {least} on")


def _check(info: StreamInfo, graph: Graph) -> None:
    """Refuses metadata that speaks of another graph: it would lead a player beyond its ends."""
    places_in = [info.input, *(state.input for state in info.states)]
    places_out = [*(output.index for output in info.outputs), *(state.output for state in info.states)]
    fits = sorted(places_in) == list(range(len(graph.inputs))) and sorted(places_out) == list(range(len(graph.outputs)))
    fits = fits and _axis_holds(graph.inputs[info.input].shape, info.axis, info.hop)
    fits = fits and all(
        output.axis is None or _axis_holds(graph.outputs[output.index].shape, output.axis, output.frames)
        for output in info.outputs
    )
    fits = fits and all(_comes_back(state, graph) for state in info.states)
    if not fits:
        raise InputError(
            f"the {STREAM_ENTRY!r} metadata of this .tflite speaks of other inputs and outputs than it has"
        )


def _comes_back(state: StreamState, graph: Graph) -> bool:
    """Whether the next value of a state is what it can begin the next call with."""
    before, after = graph.inputs[state.input], graph.outputs[state.output]
    return (before.shape, before.dtype, before.quantization) == (after.shape, after.dtype, after.quantization)


def _axis_holds(shape: tuple[int, ...], axis: int, size: int) -> bool:
    return axis < len(shape) and shape[axis] == size
