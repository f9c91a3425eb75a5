"""The rows of the table, from the YAML files of `data/`."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from neuralspot_edge.errors import InputError
from neuralspot_edge.published.rows import Row
from neuralspot_edge.recipes.yaml_io import parse_yaml
from neuralspot_edge.strict import StrictModel, validate
from neuralspot_edge.suggestions import unknown_name

__all__ = ["load_rows", "select_rows"]

_DATA = Path(__file__).parent / "data"


class _RowFile(StrictModel):
    """What a file of rows holds."""

    rows: tuple[Row, ...] = Field(min_length=1, description="The rows, in the order of the table")


def load_rows(folder: str | Path = _DATA) -> tuple[Row, ...]:
    """All rows in the order of the table: the files by name, and within them as written.

    Raises:
        InputError: A file is wrong, or two rows have one name.
    """
    rows = [row for path in sorted(Path(folder).glob("*.yaml")) for row in _read(path)]
    names = [row.name for row in rows]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{folder}: two rows are called {name!r}, each name must be another")
    return tuple(rows)


def select_rows(rows: Iterable[Row], patterns: Iterable[str]) -> tuple[Row, ...]:
    """The rows whose names match one of the patterns (`adding*`); all where there is no pattern.

    Raises:
        InputError: A pattern matches none.
    """
    rows, patterns = tuple(rows), tuple(patterns)
    names = [row.name for row in rows]
    for pattern in patterns:
        if not fnmatch.filter(names, pattern.lower()):
            raise InputError(unknown_name("row", pattern, names))
    return tuple(
        row for row in rows if not patterns or any(fnmatch.fnmatchcase(row.name, it.lower()) for it in patterns)
    )


def _read(path: Path) -> tuple[Row, ...]:
    content = parse_yaml(path.read_text(encoding="utf-8"), path.name).content
    return validate(_RowFile, content, path.name).rows
