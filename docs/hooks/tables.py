"""Markdown tables for the generated parts of the site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["code", "table"]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(value: object) -> str:
    """A value as inline code; nothing for an empty one."""
    return f"`{value}`" if str(value) else ""


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
