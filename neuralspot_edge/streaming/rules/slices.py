"""Operators that take a part: of the channels, or of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neuralspot_edge.graph.operands import input_of, output_of
from neuralspot_edge.graph.view import Operator
from neuralspot_edge.streaming.draft import Draft
from neuralspot_edge.streaming.passage import Inputs, Passage, Rule, StreamError, Write
from neuralspot_edge.streaming.timeline import Once, Read, Signal

__all__ = ["RULES", "SLICES", "Part", "parts_of"]

SLICES = ("SLICE", "STRIDED_SLICE")


@dataclass(frozen=True)
class Part:
    """What is taken along one axis.

    Attributes:
        begin: The first place.
        size: How many places.
        stride: From one to the next.
    """

    begin: int
    size: int
    stride: int = 1


def parts_of(inputs: Inputs) -> list[Part]:
    """What a slice takes along each axis.

    Raises:
        StreamError: It has places that are computed, an ellipsis, new axes, or strides below 1.
    """
    return _strided(inputs) if inputs.operator.kind == "STRIDED_SLICE" else _plain(inputs)


def _strided(inputs: Inputs) -> list[Part]:
    shape, options = input_of(inputs.operator, 0).shape, inputs.operator.options
    if options.get("ellipsis_mask") or options.get("new_axis_mask"):
        raise StreamError("a slice with an ellipsis or new axes is not streamed")
    begin, end, strides = (inputs.integers(place) for place in (1, 2, 3))
    if not len(begin) == len(end) == len(strides) <= len(shape) or any(stride < 1 for stride in strides):
        raise StreamError(f"a slice with strides {strides} of {len(shape)} axes is not streamed")
    parts = [Part(0, size) for size in shape]
    for axis, stride in enumerate(strides):
        bit = 1 << axis
        first = None if options.get("begin_mask", 0) & bit else begin[axis]
        last = None if options.get("end_mask", 0) & bit else end[axis]
        if options.get("shrink_axis_mask", 0) & bit:
            first, last = begin[axis], begin[axis] + 1 or None
        taken = range(shape[axis])[first:last:stride]
        parts[axis] = Part(taken.start, len(taken), stride)
    return parts


def _plain(inputs: Inputs) -> list[Part]:
    shape = input_of(inputs.operator, 0).shape
    begin, sizes = (inputs.integers(place) for place in (1, 2))
    if not len(begin) == len(sizes) == len(shape):
        raise StreamError("its places do not fit its input")
    triples = zip(begin, sizes, shape, strict=True)
    return [Part(first, whole - first if size == -1 else size) for first, size, whole in triples]


def part(inputs: Inputs) -> Passage:
    """A part of each frame, of the window, or one frame of it."""
    operator, signal, parts = inputs.operator, inputs.signal(), parts_of(inputs)
    shape, taken = input_of(operator, 0).shape, parts[signal.axis]
    if taken.size == 1 and shape[signal.axis] > 1:
        _check_end(signal, taken.begin)
        read = Read(signal, newest=taken.begin)
        return Passage(operator, Once(signal.known_from), {0: read}, _writer(signal.axis, parts))
    if len(output_of(operator).shape) != len(shape):
        raise StreamError("a slice that drops an axis beside time is not streamed")
    # What is cut off the window's end comes later in a stream.
    cut = shape[signal.axis] - (taken.begin + (taken.size - 1) * taken.stride + 1)
    rest = signal.cropped(taken.begin, signal.frames - taken.begin - cut)
    if taken.stride == 1 and all(each.size == shape[axis] for axis, each in enumerate(parts) if axis != signal.axis):
        return Passage(operator, rest, write=None)
    return Passage(
        operator, rest.after(stride=taken.stride), {0: Read(rest, 1, taken.stride)}, _writer(signal.axis, parts)
    )


def _check_end(signal: Signal, frame: int) -> None:
    """Refuses a frame of which the window shows less than a stream: the model was trained on the padding after it."""
    missing = signal.origin + frame * signal.stride - (signal.window - 1)
    if missing > 0:
        raise StreamError(
            f"the step that it takes looks {missing} steps past the window's end, where the model has met zeros only",
            "use padding: causal, or head: per_step",
        )


def _writer(axis: int, parts: Sequence[Part]) -> Write:
    def write(draft: Draft, operator: Operator, tensors: Sequence[int]) -> None:
        shape, output = draft.shape(tensors[0]), output_of(operator).index
        wanted = [part.size for part in parts]
        wanted[axis] = -(-shape[axis] // parts[axis].stride)
        begin = [part.begin for part in parts]
        begin[axis] = 0
        strides = [part.stride for part in parts]
        taken = tensors[0] if wanted == list(shape) else draft.slice(tensors[0], begin, wanted, strides)
        draft.reshape(taken, output)

    return write


RULES: dict[str, Rule] = dict.fromkeys(SLICES, part)
