"""A step graph beside its window graph. From the JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from neuralspot_edge.reports.console.tables import COLOURS, facts, table
from neuralspot_edge.reports.streaming import proof_status, stream_costs, stream_lines, stream_proof

__all__ = ["stream_rows", "stream_table"]


def stream_table(streaming: Mapping[str, Any], title: str | None = None) -> RenderableType:
    """A step graph in full: how it is played, what a call costs against a whole window, and the proof."""
    rows = facts(title=title)
    for name, value in stream_lines(streaming):
        rows.add_row(name, value)
    costs = table("each call", ("whole window", "right"), ("step graph", "right"), ("difference", "right"))
    for row in stream_costs(streaming):
        costs.add_row(*row)
    proof = stream_proof(streaming)
    verdict = [Text(proof, COLOURS[proof_status(streaming)])] if proof else []
    return Group(rows, costs, *verdict)


def stream_rows(streaming: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The same in two rows, for a summary."""
    yield "streaming", "; ".join(f"{name} {value}" for name, value in stream_lines(streaming))
    yield "a call", "; ".join(_figure(*row) for row in stream_costs(streaming))


def _figure(label: str, window: str, step: str, apart: str) -> str:
    return f"{label} {step} in place of {window}" + (f", {apart}" if apart.endswith("fewer") else "")
