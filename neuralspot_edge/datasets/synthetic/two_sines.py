"""The forecasting series of a textbook: two sines of random frequency and offset, and uniform noise.

A. Géron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2nd edition, 2019, chapter 15,
https://github.com/ageron/handson-ml2:

    0.5 sin((t - o1)(10 f1 + 10)) + 0.2 sin((t - o2)(20 f2 + 20)) + 0.1 (u - 0.5),    f, o, u uniform in [0, 1),

where t runs from 0 to 1 over the window and the steps ahead.
"""

from __future__ import annotations

from typing import Annotated, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from neuralspot_edge.datasets.entry import Loaded, Request
from neuralspot_edge.datasets.synthetic.independent import Sequences, independent_splits
from neuralspot_edge.datasets.types import FloatArray, Split
from neuralspot_edge.strict import Count, Flag, StrictModel

__all__ = ["TwoSinesOptions", "Uniform", "load_two_sines", "two_sine_series"]


class TwoSinesOptions(StrictModel):
    """Options of the two-sine series."""

    train: Sequences = Field(default=7_000, description="Series to learn from")
    validation: Sequences = Field(default=2_000, description="Series for early stopping")
    test: Sequences = Field(default=1_000, description="Series held out")
    steps_ahead: Annotated[Count, Field(ge=1, le=4096)] = Field(default=1, description="Steps to forecast")
    sequence_to_sequence: Flag = Field(
        default=False, description="Whether every step forecasts the steps after it, or only the last one"
    )


class Uniform(Protocol):
    """A source of uniform random numbers: a `numpy.random.Generator` or a `RandomState`."""

    def random(self, size: tuple[int, ...], /) -> npt.NDArray[np.float64]:
        """Numbers in [0, 1)."""


def two_sine_series(rng: Uniform, count: int, steps: int) -> FloatArray:
    """Series as the book draws them, in its order: from `numpy.random.RandomState(42)` come the book's own numbers.

    Args:
        rng: Source of randomness.
        count: How many series.
        steps: Steps of each.

    Returns:
        `(count, steps, 1)`.
    """
    frequency_1, frequency_2, offset_1, offset_2 = rng.random((4, count, 1))
    time = np.linspace(0, 1, steps)
    series = 0.5 * np.sin((time - offset_1) * (frequency_1 * 10 + 10))
    series += 0.2 * np.sin((time - offset_2) * (frequency_2 * 20 + 20))
    series += 0.1 * (rng.random((count, steps)) - 0.5)
    return np.asarray(series[..., np.newaxis], dtype=np.float32)


def load_two_sines(request: Request) -> Loaded:
    """Windows `(time, 1)`; targets `(steps_ahead,)`, or `(time, steps_ahead)` where every step forecasts."""
    window, options = request.window, request.options
    ahead = options.steps_ahead

    def draw(rng: np.random.Generator, count: int) -> Split:
        series = two_sine_series(rng, count, window + ahead)
        x, following = series[:, :window], series[:, 1:, 0]
        if not options.sequence_to_sequence:
            return Split(x, following[:, -ahead:])
        return Split(x, np.lib.stride_tricks.sliding_window_view(following, ahead, axis=1).copy())

    targets = window * ahead if options.sequence_to_sequence else ahead
    return independent_splits(request, options, window + targets, draw)
