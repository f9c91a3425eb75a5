"""Progress of a table on stderr: a line for each row that begins and ends, and a bar for its epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from neuralspot_edge.cli.options import stderr
from neuralspot_edge.published import Progress as RowProgress
from neuralspot_edge.published.console import result_line

__all__ = ["showing"]


@contextmanager
def showing() -> Iterator[Callable[[RowProgress], None]]:
    """Shows progress while the block runs; on a terminal with a bar, in a log the lines alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True) as bars:
        bar = bars.add_task("", total=None, visible=False)

        def show(progress: RowProgress) -> None:
            place = f"row {progress.index} of {progress.total}, {progress.row.name}"
            if progress.result is not None:
                kept = " (kept)" if progress.stage == "kept" else ""
                bars.console.print(f"{place}{kept}: {result_line(progress.result)}", soft_wrap=True)
                bars.reset(bar, total=None, visible=False)
            elif progress.epoch is None:
                description = f"{place}, seed {progress.seed}: {progress.stage}"
                bars.reset(bar, total=None, visible=True, description=description)
            else:
                text = f"{place}: epoch, val_loss {progress.epoch.val_loss:.4g}"
                bars.update(bar, completed=progress.epoch.number, total=progress.epochs, description=text)

        yield show
