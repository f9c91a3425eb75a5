"""Measuring as ratios: what is compared runs in turn, in one run, on one machine, and the figures are printed."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from neuralspot_edge.files import write_text

__all__ = ["Row", "exact", "paired", "say", "seconds", "show", "write"]


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: What was measured.
        unit: Of `ours` and `theirs`.
        ours: This package's figure, the median where it was measured often; None where there is none.
        theirs: The other package's, in the same way.
        ratios: Ours over theirs, for each pair of measurements; empty where no ratio makes sense.
        target: What is to be reached at most, by the median ratio or, without ratios, by `ours`; None for no target.
        note: What a reader must know, such as why a figure is missing.
    """

    name: str
    unit: str
    ours: float | None
    theirs: float | None
    ratios: tuple[float, ...] = ()
    target: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached, None where there is none or no figure."""
        figure = statistics.median(self.ratios) if self.ratios else self.ours
        return None if self.target is None or figure is None else figure <= self.target


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes, by a clock that a suspended machine does not move."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(
    name: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    *,
    pairs: int,
    target: float | None,
    note: str = "",
) -> Row:
    """Measures both in turn, each pair in the other order, so that a slow spell of the machine meets both.

    Args:
        name: What is measured.
        ours: Returns seconds.
        theirs: Returns seconds.
        pairs: How many pairs count; one more goes before them to warm caches.
        target: The ratio to be reached at most.
        note: What a reader must know.

    Returns:
        A row with one ratio for each pair.
    """
    measured = []
    for index in range(pairs + 1):
        say(f"{name}: pair {index + 1} of {pairs + 1}")
        if index % 2:
            mine, other = ours(), theirs()
        else:
            other, mine = theirs(), ours()
        measured.append((mine, other))
    counted = measured[1:]
    return Row(
        name=name,
        unit="s",
        ours=statistics.median(mine for mine, _ in counted),
        theirs=statistics.median(other for _, other in counted),
        ratios=tuple(mine / other for mine, other in counted),
        target=target,
        note=note,
    )


def exact(name: str, unit: str, ours: float, theirs: float, target: float | None) -> Row:
    """A row of two figures that need no repetition."""
    return Row(name, unit, ours, theirs, (ours / theirs,), target)


def say(text: str) -> None:
    """Tells a waiting person how far things are."""
    print(text, file=sys.stderr, flush=True)


def show(rows: Iterable[Row]) -> None:
    """Prints the table to standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table("measured", "unit", "ours", "theirs", "ratio min", "median", "max", "target", "reached", "note")
    for column in table.columns[2:8]:
        column.justify = "right"
    for row in rows:
        spread = (min(row.ratios), statistics.median(row.ratios), max(row.ratios)) if row.ratios else (None,) * 3
        reached = {True: "yes", False: "NO", None: ""}[row.reached]
        figures = [_figure(value) for value in (row.ours, row.theirs, *spread, row.target)]
        table.add_row(row.name, row.unit, *figures, reached, row.note)
    # A pipe has no width: then as wide as the table needs.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)


def write(rows: Iterable[Row], path: Path) -> None:
    """Writes the rows as JSON, the file whole or not at all."""
    items = [{**asdict(row), "reached": row.reached} for row in rows]
    write_text(path, json.dumps(items, indent=2) + "\n")


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
