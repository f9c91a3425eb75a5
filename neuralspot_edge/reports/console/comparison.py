"""Two or more files side by side. From the JSON form of their profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from neuralspot_edge.reports.console.tables import Name
from neuralspot_edge.reports.values import change, count, dig, figure, is_number

__all__ = ["compare_table"]

_FIGURES = (
    ("file, bytes", ("model", "size_bytes")),
    ("MACs", ("totals", "macs")),
    ("elementwise operations", ("totals", "elementwise")),
    ("weights, bytes", ("totals", "weight_bytes")),
    ("activations, bytes", ("totals", "activation_bytes")),
    ("arena by plan, bytes", ("memory", "plan", "total_bytes")),
    ("arena by TFLM, bytes", ("memory", "measured", "total_bytes")),
)


def compare_table(profiles: Sequence[Mapping[str, Any]]) -> RenderableType:
    """The profiles in columns; below each figure of all but the first how far it stands from the first's."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("", no_wrap=True)
    for profile in profiles:
        # Where the terminal is narrow the names give way, which are longer than the figures below them.
        rows.add_column(Name(str(dig(profile, "model", "name") or "model"), least=10), justify="right")
    for label, path in _FIGURES:
        values = [dig(profile, *path) for profile in profiles]
        rows.add_row(label, *_cells(values, [count(value) for value in values]))
    for kind, values in _by_name([dig(profile, "model", "operators") or {} for profile in profiles]):
        counts = [value or 0 for value in values]
        rows.add_row(kind, *_cells(counts, list(map(str, counts))))
    for target, values in _by_name([dict(_times(profile)) for profile in profiles]):
        rows.add_row(f"{target}, ms (estimate)", *_cells(values, [figure(it, 2) for it in values]))
    return rows


def _times(profile: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for target in profile.get("targets") or ():
        milliseconds = dig(target, "latency", "milliseconds")
        if is_number(milliseconds):
            yield str(target.get("name")), milliseconds


def _by_name(columns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The rows of columns that are mappings, each name once."""
    for name in dict.fromkeys(name for column in columns for name in column):
        yield name, [column.get(name) for column in columns]


def _cells(values: Sequence[Any], written: Sequence[str]) -> Iterator[RenderableType]:
    yield written[0]
    for value, text in zip(values[1:], written[1:], strict=True):
        difference = change(value, values[0])
        is_told = is_number(value) and is_number(values[0]) and value != values[0]
        yield Text.assemble(text, *((f"\n{difference}", "dim"),) if is_told else ())
