"""What running a row gives, and its JSON form."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from neuralspot_edge.published.rows import Mode, Published, Row

__all__ = ["RowResult", "RunFigures", "Status"]

Status = Literal["done", "failed", "not run"]


@dataclass(frozen=True)
class RunFigures:
    """What one run of a row gives; a baseline without a model has its figure alone.

    Attributes:
        seed: Of the run.
        figure: The float model's figure on the test split.
        seconds: Wall time of the run, from its data to the last figure; of one that was interrupted, its last part.
        int8_figure: The exported file's figure on the same windows.
        parameters: Weights of the model.
        int8_bytes: Size of the file.
        arena_bytes: Working memory, as TensorFlow Lite Micro reads it on x86-64.
        epochs: Epochs trained, of which the best one counts.
        lsb: Most that TensorFlow Lite Micro differs from LiteRT, in output steps; None where it was not proven.
    """

    seed: int
    figure: float
    seconds: float
    int8_figure: float | None = None
    parameters: int | None = None
    int8_bytes: int | None = None
    arena_bytes: int | None = None
    epochs: int | None = None
    lsb: float | None = None


@dataclass(frozen=True)
class RowResult:
    """A row, and what it gave.

    Attributes:
        row: The row.
        mode: `quick` or `full`.
        recipe: What was run, as JSON values; empty where the row could not be begun.
        version: Of this package.
        status: `done`, `failed` or `not run`.
        reason: Why it failed or was not run.
        runs: One for each seed.
    """

    row: Row
    mode: Mode
    recipe: Mapping[str, Any]
    version: str
    status: Status = "not run"
    reason: str = ""
    runs: tuple[RunFigures, ...] = ()

    @property
    def figure(self) -> float | None:
        """The mean of the runs' figures; None where there are none."""
        return statistics.fmean(run.figure for run in self.runs) if self.runs else None

    @property
    def int8_figure(self) -> float | None:
        """The mean of the files' figures; None where there are none."""
        figures = [run.int8_figure for run in self.runs if run.int8_figure is not None]
        return statistics.fmean(figures) if figures else None

    def reaches(self, published: Published) -> bool | None:
        """Whether our figure is as good as a published one, within the row's tolerance; None where there is none."""
        if self.figure is None:
            return None
        if self.row.higher_is_better:
            return self.figure >= published.figure - self.row.tolerance
        return self.figure <= published.figure * (1 + self.row.tolerance)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; what follows from the rest is written down for readers."""
        return {
            "schema_version": 1,
            "name": self.row.name,
            "mode": self.mode,
            "is_reduced": self.row.is_reduced(self.mode),
            "version": self.version,
            "status": self.status,
            "reason": self.reason,
            "figure": self.figure,
            "int8_figure": self.int8_figure,
            "reached": [{"by": it.by, "figure": it.figure, "reached": self.reaches(it)} for it in self.row.published],
            "runs": [dataclasses.asdict(run) for run in self.runs],
            "row": self.row.model_dump(mode="json"),
            "recipe": dict(self.recipe),
        }

    def filled_from(self, content: Any) -> Self | None:
        """This result with the runs of an earlier one, where the same was run by the same version.

        What the row says of it, such as its note, may have changed: figures of many hours do not depend on that.

        Args:
            content: What `to_dict` gave then; anything else is no result.
        """
        try:
            if _what_was_run(content) != _what_was_run(self.to_dict()):
                return None
            runs = tuple(RunFigures(**run) for run in content["runs"])
        except (KeyError, TypeError):
            return None
        return dataclasses.replace(self, status="done", runs=runs) if len(runs) == self.row.seeds else None


def _what_was_run(content: Any) -> list[Any]:
    """The parts of a result's JSON form that its figures depend on."""
    whole = [content[key] for key in ("schema_version", "mode", "version", "recipe")]
    return whole + [content["row"][key] for key in ("kind", "measure", "steps_ahead", "seeds")]
