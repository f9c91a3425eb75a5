"""The adding problem: the sum of the two values that are marked, anywhere in a long sequence.

As S. Bai, J. Z. Kolter, V. Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
Sequence Modeling", 2018, https://arxiv.org/abs/1803.01271, generate it (`adding_problem` of
https://github.com/locuslab/TCN; `tasks/adding_problem` of keras-tcn does the same): two different positions of the
whole sequence are marked. M. Arjovsky, A. Shah, Y. Bengio, "Unitary Evolution Recurrent Neural Networks", 2016,
https://arxiv.org/abs/1511.06464, mark one in each half, which is harder.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from neuralspot_edge.datasets.entry import Loaded, Request
from neuralspot_edge.datasets.synthetic.independent import Sequences, independent_splits
from neuralspot_edge.datasets.types import IntArray, Split
from neuralspot_edge.errors import InputError
from neuralspot_edge.strict import StrictModel

__all__ = ["AddingOptions", "load_adding"]

Markers = Literal["anywhere", "halves"]


class AddingOptions(StrictModel):
    """Options of the adding problem."""

    train: Sequences = Field(default=50_000, description="Sequences to learn from")
    validation: Sequences = Field(default=1_000, description="Sequences for early stopping")
    test: Sequences = Field(default=1_000, description="Sequences held out")
    markers: Markers = Field(
        default="anywhere", description="anywhere: two different steps; halves: one step in each half"
    )


def load_adding(request: Request) -> Loaded:
    """Sequences `(time, 2)`: a value in [0, 1) and a marker at each step; targets `(1,)`, the sum of the marked values.

    Raises:
        InputError: The window has fewer than two steps.
    """
    window, options = request.window, request.options
    if window < 2:
        raise InputError(f"window {window} has no room for two markers: at least 2")

    def draw(rng: np.random.Generator, count: int) -> Split:
        x = np.zeros((count, window, 2), dtype=np.float32)
        x[..., 0] = rng.random((count, window), dtype=np.float32)
        marked = _positions(rng, count, window, options.markers)
        rows = np.arange(count)[:, None]
        x[rows, marked, 1] = 1
        return Split(x, x[rows, marked, 0].sum(axis=1, keepdims=True))

    return independent_splits(request, options, 2 * window + 1, draw)


def _positions(rng: np.random.Generator, count: int, window: int, markers: Markers) -> IntArray:
    """The two marked steps of each sequence, never the same one twice, `(count, 2)`."""
    if markers == "halves":
        return rng.integers([0, window // 2], [window // 2, window], size=(count, 2))
    first, second = rng.integers([window, window - 1], size=(count, 2)).T
    # The second is drawn from the steps that the first one leaves.
    return np.stack([first, second + (second >= first)], axis=1)
