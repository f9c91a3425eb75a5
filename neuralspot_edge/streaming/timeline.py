"""Where time is in a tensor: its axis, its rate, and when its frames can be known."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

__all__ = ["Once", "Read", "Signal", "Timeless", "Value"]


@dataclass(frozen=True)
class Signal:
    """A tensor with an axis of time; or zeros put before another, or a part of it, which a stream need not compute.

    Frame j of it is frame `j - shift` of its source. It can be computed from the input up to step
    `origin + j * stride`, so that in a stream it lags by `origin // stride` frames behind one that sees the past only.

    Attributes:
        source: Index of the tensor that holds its frames: its own, or that of which it is a shifted view.
        axis: The axis of time.
        frames: Frames in the window.
        window: Input steps of the window.
        stride: Input steps from one frame to the next.
        origin: Input step that its first frame waits for; below 0 where zeros were put before it.
        shift: Frames by which it is later than its source.
        zeros: Whether what precedes the source's first frame counts as zeros, for a padding put them there.
    """

    source: int
    axis: int
    frames: int
    window: int
    stride: int = 1
    origin: int = 0
    shift: int = 0
    zeros: bool = False

    @property
    def known_from(self) -> int:
        """Input step that the first frame of its source waits for."""
        return self.origin + self.shift * self.stride

    @property
    def unshifted(self) -> Self:
        """Its source, frame by frame."""
        return replace(self, origin=self.known_from, shift=0, zeros=False)

    @property
    def delay(self) -> int:
        """Frames by which it lags in a stream: its first calls give that many frames of no use."""
        return self.origin // self.stride

    def newest(self, hop: int) -> int:
        """Index of the newest frame that is known after the first call; each call adds `hop / stride`."""
        return (hop - 1 - self.origin) // self.stride

    def after(self, taps: int = 1, *, dilation: int = 1, stride: int = 1) -> Self:
        """What an operator computes from it of which each frame needs some frames of it in turn.

        Args:
            taps: Frames that a frame of the result needs.
            dilation: Frames from one of them to the next.
            stride: Frames from the first that a frame of the result needs to the first that the next one needs.

        Returns:
            The result; its source is still to be set.
        """
        reach = (taps - 1) * dilation
        return replace(
            self,
            frames=(self.frames - reach - 1) // stride + 1,
            stride=self.stride * stride,
            # What needs only zeros before the start is not computed before the start.
            origin=max(0, self.origin + reach * self.stride),
            shift=0,
            zeros=False,
        )

    def padded(self, before: int, after: int = 0) -> Self:
        """It with zeros around it."""
        return replace(
            self,
            frames=before + self.frames + after,
            origin=self.origin - before * self.stride,
            shift=self.shift + before,
            zeros=self.zeros or before > 0,
        )

    def cropped(self, begin: int, frames: int) -> Self:
        """A part of it, without a look at what precedes the part."""
        return replace(
            self, frames=frames, origin=self.origin + begin * self.stride, shift=self.shift - begin, zeros=False
        )


@dataclass(frozen=True)
class Once:
    """A tensor without time, computed from the frames of a window: a call gives one.

    Attributes:
        origin: Input steps by which it lags: the newest frame that it has seen was known that much earlier.
    """

    origin: int


class Timeless(enum.Enum):
    """A tensor that no signal reaches."""

    CONSTANT = enum.auto()
    """It is the same in each call."""

    EXTENTS = enum.auto()
    """It holds the sizes of a tensor, which only a reshape may use: they change with the hop."""


Value: TypeAlias = Signal | Once | Timeless


@dataclass(frozen=True)
class Read:
    """The frames of a signal that an operator needs for each frame that it gives.

    Attributes:
        signal: What is read.
        count: Frames that one frame of the result needs, from the first to the last.
        stride: Frames from the first of these to the first that the next frame of the result needs.
        newest: Where the result is once a call: the place in the window of the last frame that it needs, which in a
            stream is the newest one.
    """

    signal: Signal
    count: int = 1
    stride: int = 1
    newest: int | None = None
