"""Progress of long work, on stderr: stages as lines, epochs and windows as bars that vanish when done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from neuralspot_edge.cli.options import stderr
from neuralspot_edge.training import Epoch

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["Reporter", "epochs_of", "reporting"]


class Reporter:
    """What the pipeline's callbacks call.

    Args:
        progress: Where it shows.
        epochs: How many at most there are in each stage that trains.
    """

    def __init__(self, progress: Progress, epochs: Mapping[str, int]) -> None:
        self._progress = progress
        self._epochs = epochs
        self._stage = ""
        self._bar = progress.add_task("", total=None, visible=False)
        self._best: Epoch | None = None

    def stage(self, name: str) -> None:
        """A new part of the work begins."""
        self._stage, self._best = name, None
        self._progress.console.print(name, style="bold")
        self._progress.reset(self._bar, total=None, visible=False, description=name)

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is done."""
        if epoch.is_best:
            self._best = epoch
        best = f", best {self._best.val_loss:.4f} at {self._best.number}" if self._best else ""
        text = f"epoch: loss {epoch.loss:.4f}, val_loss {epoch.val_loss:.4f}{best}"
        total = self._epochs.get(self._stage)
        self._progress.update(self._bar, completed=epoch.number, total=total, visible=True, description=text)

    def window(self, done: int, total: int) -> None:
        """A window was played through TensorFlow Lite Micro."""
        self._progress.update(self._bar, completed=done, total=total, visible=True, description="windows")

    def layer(self, done: int, total: int) -> None:
        """What a layer costs in int8 was measured."""
        self._progress.update(self._bar, completed=done, total=total, visible=True, description="layers")


def epochs_of(recipe: Recipe) -> dict[str, int]:
    """The most epochs of each stage of a recipe that trains.

    Raises:
        InputError: The recipe's teacher is missing, or does not suit it.
    """
    from neuralspot_edge.training.teachers import find_teachers

    teachers = {f"teacher {each.recipe.name}": each.recipe.training.epochs for each in find_teachers(recipe)}
    return {**teachers, "training": recipe.training.epochs, "export: qat": recipe.export.qat.epochs}


@contextmanager
def reporting(epochs: Mapping[str, int] | None = None) -> Iterator[Reporter]:
    """Shows progress while the block runs; on a terminal as a bar, in a log as the stages alone.

    Args:
        epochs: The most epochs of each stage that trains, see `epochs_of`; a bar without runs on without an end.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=stderr, transient=True)
    # In a log there is no bar to take away, and an empty line would stand in its place.
    with progress if stderr.is_interactive else nullcontext():
        yield Reporter(progress, epochs or {})
