"""Progress of long work, on stderr: stages as lines, epochs and windows as bars that vanish when done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from neuralspot_edge.cli.options import stderr
from neuralspot_edge.training import Epoch

__all__ = ["Reporter", "reporting"]


class Reporter:
    """What the pipeline's callbacks call."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        self._progress = progress
        self._epochs = epochs
        self._bar = progress.add_task("", total=None, visible=False)
        self._best: Epoch | None = None

    def stage(self, name: str) -> None:
        """A new part of the work begins."""
        self._progress.console.print(name, style="bold")
        self._progress.reset(self._bar, total=None, visible=False, description=name)

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is done."""
        if epoch.is_best:
            self._best = epoch
        best = f", best {self._best.val_loss:.4f} at {self._best.number}" if self._best else ""
        text = f"epoch: loss {epoch.loss:.4f}, val_loss {epoch.val_loss:.4f}{best}"
        self._progress.update(self._bar, completed=epoch.number, total=self._epochs, visible=True, description=text)

    def window(self, done: int, total: int) -> None:
        """A window was played through TensorFlow Lite Micro."""
        self._progress.update(self._bar, completed=done, total=total, visible=True, description="windows")


@contextmanager
def reporting(epochs: int) -> Iterator[Reporter]:
    """Shows progress while the block runs; on a terminal as a bar, in a log as the stages alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True) as progress:
        yield Reporter(progress, epochs)
