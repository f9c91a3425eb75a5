"""The table in Markdown, as a page of the documentation holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import read_bytes, write_bytes
from neuralspot_edge.published.results import RowResult
from neuralspot_edge.published.rows import Mode
from neuralspot_edge.published.wording import MEASURE_TITLES, figure, middle, remarks, seconds, summary, verdict
from neuralspot_edge.reports.values import count

__all__ = ["END", "begin", "render_markdown", "write_markdown"]

END = "<!-- end of the table -->"
"""The line behind a table in a page."""

_HEADER = (
    "row", "published", "ours", "int8", "parameters", "int8 bytes", "arena", "seed", "epochs", "time"
)  # fmt: skip


def begin(mode: Mode) -> str:
    """The line before the table of a mode in a page."""
    return f"<!-- published figures: {mode} -->"


def render_markdown(results: Sequence[RowResult]) -> str:
    """The table, and below it what must be known of each row."""
    alignment = ["---", "---", *["---:"] * (len(_HEADER) - 2)]
    lines = [_line(_HEADER), _line(alignment), *(_line(_cells(result)) for result in results)]
    return "\n".join([*lines, "", f"{summary(results)}.", "", *_notes(results)]) + "\n"


def write_markdown(path: str | Path, results: Sequence[RowResult], mode: Mode) -> None:
    """Writes the table to a file; in a page that has the lines `begin(mode)` and `END`, between them.

    Raises:
        InputError: The file exists without these lines, or cannot be read or written.
    """
    path, table = Path(path), f"{begin(mode)}\n\n{render_markdown(results)}\n{END}\n"
    page = table
    if path.exists():
        page = read_bytes(path, "page").decode("utf-8", errors="surrogateescape")
        place = re.compile(rf"^{re.escape(begin(mode))}$.*?^{re.escape(END)}$\n?", re.MULTILINE | re.DOTALL)
        if not place.search(page):
            raise InputError(
                f"{path} exists and has no place for the table: add the lines {begin(mode)} and {END}, or name another"
            )
        page = place.sub(lambda _: table, page, count=1)
    write_bytes(path, page.encode("utf-8", errors="surrogateescape"))


def _cells(result: RowResult) -> tuple[str, ...]:
    row, runs = result.row, result.runs
    published = "<br>".join(
        f"{figure(it.figure)} [{it.by}]({it.source}): {_strong_miss(verdict(result, it))}" for it in row.published
    )
    sizes = [middle([getattr(run, name) for run in runs]) for name in ("parameters", "int8_bytes", "arena_bytes")]
    epochs = middle([run.epochs for run in runs])
    return (
        f"`{row.name}`<br>{row.title}; {MEASURE_TITLES[row.measure]}",
        published or "none",
        figure(result.figure) if result.runs else result.status,
        figure(result.int8_figure),
        *map(count, sizes),
        ", ".join(str(run.seed) for run in runs) or "-",
        count(epochs),
        seconds(sum(run.seconds for run in runs) if runs else None),
    )


def _notes(results: Sequence[RowResult]) -> Iterator[str]:
    for result in results:
        sizes = [f"{it.by} at {it.size}" for it in result.row.published]
        text = "; ".join([*(f"published by {', '.join(sizes)}" for _ in sizes[:1]), *remarks(result)])
        if text:
            yield f"- `{result.row.name}`: {text.rstrip('.')}."


def _strong_miss(text: str) -> str:
    return f"**{text}**" if text.startswith("missed") else text


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
