"""The ladder: one way to int8 after the other, until the file is as good as the recipe asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuralspot_edge.errors import NseError
from neuralspot_edge.interpreters import LiteRtInterpreter
from neuralspot_edge.pipeline.methods import Made, Trained, make
from neuralspot_edge.pipeline.scores import Scorer
from neuralspot_edge.quantization import ToolEffect
from neuralspot_edge.quantization.measures import relative_error
from neuralspot_edge.recipes.consistency import NAMED_CLASS_TASKS
from neuralspot_edge.recipes.quantizations import METHODS, Method
from neuralspot_edge.training import metric_of

__all__ = ["Ladder", "Rung", "climb"]

_FINEST = 0.01
"""Error of the outputs at which answers are the float model's, where there are too few of them to count.

A gesture detector of ten validation windows had all of them right in int8, with an error of 0.05, and lost 9 of 100
test windows; with 0.007 and less it lost none."""


@dataclass(frozen=True)
class Rung:
    """One way to int8 that was tried, judged on the validation split.

    Attributes:
        method: The way.
        status: `holds` where it loses at most `export.max_drop`, else `loses`; `refused` where the model cannot go it.
            Where the split has too few answers to tell (500 for 0.002), its outputs must be close to the float
            model's as well.
        drop: How much worse the file is than the float model, as `gates.max_drop` counts; None where there is no file.
        metric_value: The file's metric; None where there is no file.
        error: Mean square of what its outputs are off the float model's, relative to that of those; None where there
            is no file.
        detail: What was done, or why it cannot be.
        effects: What each tool of `ptq+` did.
    """

    method: Method
    status: Literal["holds", "loses", "refused"]
    drop: float | None = None
    metric_value: float | None = None
    error: float | None = None
    detail: str = ""
    effects: tuple[ToolEffect, ...] = ()


@dataclass(frozen=True)
class Ladder:
    """All ways to int8 that were tried.

    Attributes:
        method: That of the file.
        metric: What the rungs were judged by, on the validation split.
        float_metric_value: The float model's.
        max_drop: What a rung may lose.
        rungs: In the order in which they were tried.
    """

    method: Method
    metric: str
    float_metric_value: float
    max_drop: float
    rungs: tuple[Rung, ...]


def climb(
    trained: Trained,
    on_stage: Callable[[str], None] | None = None,
    *,
    make: Callable[[Method, Trained], Made] = make,
) -> tuple[Made, Ladder]:
    """The int8 file by the recipe's method; for `auto` the first that loses little enough, else what loses least.

    Args:
        trained: The model, its recipe and data; the validation split is the judge, the test split is not looked at.
        on_stage: Called with each way as it is tried.
        make: Makes the file by a way, where that is not to be done anew.

    Returns:
        The file, and the ways that were tried.

    Raises:
        InputError: The model cannot go the way that the recipe names.
        ConversionError: It does not convert.
    """
    judge = _Judge(trained)
    spec = trained.recipe.export
    rungs: list[Rung] = []
    best: tuple[Made, Rung] | None = None
    for method in METHODS if spec.method == "auto" else (spec.method,):
        if on_stage is not None:
            on_stage(f"export: {method}")
        try:
            made = make(method, trained)
        except NseError as error:
            if best is None:  # The first way asks least of a model: what it refuses, all do.
                raise
            rungs.append(Rung(method, "refused", detail=str(error)))
            continue
        rungs.append(judge.rung(method, made))
        if best is None or _losses(rungs[-1]) < _losses(best[1]):
            best = made, rungs[-1]
        if rungs[-1].status == "holds":
            break
    assert best is not None
    made, rung = best
    return made, Ladder(rung.method, judge.metric, judge.floating, spec.max_drop, tuple(rungs))


def _losses(rung: Rung) -> tuple[float, float]:
    """What is compared: the drop, and where that is the same the error."""
    assert rung.drop is not None
    assert rung.error is not None
    return rung.drop, rung.error


class _Judge:
    """Scores files on the validation split."""

    def __init__(self, trained: Trained) -> None:
        recipe, part = trained.recipe, trained.data.validation
        # Windows for early stopping are normal ones: an anomaly detector is judged by how it reproduces them.
        task = "denoising" if recipe.task == "anomaly" else recipe.task
        self._x = part.x
        self._scorer = Scorer(task, metric_of(task), part.x, part.y)
        self._max_drop = recipe.export.max_drop
        self._is_telling = recipe.task not in NAMED_CLASS_TASKS or part.y.size * self._max_drop >= 1
        self._expected = np.asarray(trained.model.predict(part.x, verbose=0))
        self.metric = metric_of(task).name
        self.floating = self._figure(self._expected)

    def rung(self, method: Method, made: Made) -> Rung:
        """What a file is worth."""
        outputs = np.asarray(LiteRtInterpreter(made.content).predict(self._x))
        figure, error = self._figure(outputs), relative_error(outputs, self._expected)
        drop = self._scorer.metric.drop(self.floating, figure)
        holds = drop <= self._max_drop and (self._is_telling or error <= _FINEST)
        status: Literal["holds", "loses"] = "holds" if holds else "loses"
        return Rung(method, status, drop, figure, error, made.detail, made.effects)

    def _figure(self, outputs: np.ndarray) -> float:
        score = self._scorer.score(outputs)
        assert score is not None
        return score.figure
