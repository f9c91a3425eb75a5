"""The table for a terminal of 80 columns: a line of figures for each row, and below it what they stand beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from neuralspot_edge.published.results import RowResult, RunFigures
from neuralspot_edge.published.rows import Mode, Row
from neuralspot_edge.published.wording import (
    MEASURE_TITLES,
    estimate,
    figure,
    middle,
    remarks,
    seconds,
    summary,
    verdict,
)
from neuralspot_edge.reports.values import count

__all__ = ["result_line", "result_table", "row_list"]

_STYLES = {"reached": "green", "missed": "bold red", "not run": "yellow"}
_WIDTHS = (9, 9, 8, 8, 8, 7)
_HEADER = ("ours", "int8", "params", "bytes", "arena", "time")


def result_table(results: Sequence[RowResult]) -> RenderableType:
    """The results, misses and failures among them."""
    width = _name_width([result.row for result in results])
    lines: list[RenderableType] = [Text(f"{'row':<{width}}{_columns(_HEADER)}", "bold")]
    for result in results:
        lines.append(Text.assemble((f"{result.row.name:<{width}}", "bold cyan"), _columns(_figures(result))))
        lines.extend(Padding(text, (0, 0, 0, 4)) for text in _below(result))
    lines.append(Text(summary(results), "bold"))
    return Group(*lines)


def row_list(rows: Sequence[Row], mode: Mode) -> RenderableType:
    """What would be run, and what was published for it."""
    lines: list[RenderableType] = []
    for row in rows:
        what = f"{row.title}; {MEASURE_TITLES[row.measure]}"
        lines.append(Text.assemble((row.name, "bold cyan"), f"  {what}"))
        below = [f"{it.by}: {figure(it.figure)} at {it.size}, {it.source}" for it in row.published]
        below = below or ["nobody has published a figure for it"]
        if row.is_reduced(mode):
            below.append(f"reduced: {row.reduced}")
        elif row.full_minutes:
            below.append(estimate(row.full_minutes))
        lines.extend(Padding(Text(text, "dim"), (0, 0, 0, 4)) for text in below)
    return Group(*lines)


def result_line(result: RowResult) -> str:
    """A result in one line, as it is told when the row is done."""
    if result.figure is None:
        return f"{result.status}: {result.reason}"
    parts = [f"{MEASURE_TITLES[result.row.measure]} {figure(result.figure)}"]
    if result.int8_figure is not None:
        parts.append(f"int8 {figure(result.int8_figure)}")
    parts += [f"{it.by} {figure(it.figure)} {verdict(result, it)}" for it in result.row.published]
    return ", ".join(parts)


def _below(result: RowResult) -> Iterator[Text]:
    row = result.row
    yield Text(f"{row.title}; {MEASURE_TITLES[row.measure]}", "dim")
    for published in row.published:
        text = verdict(result, published)
        style = next(style for word, style in _STYLES.items() if text.startswith(word))
        yield Text.assemble(f"{figure(published.figure)} {published.by}, {published.size}: ", (text, style))
    if result.runs:
        yield Text(_course(result.runs), "dim")
    for remark in remarks(result):
        yield Text(remark, "bold red" if remark.startswith("failed") else "dim")


def _course(runs: Sequence[RunFigures]) -> str:
    seeds = ", ".join(str(run.seed) for run in runs)
    epochs = middle([run.epochs for run in runs])
    text = f"{'seeds' if len(runs) > 1 else 'seed'} {seeds}" + (f", {epochs:g} epochs" if epochs is not None else "")
    lsb = [run.lsb for run in runs if run.lsb is not None]
    return f"{text}, TensorFlow Lite Micro within {max(lsb):g} LSB of LiteRT" if lsb else text


def _figures(result: RowResult) -> tuple[str, ...]:
    runs = result.runs
    sizes = [middle([getattr(run, name) for run in runs]) for name in ("parameters", "int8_bytes", "arena_bytes")]
    time = sum(run.seconds for run in runs) if runs else None
    return figure(result.figure), figure(result.int8_figure), *map(count, sizes), seconds(time)


def _columns(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


def _name_width(rows: Sequence[Row]) -> int:
    return max((len(row.name) for row in rows), default=0) + 1
