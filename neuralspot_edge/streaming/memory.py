"""How a step graph remembers: states that go in and out, or TensorFlow Lite Micro's circular buffers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.states import NEXT
from neuralspot_edge.streaming.draft import Draft

__all__ = ["CircularBuffers", "Memory", "StatesInAndOut"]


class Memory(Protocol):
    """Keeps past frames from one call to the next."""

    def extend(self, draft: Draft, new: int, axis: int, past: int, name: str) -> int:
        """Writes what gives new frames with those before them.

        Args:
            draft: The step graph.
            new: The tensor of the new frames.
            axis: Its axis of time.
            past: How many frames before them.
            name: What the state is called.

        Returns:
            The tensor of past and new frames.
        """


@dataclass
class StatesInAndOut:
    """Each state is an input and, for its next value, an output. Zeros, the zero point, begin a stream.

    Attributes:
        inputs: The tensors of the states.
        outputs: The tensors of their next values, in the same order.
    """

    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def extend(self, draft: Draft, new: int, axis: int, past: int, name: str) -> int:
        """See `Memory`."""
        shape = draft.shape(new)
        count = shape[axis]
        state = draft.add(name, _along(shape, axis, past), new)
        whole = draft.add(f"{name}.frames", _along(shape, axis, past + count), new)
        draft.put("CONCATENATION", [state, new], whole, {"axis": axis})
        begin = [0] * len(shape)
        begin[axis] = count
        self.inputs.append(state)
        self.outputs.append(draft.slice(whole, begin, _along(shape, axis, past), name=f"{name}{NEXT}"))
        return whole


@dataclass
class CircularBuffers:
    """Each state is inside a CIRCULAR_BUFFER, an operator that TensorFlow Lite Micro alone has.

    Source: tensorflow/lite/micro/kernels/circular_buffer.cc of tflite-micro. It shifts the frames of its output, (1,
    frames, width, channels), by one and puts its input at the end. It is int8 only; and it guesses from its shape how
    often the graph behind it is to run unless `cycles_max` says so.
    """

    def extend(self, draft: Draft, new: int, axis: int, past: int, name: str) -> int:
        """See `Memory`."""
        shape = draft.shape(new)
        if any(size != 1 for size in shape[: axis + 1]):
            raise InputError(
                f"state: tflm keeps one frame a call with nothing ahead of it, {name!r} has the shape {shape}"
            )
        rest = (1, 1, *shape[axis + 1 :]) if axis == len(shape) - 3 else (1, 1, 1, math.prod(shape[axis + 1 :]))
        frame = draft.add(f"{name}.frame", rest, new)
        draft.reshape(new, frame)
        buffer = draft.add(name, _along(rest, 1, past + 1), new, variable=True)
        draft.put("CUSTOM", [frame], buffer, custom_code="CIRCULAR_BUFFER", custom_options=_every_call())
        whole = draft.add(f"{name}.frames", _along(shape, axis, past + 1), new)
        draft.reshape(buffer, whole)
        return draft.stands_for(whole)


def _along(shape: Sequence[int], axis: int, size: int) -> list[int]:
    return [*shape[:axis], size, *shape[axis + 1 :]]


def _every_call() -> bytes:
    from flatbuffers import flexbuffers

    builder = flexbuffers.Builder()
    with builder.Map():
        builder.Int("cycles_max", 1)
    return bytes(builder.Finish())
