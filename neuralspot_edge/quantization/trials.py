"""Trials of tools: fitted to some samples, judged by others, and undone where they make the outputs worse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.quantization.measures import batches, relative_error
from neuralspot_edge.quantization.range_rules import measure_ends, play_unrounded

if TYPE_CHECKING:
    from neuralspot_edge.quantization.study import Study

__all__ = ["Outcome", "Outputs", "State", "Trial", "Use"]

Use = Callable[["Study", Sequence[np.ndarray]], str]
"""A tool: it changes a study, by what samples show, and tells what it changed."""

_FEWEST_TO_SPLIT = 16
"""Samples from which on a tool is judged by others than those that it is fitted to."""


@dataclass(frozen=True)
class Outcome:
    """What a tool led to.

    Attributes:
        error: The error with the tool.
        is_better: Whether it is less than without; otherwise the tool was undone.
        detail: What the tool says that it changed.
    """

    error: float
    is_better: bool
    detail: str


class Trial:
    """A study on its way through tools, each fitted to one half of the samples and judged by the other, in turn.

    Few samples are not parted.

    Attributes:
        error: That of the outputs, see `Outputs`, with all tools so far that made it better: the mean over the halves.

    Args:
        study: The model.
        samples: For each input an array (samples, ...).
    """

    def __init__(self, study: Study, samples: Sequence[np.ndarray]) -> None:
        self._study, self._begun = study, State(study)
        self._folds = [_Fold(fitted, Outputs(study, judged)) for fitted, judged in _halves(samples)]
        # The file's ranges are of all samples: with them the tools would be compared to what knows more.
        states, self.error, _ = self._used([self._begun] * len(self._folds), _fit_ranges)
        self._states = states

    def add(self, use: Use) -> Outcome:
        """Tries a tool more, and keeps it where it makes the error less."""
        states, error, detail = self._used(self._states, use)
        is_better = error < self.error
        if is_better:
            self._states, self.error = states, error
        return Outcome(error, is_better, detail)

    def end(self) -> None:
        """Leaves the study as it was before."""
        self._begun.restore()

    def _used(self, states: Sequence[State], use: Use) -> tuple[list[State], float, str]:
        reached, errors, details = [], [], []
        for fold, state in zip(self._folds, states, strict=True):
            state.restore()
            details.append(use(self._study, fold.fitted))
            reached.append(State(self._study))
            errors.append(fold.judged.error())
        return reached, _mean(errors), details[0]


class Outputs:
    """The outputs of a study for some samples, against those of the float model.

    Args:
        study: The model, now.
        samples: For each input an array (samples, ...).
    """

    def __init__(self, study: Study, samples: Sequence[np.ndarray]) -> None:
        self._study, self._samples = study, samples
        self._expected = _joined([played.outputs for played in play_unrounded(study, samples)])

    def error(self) -> float:
        """Of what the device gives now: the squared differences over the squared float values, the mean of outputs."""
        parts = []
        for given in batches(self._samples):
            outputs = self._study.layer(given if len(given) > 1 else given[0], training=False)
            parts.append([np.asarray(x) for x in (outputs if isinstance(outputs, list) else [outputs])])
        return self.error_of(_joined(parts))

    def error_of(self, received: Sequence[np.ndarray]) -> float:
        """The same of outputs from elsewhere."""
        return _mean(relative_error(*pair) for pair in zip(received, self._expected, strict=True))


class State:
    """The numbers of a study, to come back to."""

    def __init__(self, study: Study) -> None:
        self._study, self._shifts = study, study.shifts
        self._weights, self._ends = study.layer.get_weights(), np.array(study.layer.ends("float64"))

    def restore(self) -> None:
        """Gives the study these numbers again."""
        self._study.layer.set_weights(self._weights)
        self._study.set_ends(self._ends)
        self._study.shifts = self._shifts


@dataclass(frozen=True)
class _Fold:
    """Samples to fit to, and what others show."""

    fitted: Sequence[np.ndarray]
    judged: Outputs


def _halves(samples: Sequence[np.ndarray]) -> list[tuple[list[np.ndarray], list[np.ndarray]]]:
    """Samples to fit to and samples to judge by: either half in turn, all for both where there are few."""
    count = len(samples[0])
    if count < _FEWEST_TO_SPLIT:
        return [(list(samples), list(samples))]
    # Shuffled, lest a half be of some classes alone.
    order = np.random.default_rng(0).permutation(count)
    one, other = ([x[np.sort(half)] for x in samples] for half in np.array_split(order, 2))
    return [(one, other), (other, one)]


def _fit_ranges(study: Study, samples: Sequence[np.ndarray]) -> str:
    study.set_ends(measure_ends(study, samples, "max"))
    return ""


def _joined(parts: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
