"""The axes of a stream: frames and channels for the user, more of them in a model's tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.base import Array

__all__ = ["FrameLayout"]


@dataclass(frozen=True)
class FrameLayout:
    """The axes of a tensor that a user sees: of those of size 1 only time and channels.

    Attributes:
        shape: The tensor's dimensions.
        axis: Its axis of time; None where it has none.
    """

    shape: tuple[int, ...]
    axis: int | None

    @cached_property
    def seen(self) -> tuple[int, ...]:
        """The shape of one call's values: (frames, channels), or (channels,) without time."""
        return tuple(self.shape[i] for i in self._axes)

    @cached_property
    def time(self) -> int | None:
        """The place of time in the shape that is seen."""
        return None if self.axis is None else self._axes.index(self.axis)

    @cached_property
    def accepted(self) -> frozenset[tuple[int, ...]]:
        """The shapes in which one call's values may be given; all have the same order of values."""
        shapes = {shape for shape, _ in self._forms()}
        if self.axis is not None and self.shape[self.axis] == 1:
            shapes.add(tuple(self.shape[i] for i in self._axes if i != self.axis))
        return frozenset(shapes)

    @property
    def channels(self) -> int:
        """Values of one frame along the last axis; 1 where that is time."""
        return 1 if not self.shape or self.axis == len(self.shape) - 1 else self.shape[-1]

    def split(self, signal: Array) -> Array:
        """A whole signal as what each call takes.

        Args:
            signal: Any number of steps N in the place of the frames of one call.

        Returns:
            (calls, *seen).

        Raises:
            InputError: The shape does not fit, or N is no multiple of the frames of a call.
        """
        time = self.time_in(signal.shape)
        if time is None or self.axis is None:
            raise self.refusal("signal", signal.shape, "N")
        steps, hop = signal.shape[time], self.shape[self.axis]
        if steps % hop:
            below = steps - steps % hop
            raise InputError(
                f"signal: {steps} steps are no multiple of the hop of {hop}; cut it to {below} or fill it up to "
                f"{below + hop}"
            )
        apart = signal.reshape(*signal.shape[:time], steps // hop, hop, *signal.shape[time + 1 :])
        return np.moveaxis(apart, time, 0).reshape(steps // hop, *self.seen)

    def time_in(self, shape: tuple[int, ...]) -> int | None:
        """The place of time in the shape of a whole signal, None where it is none that fits."""
        for form, time in self._forms():
            if len(form) == len(shape) and form[:time] + form[time + 1 :] == shape[:time] + shape[time + 1 :]:
                return time
        return None

    def join(self, results: Array) -> Array:
        """The results of calls, (calls, *seen), one behind the other: (calls * frames, channels)."""
        time = self.time
        if time is None:
            return results
        moved = np.moveaxis(results, 0, time)
        steps = math.prod(moved.shape[time : time + 2])
        return moved.reshape(*moved.shape[:time], steps, *moved.shape[time + 2 :])

    def refusal(self, what: str, shape: tuple[int, ...], steps: int | str) -> InputError:
        """Says which shape it takes of what was given in another one."""
        wanted = self._seen_with(steps)
        hint = "; give one channel as x[:, None]" if len(shape) == 1 and wanted == (steps, 1) else ""
        return InputError(f"{what}: the model takes ({', '.join(map(str, wanted))}), received {shape}{hint}")

    @property
    def _axes(self) -> tuple[int, ...]:
        last = len(self.shape) - 1
        return tuple(i for i, size in enumerate(self.shape) if size != 1 or i in (self.axis, last))

    def _forms(self) -> list[tuple[tuple[int, ...], int]]:
        """The shapes in which time has a place, with it."""
        if self.axis is None or self.time is None:
            return []
        forms = [(self.seen, self.time)]
        if self.axis > 0:
            forms.append((self.shape[1:], self.axis - 1))
        if len(self.seen) == 1:
            forms.append(((*self.seen, 1), 0))
        return forms

    def _seen_with(self, steps: int | str) -> tuple[int | str, ...]:
        return tuple(steps if i == self.time else size for i, size in enumerate(self.seen))
