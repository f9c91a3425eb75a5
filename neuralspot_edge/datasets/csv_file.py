"""A user's CSV: a header line, then one line for each time step.

| column | meaning |
|---|---|
| `time` (optional) | seconds, ascending; a gap begins a new series; gives the sampling rate where it is regular |
| `label` | class of the step (whole number or text), or its target |
| `group` (optional) | subject, machine or session: whole groups go to one part, and a change begins a new series |
| any other | a channel |
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.content import FileContent
from neuralspot_edge.datasets.recordings import from_recording
from neuralspot_edge.datasets.types import AnyArray, IntArray, LabelKind
from neuralspot_edge.errors import InputError
from neuralspot_edge.suggestions import did_you_mean

__all__ = ["read_csv"]

_RESERVED = ("time", "label", "group")
_GAP = 1.5
"""A step of time longer than so many usual ones is a gap."""
_JITTER = 0.05
"""Steps of time that differ by less than this share from the usual one are regular."""


@dataclass(frozen=True)
class _Table:
    """Cells of a CSV.

    Attributes:
        header: Names of the columns.
        rows: Cells as text, one list a line.
        lines: Line in the file of each row, for messages.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def text(self, name: str) -> AnyArray:
        """A column as strings."""
        column = self.header.index(name)
        return np.array([row[column].strip() for row in self.rows])

    def numbers(self, names: Sequence[str]) -> npt.NDArray[np.float64]:
        """Columns as numbers that are finite in float32, `(rows, columns)`."""
        columns = [self.header.index(name) for name in names]
        cells = [[row[column] for column in columns] for row in self.rows]
        try:
            values = np.array(cells, dtype=np.float64)
        except ValueError:
            values = np.array([[_number(cell) for cell in row] for row in cells])
        bad = np.argwhere(~(np.abs(values) <= np.finfo(np.float32).max))
        if len(bad):
            row, index = bad[0]
            raise InputError(
                f"line {self.lines[row]}, column {names[index]!r}: {cells[row][index]!r} is not a finite number"
            )
        return values


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def read_csv(content: bytes, labels: LabelKind) -> FileContent:
    """Reads a CSV as the table of this module says.

    Args:
        content: The bytes of the file.
        labels: What the column `label` is to become.

    Raises:
        InputError: The file is empty, is no CSV, lacks a column, or a cell is not what its column needs; the message
            names line and column.
    """
    table = _read_table(content)
    channels = [name for name in table.header if name not in _RESERVED]
    if not channels:
        raise InputError(f"line 1: no column is a channel, only {', '.join(table.header)}")
    samples = table.numbers(channels).astype(np.float32)
    groups = _filled(table, "group") if "group" in table.header else None
    breaks, sampling_rate = _clock(table, groups)
    return FileContent(
        recordings={"all": from_recording(samples, _labels(table, labels), groups, breaks)},
        num_channels=len(channels),
        channels=tuple(channels),
        classes=None,
        sampling_rate=sampling_rate,
    )


def _read_table(content: bytes) -> _Table:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        numbered = [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"is not a CSV file in UTF-8: {error}") from error
    if not numbered:
        raise InputError("is empty: the first line must name the columns")
    header = _header(numbered[0][1])
    for line, row in numbered[1:]:
        if len(row) != len(header):
            raise InputError(f"line {line} has {len(row)} cells; the header has {len(header)}")
    if len(numbered) == 1:
        raise InputError("has a header and no data")
    return _Table(header, [row for _, row in numbered[1:]], [line for line, _ in numbered[1:]])


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    names = [name.lower() if name.lower() in _RESERVED else name for name in names]
    if all(np.isfinite(_number(name)) for name in names):
        raise InputError(f"line 1: {', '.join(names[:4])} are numbers: the first line must name the columns")
    if len(names) == 1 and ";" in names[0]:
        raise InputError("line 1: the columns must be separated by commas; found semicolons")
    for index, name in enumerate(names):
        if not name:
            raise InputError(f"line 1: column {index + 1} has no name")
        if name in names[:index]:
            raise InputError(f"line 1: column {name!r} is there twice")
    return names


def _filled(table: _Table, name: str) -> AnyArray:
    cells = table.text(name)
    if (empty := np.flatnonzero(cells == "")).size:
        raise InputError(f"line {table.lines[empty[0]]}, column {name!r} is empty: every line needs a {name}")
    return cells


def _labels(table: _Table, labels: LabelKind) -> AnyArray | None:
    if labels == "none":
        return None
    if "label" not in table.header:
        hint = did_you_mean("label", table.header) or f"it has {', '.join(table.header)}"
        raise InputError(f"line 1: has no column 'label': {hint}")
    return table.numbers(["label"]) if labels == "target" else _filled(table, "label")


def _clock(table: _Table, groups: AnyArray | None) -> tuple[IntArray, float | None]:
    """Rows after a gap in time, and the sampling rate in Hz."""
    if "time" not in table.header or len(table.rows) < 2:
        return np.zeros(0, dtype=np.int64), None
    steps = np.diff(table.numbers(["time"])[:, 0])
    within = np.ones(len(steps), dtype=bool) if groups is None else groups[1:] == groups[:-1]
    if (back := np.flatnonzero(within & (steps <= 0))).size:
        raise InputError(
            f"line {table.lines[back[0] + 1]}, column 'time': time does not go forward; sort the lines, or give a "
            "column 'group' where a new recording begins"
        )
    if not within.any():
        return np.zeros(0, dtype=np.int64), None
    usual = float(np.median(steps[within]))
    gaps = within & (steps > _GAP * usual)
    even = steps[within & ~gaps]
    breaks = np.flatnonzero(gaps).astype(np.int64) + 1
    if np.abs(even - usual).max() > _JITTER * usual:
        warnings.warn("column 'time' is not regular: the sampling rate is not known from it", stacklevel=2)
        return breaks, None
    return breaks, float(f"{1 / even.mean():.6g}")
