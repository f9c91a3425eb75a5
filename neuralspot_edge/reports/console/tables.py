"""What the tables of all commands are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from neuralspot_edge.reports.values import shorten

__all__ = ["COLOURS", "Name", "facts", "table"]

COLOURS = {"passed": "green", "failed": "bold red", "not run": "yellow", "not proven": "bold yellow"}
"""The colours of statuses."""


@dataclass(frozen=True)
class Name:
    """A name that gives way where the terminal is narrow: it loses its middle, never its ends.

    Attributes:
        text: The whole name.
        least: Characters that it keeps.
    """

    text: str
    least: int = 8

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield Text(shorten(self.text, options.max_width), no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(len(self.text), self.least), max(len(self.text), 1))


def facts(title: str | None = None) -> Table:
    """A table of names and values without a header."""
    made = Table(show_header=False, title=title, title_justify="left", box=None, pad_edge=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    return made


def table(*columns: str | tuple[str, Literal["right"]], title: str | None = None) -> Table:
    """A table with a header; figures stand at the right."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        name = column if isinstance(column, str) else column[0]
        made.add_column(name, justify="left" if isinstance(column, str) else column[1], overflow="fold")
    return made
