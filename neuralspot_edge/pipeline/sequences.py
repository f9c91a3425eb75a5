"""A signal to play through a stream, from the windows that data comes in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.streams import StreamInfo
from neuralspot_edge.interpreters import TensorSpec

__all__ = ["LEAST_STEPS", "Recording", "Sequence", "random_sequence", "sequence_of"]

LEAST_STEPS = 10_000
"""Input steps of a proof: every state is filled and emptied again many times."""

_LEAST_WINDOWS = 2


@dataclass(frozen=True, eq=False)
class Recording:
    """Windows of a signal as the model takes them, in the order in which they were recorded.

    Attributes:
        windows: (windows, *shape of one window), or one signal without the first axis; preprocessed.
        name: What they are to a reader: `held-out`, `calibration`.
        hop: Steps from the start of one to that of the next, as far as they are of one piece; None where each is by
            itself.
    """

    windows: np.ndarray
    name: str
    hop: int | None = None


@dataclass(frozen=True, eq=False)
class Sequence:
    """One signal to be played.

    Attributes:
        values: (steps, ...), as the model takes them.
        description: Where they come from, in words.
    """

    values: np.ndarray
    description: str


def sequence_of(recording: Recording, spec: TensorSpec, info: StreamInfo, *, least: int = LEAST_STEPS) -> Sequence:
    """The longest stretch of a recording that is of one piece; where it is too short, all of them in a row.

    Args:
        recording: The windows.
        spec: The signal's tensor in the step graph.
        info: How the step graph is played.
        least: Steps that are wanted; a shorter signal is repeated, a longer one is cut.

    Raises:
        InputError: The windows do not fit the model, or there are none.
    """
    windows = _time_first(recording.windows, spec, info)
    count, window = windows.shape[:2]
    hop = window if recording.hop is None else recording.hop
    # What is no multiple of strides and hop is left out at the end.
    wanted = max(least, _LEAST_WINDOWS * (info.window or 1)) + 2 * (info.hop - 1)
    pieces = _pieces(windows, hop) if hop < window else list(windows)
    values = max(pieces, key=len)
    what = f"{recording.name} data of one piece, {len(values):,} steps"
    if len(pieces) > 1 and len(values) < wanted:
        values, each = np.concatenate(pieces), "windows" if len(pieces) == count else "pieces"
        what = f"{len(pieces):,} {recording.name} {each} in a row, {len(values):,} steps"
    if len(values) < wanted:
        what += ", repeated"
    repeats = -(-wanted // len(values))
    return Sequence(np.concatenate([values] * repeats)[:wanted], what)


def random_sequence(spec: TensorSpec, info: StreamInfo, steps: int) -> Sequence:
    """Noise over the whole range of the model's input: every integer, or normal real numbers."""
    generator = np.random.default_rng(0)
    axis = max(info.axis, 1)
    shape = (steps, *spec.shape[1:axis], *spec.shape[axis + 1 :])
    if spec.dtype == "float32":
        return Sequence(generator.standard_normal(shape, np.float32), "a random signal")
    limits = np.iinfo(spec.dtype)
    values = generator.integers(limits.min, limits.max, shape, spec.dtype, endpoint=True)
    return Sequence(values, "a random signal")


def _time_first(windows: np.ndarray, spec: TensorSpec, info: StreamInfo) -> np.ndarray:
    """The windows as (windows, steps, ...); a whole signal as one window."""
    axis = max(info.axis, 1)  # A step without an axis of time takes the windows' first.
    frame = (*spec.shape[1:axis], *spec.shape[axis + 1 :]) if info.axis else spec.shape[1:]
    if windows.ndim == len(frame) + 1:
        windows = windows[None]
    moved = np.moveaxis(windows, axis, 1) if windows.ndim > axis else windows
    if moved.shape[2:] != frame or not moved.size:
        wanted = ", ".join(map(str, (*frame[: axis - 1], "steps", *frame[axis - 1 :])))
        raise InputError(
            f"samples: the stream takes windows (N, {wanted}) or one signal ({wanted}), received {windows.shape}"
        )
    return moved


def _pieces(windows: np.ndarray, hop: int) -> list[np.ndarray]:
    """The signals that windows were cut from: one ends where the next window does not begin `hop` steps later."""
    follows = (windows[1:, :-hop] == windows[:-1, hop:]).reshape(len(windows) - 1, -1).all(axis=1)
    breaks = np.flatnonzero(np.concatenate([[True], ~follows, [True]])).tolist()
    return [
        np.concatenate([windows[first], *windows[first + 1 : end, -hop:]]) for first, end in itertools.pairwise(breaks)
    ]
