"""The task's figures of the file and of the float model, on the same samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.pipeline.checks import Check
from neuralspot_edge.recipes import GatesSpec
from neuralspot_edge.recipes.consistency import CLASS_TASKS, NAMED_CLASS_TASKS
from neuralspot_edge.training import Metric
from neuralspot_edge.training.metrics import confusion_matrix

__all__ = ["Counts", "Score", "Scorer"]

Counts: TypeAlias = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Score:
    """How well one set of outputs meets the labels.

    Attributes:
        figure: The task's metric.
        confusion: How often each true class (row) got each answer (column); None where the task has no classes.
    """

    figure: float
    confusion: Counts | None = None


@dataclass(frozen=True)
class Scorer:
    """Judges outputs by a task's metric.

    Attributes:
        task: What the model does.
        metric: By what that is judged.
        inputs: The samples as the model takes them.
        truth: Their labels or targets; None where there are none, and then nothing has a score.
    """

    task: str
    metric: Metric
    inputs: np.ndarray
    truth: np.ndarray | None

    def check_classes(self, count: int) -> None:
        """Refuses labels that no output stands for: the metric of both models would be 0, and their difference too.

        Raises:
            InputError: A label is no whole number, or not below the number of outputs.
        """
        if self.truth is None or self.task not in CLASS_TASKS:
            return
        if self.truth.dtype.kind not in "iu":
            raise InputError(f"labels: whole numbers from 0 to {count - 1} are needed, received {self.truth.dtype}")
        low, high = self.truth.min(), self.truth.max()
        if low < 0 or high >= count:
            raise InputError(f"labels: {low} to {high}; the model's {count} outputs stand for 0 to {count - 1}")

    def score(self, outputs: np.ndarray) -> Score | None:
        """The score of outputs in real numbers.

        Raises:
            InputError: The labels are not of the outputs' shape.
        """
        if self.truth is None:
            return None
        metric = self.metric
        try:
            figure = metric.function(self.truth, outputs, self.inputs)
        except ValueError as error:
            raise InputError(
                f"labels: shape {self.truth.shape} does not suit {metric.name} of outputs {outputs.shape}"
            ) from error
        return Score(figure, self._confusion(outputs))

    def drop_check(
        self, quantized: Score | None, floating: Score | None, gates: GatesSpec, missing: Sequence[str]
    ) -> Check:
        """Whether quantization costs at most `gates.max_drop` of the metric; "not run" where inputs are `missing`."""
        if quantized is None or floating is None:
            return Check("drop_vs_float", "not run", limit=gates.max_drop, detail=f"no {' and '.join(missing)} given")
        metric = self.metric
        drop = metric.drop(floating.figure, quantized.figure)
        return Check(
            name="drop_vs_float",
            status="passed" if drop <= gates.max_drop else "failed",
            figure=drop,
            limit=gates.max_drop,
            unit=metric.name if metric.higher_is_better else f"{metric.name}, relative",
            detail=f"{metric.name} {quantized.figure:.4g} of the file, {floating.figure:.4g} in float",
        )

    def _confusion(self, outputs: np.ndarray) -> Counts | None:
        if self.task not in NAMED_CLASS_TASKS or self.truth is None:
            return None
        return tuple(tuple(row) for row in confusion_matrix(self.truth, outputs).tolist())
