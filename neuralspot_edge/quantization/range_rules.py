"""Which range int8 gives an activation: all that was seen, all but outliers, or what rounds with the least error.

A wider range cuts off less and rounds all else in larger steps. Wu et al. 2020 (https://arxiv.org/abs/2004.09602,
section 3.3) compare the rules: the largest value, percentiles, and others. The least mean square error is that of Nagel
et al. 2021 (https://arxiv.org/abs/2106.08295, section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from neuralspot_edge.conversion.ranges import missing_reach
from neuralspot_edge.quantization.fake_quant import STEPS
from neuralspot_edge.quantization.measures import batches

if TYPE_CHECKING:
    from neuralspot_edge.quantization.study import Played, Study

__all__ = ["Magnitudes", "RangeRule", "chosen_sizes", "measure_ends", "play_unrounded"]

RangeRule = Literal["max", "percentile", "mse"]

_PARTS = 32
"""Of an octave, in each of which sizes are counted apart: a range is found to the next 2.2 %."""

_OCTAVES = 40
"""Below 1 and above it, in which sizes are told apart."""

_SEARCHED_OCTAVES = 10
"""How far below the largest size an end of a range is looked for."""

_CUT = 1e-4
"""The share of all values that a percentile cuts off at either end: a percentile of 99.99."""


class Magnitudes:
    """How often values of each size occur, those below 0 and those above it.

    Attributes:
        count: How many values there are, zeros among them.
        largest: The size of the least value and of the largest, (2,).
        counts: How many values have a size in each bin, (2, bins); zeros are in none.
        sums: The sums of their sizes.
        squares: The sums of the squares of their sizes.
    """

    edges = 2.0 ** (np.arange(-_OCTAVES * _PARTS, _OCTAVES * _PARTS + 1) / _PARTS)
    """The upper end of each bin, which belongs to it."""

    def __init__(self) -> None:
        self.count = 0
        self.largest = np.zeros(2)
        self.counts, self.sums, self.squares = np.zeros((3, 2, len(self.edges)))

    def add(self, values: np.ndarray) -> None:
        """Counts values of any shape."""
        flat = np.asarray(values, np.float64).ravel()
        self.count += flat.size
        for side, sizes in enumerate((-flat[flat < 0], flat[flat > 0])):
            if not sizes.size:
                continue
            places = np.ceil(np.log2(sizes) * _PARTS).astype(int) + _OCTAVES * _PARTS
            places = np.clip(places, 0, len(self.edges) - 1)
            for total, weights in ((self.counts, None), (self.sums, sizes), (self.squares, sizes**2)):
                total[side] += np.bincount(places, weights, len(self.edges))
            self.largest[side] = max(self.largest[side], float(sizes.max()))


def chosen_sizes(magnitudes: Magnitudes, rule: RangeRule) -> np.ndarray:
    """How far a range reaches below 0 and above it, (2,); an end at which there is nothing is 0.

    Args:
        magnitudes: All values that share the range.
        rule: `max` takes all of them; `percentile` at either end all but a ten thousandth of the values; `mse` what
            gives them the least mean square error.
    """
    return _RULES[rule](magnitudes)


def measure_ends(study: Study, samples: Sequence[np.ndarray], rule: RangeRule) -> np.ndarray:
    """The range of each group of activations by a rule, from what the unrounded model computes.

    Args:
        study: The model. It is left as it is.
        samples: For each input an array (samples, ...).
        rule: As of `chosen_sizes`.

    Returns:
        (groups, 2), the least and the largest value. Groups whose range is prescribed, those of hard sigmoids, which
        are cut off by it, and those that are always 0 have their range of before.
    """
    layer = study.layer
    ends = np.array(layer.ends("float64"))
    for place, magnitudes in _observe(study, samples).items():
        sizes = chosen_sizes(magnitudes, rule)
        # What is less than half a step rounds to 0, and so does the zero point.
        sizes = np.where(sizes * STEPS < sizes.max() / 2, 0, sizes)
        if sizes.any():
            ends[place] = sizes * (-1, 1)
    _widen_sums(study, ends)
    return ends


def play_unrounded(study: Study, samples: Sequence[np.ndarray]) -> Iterator[Played]:
    """What the float model computes, a few samples at a time: of all of them it may not fit into memory."""
    for batch in batches(samples):
        yield study.play(batch, study.rounding(()))


def _observe(study: Study, samples: Sequence[np.ndarray]) -> dict[int, Magnitudes]:
    """What is seen of each group whose range is free."""
    layer = study.layer
    free = [
        place for place, group in enumerate(layer.groups) if layer.is_learned(place) and not group.tensors & study.gates
    ]
    found = {place: Magnitudes() for place in free}
    for played in play_unrounded(study, samples):
        for index, values in played.tensors.items():
            if layer.group_of.get(index) in found:
                found[layer.group_of[index]].add(values)
    for tensor in layer.graph.tensors:
        if tensor.is_constant and layer.group_of.get(tensor.index) in found:
            found[layer.group_of[tensor.index]].add(np.asarray(layer.operand(tensor)))
    return found


def _widen_sums(study: Study, ends: np.ndarray) -> None:
    """Keeps a sum from becoming finer than the kernels of ADD and SUB can compute it, see `missing_reach`."""
    layer = study.layer
    for operator in layer.graph.operators:
        result = layer.group_of.get(operator.outputs[0].index)
        if operator.kind not in ("ADD", "SUB") or result is None or not layer.is_learned(result):
            continue
        places = [layer.group_of[tensor.index] for tensor in operator.inputs if tensor is not None]
        missing = missing_reach(float(np.ptp(ends[result])), np.ptp(ends[places], axis=1).tolist())
        ends[result] += (-missing, missing)


def _of_largest(magnitudes: Magnitudes) -> np.ndarray:
    return magnitudes.largest.copy()


def _of_percentile(magnitudes: Magnitudes) -> np.ndarray:
    beyond = _beyond(magnitudes.counts)
    kept = np.argmax(beyond <= _CUT * magnitudes.count, axis=1)
    return np.where(kept > 0, np.minimum(magnitudes.edges[kept], magnitudes.largest), 0)


def _of_least_error(magnitudes: Magnitudes) -> np.ndarray:
    """Tries each pair of ends.

    What is cut off is wrong by its distance from the end; all else by a value between half a step less and half a step
    more, the mean square of which is a twelfth of the step's square. Zeros are exact.
    """
    (below, cut_below, lost_below), (above, cut_above, lost_above) = (_candidates(magnitudes, side) for side in (0, 1))
    inside = magnitudes.counts.sum() - cut_below[:, None] - cut_above
    steps = (below[:, None] + above) / STEPS
    errors = lost_below[:, None] + lost_above + inside * steps**2 / 12
    best = np.unravel_index(np.argmin(errors), errors.shape)
    return np.array([below[best[0]], above[best[1]]])


def _candidates(magnitudes: Magnitudes, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a range may end at one side, how many values lie beyond, and the sum of their squared distances to it."""
    largest = magnitudes.largest[side]
    if not largest:
        return np.zeros(1), np.zeros(1), np.zeros(1)
    edges = magnitudes.edges
    chosen = (edges < largest) & (edges >= largest * 2.0**-_SEARCHED_OCTAVES)
    count, total, square = (_beyond(x[side])[chosen] for x in (magnitudes.counts, magnitudes.sums, magnitudes.squares))
    lost = square - 2 * edges[chosen] * total + edges[chosen] ** 2 * count
    return np.append(edges[chosen], largest), np.append(count, 0), np.append(lost, 0)


def _beyond(totals: np.ndarray) -> np.ndarray:
    """Of all bins above each one, along the last axis."""
    return np.asarray(np.flip(np.cumsum(np.flip(totals, -1), -1), -1) - totals)


_RULES: Mapping[RangeRule, Callable[[Magnitudes], np.ndarray]] = {
    "max": _of_largest,
    "percentile": _of_percentile,
    "mse": _of_least_error,
}
