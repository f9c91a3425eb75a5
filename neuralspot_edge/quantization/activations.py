"""What the activations of an int8 model hold, and how int8's range fits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.graph import Tensor
from neuralspot_edge.quantization.measures import batches, relative, sqnr_db

if TYPE_CHECKING:
    from neuralspot_edge.quantization.study import Study

__all__ = ["BINS", "Activation", "Histogram", "observe_activations"]

BINS = 64
"""Of a histogram."""

_FINE = 64
"""Parts of a bin that are counted apart, for the steps that nearly all values take."""

_TAIL = 0.0005
"""The share of the values at either end that `Activation.steps` leaves out."""

_BATCH = 32


@dataclass(frozen=True)
class Histogram:
    """How often values occur.

    Attributes:
        low: Where the first bin begins.
        high: Where the last bin ends.
        counts: Values in each of the bins, which are equally wide.
    """

    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Activation:
    """The values that a layer computes, and the range that int8 has for them.

    Attributes:
        tensor: Name of the tensor.
        low: Least value that int8 has.
        high: Largest value that int8 has.
        seen_low: Least value of the unrounded model.
        seen_high: Largest value of the unrounded model.
        histogram: Of the unrounded values, over both ranges.
        saturated: Share of the unrounded values that int8 cuts off: they lie beyond its ends by more than the half step
            by which rounding moves any value.
        steps: How many of int8's steps lie where 99.9 % of the values do, 1 to 256.
        sqnr_db: Power of the unrounded values over that of their error in the int8 model, in dB: what all layers up to
            here have added.
        own_sqnr_db: The same where nothing but these values is rounded.
        channel_spread: The largest |value| of all channels over that of the median channel; channels of zeros do not
            count.
        channel: Index of the channel with the largest |value|, on the last axis.
        channel_steps: How many of int8's steps the median channel spans.
        is_prescribed: Whether the kernel knows no other range, as that of a softmax.
    """

    tensor: str
    low: float
    high: float
    seen_low: float
    seen_high: float
    histogram: Histogram
    saturated: float
    steps: int
    sqnr_db: float
    own_sqnr_db: float
    channel_spread: float
    channel: int
    channel_steps: float
    is_prescribed: bool


def observe_activations(study: Study, samples: Sequence[np.ndarray]) -> dict[int, Activation]:
    """The activations that int8 rounds, by the index of their tensor.

    Args:
        study: The model.
        samples: For each input an array (samples, ...).
    """
    places = _places(study)
    nowhere, everywhere = study.rounding(()), study.rounding()
    extremes: dict[int, np.ndarray] = {}
    for batch in batches(samples, _BATCH):
        real = study.play(batch, nowhere).tensors
        for index in places:
            found = _extremes(real[index])
            extremes[index] = _wider(extremes.get(index, found), found)
    tallies = {index: _Tally(place, extremes[index]) for index, place in places.items()}
    for batch in batches(samples, _BATCH):
        real, rounded = (study.play(batch, mask).tensors for mask in (nowhere, everywhere))
        for index, tally in tallies.items():
            tally.add(real[index], rounded[index])
    return {index: tally.result() for index, tally in tallies.items()}


@dataclass(frozen=True)
class _Place:
    """A tensor and what its integers stand for."""

    tensor: Tensor
    scale: float
    zero_point: float
    is_prescribed: bool

    @property
    def ends(self) -> tuple[float, float]:
        limits = np.iinfo(self.tensor.dtype)
        return (limits.min - self.zero_point) * self.scale, (limits.max - self.zero_point) * self.scale

    def rounded(self, x: np.ndarray) -> np.ndarray:
        limits = np.iinfo(self.tensor.dtype)
        above = np.clip(np.rint(x / self.scale) + self.zero_point, limits.min, limits.max) - self.zero_point
        rounded: np.ndarray = above * self.scale
        return rounded


class _Tally:
    """Sums over the values of a tensor, chunk by chunk.

    Args:
        place: The tensor.
        extremes: Least and largest value of each channel, (2, channels).
    """

    def __init__(self, place: _Place, extremes: np.ndarray) -> None:
        self._place, self._extremes = place, extremes
        self._seen = float(extremes[0].min()), float(extremes[1].max())
        low, high = place.ends
        self._span = min(low, self._seen[0]), max(high, self._seen[1])
        self._counts = np.zeros(BINS * _FINE, np.int64)
        self._saturated = 0
        self._power = self._error = self._own_error = 0.0

    def add(self, real: np.ndarray, rounded: np.ndarray) -> None:
        x = real.astype(np.float64)
        (low, high), half = self._place.ends, self._place.scale / 2
        self._counts += np.histogram(x, len(self._counts), self._span)[0]
        self._saturated += int(np.count_nonzero((x < low - half) | (x > high + half)))
        self._power += float(np.square(x).sum())
        self._error += float(np.square(rounded - x).sum())
        self._own_error += float(np.square(self._place.rounded(x) - x).sum())

    def result(self) -> Activation:
        place, (low, high) = self._place, self._place.ends
        largest = np.abs(self._extremes).max(axis=0)
        median = _median_channel(largest)
        width = float(self._extremes[1, median] - self._extremes[0, median])
        counts = tuple(self._counts.reshape(BINS, _FINE).sum(axis=1).tolist())
        return Activation(
            tensor=place.tensor.name,
            low=low,
            high=high,
            seen_low=self._seen[0],
            seen_high=self._seen[1],
            histogram=Histogram(*self._span, counts),
            saturated=self._saturated / int(self._counts.sum()),
            steps=self._steps(),
            sqnr_db=sqnr_db(relative(self._error, self._power)),
            own_sqnr_db=sqnr_db(relative(self._own_error, self._power)),
            channel_spread=float(largest.max() / (largest[median] or 1.0)),
            channel=int(largest.argmax()),
            channel_steps=min(width, high - low) / place.scale,
            is_prescribed=place.is_prescribed,
        )

    def _steps(self) -> int:
        share = np.cumsum(self._counts) / self._counts.sum()
        edges = np.linspace(*self._span, len(self._counts) + 1)
        first, last = int(np.argmax(share > _TAIL)), int(np.argmax(share >= 1 - _TAIL))
        low, high = self._place.ends
        width = float(min(edges[last + 1], high) - max(edges[first], low))
        return max(1, 1 + round(width / self._place.scale))


def _places(study: Study) -> dict[int, _Place]:
    layer = study.layer
    scales, zero_points = (np.asarray(values, np.float64) for values in (layer.scales(), layer.zero_points()))
    rounding = set(np.flatnonzero(study.rounding()).tolist())
    found = {}
    for index, group in layer.group_of.items():
        tensor = layer.graph.tensors[index]
        if index in rounding and not tensor.is_constant:
            is_prescribed = layer.groups[group].is_prescribed
            found[index] = _Place(tensor, float(scales[group]), float(zero_points[group]), is_prescribed)
    return found


def _extremes(x: np.ndarray) -> np.ndarray:
    by_channel = x.reshape(-1, x.shape[-1] if x.ndim > 1 else 1)
    return np.stack([by_channel.min(axis=0), by_channel.max(axis=0)])


def _wider(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.stack([np.minimum(one[0], other[0]), np.maximum(one[1], other[1])])


def _median_channel(largest: np.ndarray) -> int:
    """The lower one of two: of two channels the large one is no median."""
    alive = np.flatnonzero(largest)
    if not len(alive):
        return 0
    return int(alive[np.argsort(largest[alive], kind="stable")[(len(alive) - 1) // 2]])
