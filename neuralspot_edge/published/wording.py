"""The words and figures that the console's table and the one in Markdown have in common."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from neuralspot_edge.published.results import RowResult
from neuralspot_edge.published.rows import Published, Row

__all__ = ["MEASURE_TITLES", "estimate", "figure", "middle", "remarks", "seconds", "summary", "verdict"]

MEASURE_TITLES = {
    "mse": "mean squared error",
    "mse_last_step": "mean squared error of the last step",
    "accuracy": "accuracy",
    "cross_entropy": "cross entropy",
}
"""What the figures of a row are, for a person."""

_VERDICTS = {True: "reached", False: "missed", None: "not run"}


def figure(value: float | None) -> str:
    """A figure in three digits, or four where it may be an accuracy near 1: `0.00293`, `5.8e-05`, `0.9933`."""
    if value is None:
        return "-"
    return f"{value:.4g}" if abs(value) >= 0.1 else f"{value:.3g}"


def seconds(value: float | None) -> str:
    """A wall time: `45 s`, `12 min`, `3.5 h`."""
    if value is None:
        return "-"
    if value < 120:
        return f"{value:.0f} s" if value >= 1 else "< 1 s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def estimate(minutes: int) -> str:
    """How long a row takes that nobody has run: `it takes about 13 min on two cores`."""
    return f"it takes about {seconds(60 * minutes)} on two cores"


def middle(values: Sequence[int | float | None]) -> float | None:
    """The median of what is known, as sizes and epochs of several runs are told; None where nothing is."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def verdict(result: RowResult, published: Published) -> str:
    """Whether a published figure is reached, and at which size."""
    word = _VERDICTS[result.reaches(published)]
    return f"{word} at reduced size" if result.figure is not None and result.row.is_reduced(result.mode) else word


def summary(results: Sequence[RowResult]) -> str:
    """How many published figures are reached, missed and not compared."""
    reached = [result.reaches(it) for result in results for it in result.row.published]
    failed = sum(result.status == "failed" for result in results)
    words = [
        f"{sum(it is True for it in reached)} of {len(reached)} published figures reached",
        f"{sum(it is False for it in reached)} missed",
        f"{sum(it is None for it in reached)} not compared",
    ]
    return ", ".join(words) + (f"; rows that failed: {failed}" if failed else "")


def remarks(result: RowResult) -> Iterator[str]:
    """What must be known beside the figures: why there are none, how the run was smaller, what differs."""
    row: Row = result.row
    if result.reason:
        yield f"{result.status}: {result.reason}"
    if row.is_reduced(result.mode):
        yield f"reduced: {row.reduced}"
    elif row.full_minutes and not result.runs:
        yield estimate(row.full_minutes)
    if row.tolerance:
        share = f"{row.tolerance:g}" if row.higher_is_better else f"{100 * row.tolerance:g} %"
        yield f"{share} worse than published still counts as reached"
    if row.note:
        yield row.note
