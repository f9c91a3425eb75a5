"""Single values of a report: looked up where any part may be missing, and written for a person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

__all__ = ["NOTHING", "change", "count", "dig", "figure", "is_number", "kilobytes", "percent", "shape", "shorten", "si"]

NOTHING = "-"
"""What stands where there is no figure."""

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def dig(value: Any, *keys: str) -> Any:
    """What lies in nested mappings below `keys`, None where a step is missing."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether `value` is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def count(value: Any) -> str:
    """A whole number with separated thousands: `12,345`."""
    return f"{value:,.0f}" if is_number(value) else NOTHING


def figure(value: Any, digits: int = 4) -> str:
    """A measure in at most `digits` digits, or as many as its whole part has: `0.975`, `2.34`, `12,345`."""
    if not is_number(value):
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def si(value: Any) -> str:
    """A count in three digits where it has more than four: `960`, `9,600`, `57.6k`, `1.11M`."""
    if not is_number(value):
        return NOTHING
    if abs(value) < 10_000:
        return count(value)
    # Rounded first: what rounds up to 1000 of a prefix is 1 of the next.
    rounded = float(f"{value:.3g}")
    size, prefix = next(it for it in _PREFIXES if abs(rounded) >= it[0])
    return f"{rounded / size:#.3g}".rstrip(".") + prefix


def kilobytes(value: Any) -> str:
    """Bytes in KB of 1,024: `24.8 KB`."""
    return f"{value / 1024:,.1f} KB" if is_number(value) else NOTHING


def percent(part: Any, whole: Any) -> str:
    """A share of a whole: `12.3 %`; nothing is a share of zero."""
    if not is_number(part) or not is_number(whole) or whole == 0:
        return NOTHING
    return f"{100 * part / whole:.1f} %"


def change(value: Any, base: Any) -> str:
    """How far `value` stands from `base`: `+1,200 (+5.0 %)`, `same`."""
    if not is_number(value) or not is_number(base):
        return NOTHING
    if value == base:
        return "same"
    difference = value - base
    sign = "+" if difference > 0 else "-"
    size = figure(abs(difference))
    return f"{sign}{size} ({100 * difference / base:+.1f} %)" if base else f"{sign}{size}"


def shape(dimensions: Any, separator: str = " x ") -> str:
    """A shape without the batch of one at its start: `100 x 32`; a scalar is `1`."""
    if not isinstance(dimensions, Sequence):
        return NOTHING
    inner = dimensions[1:] if len(dimensions) > 1 and dimensions[0] == 1 else dimensions
    return separator.join(map(str, inner)) or "1"


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` characters: what is too long loses its middle, since ends tell names apart."""
    if len(text) <= width:
        return text
    if width < 3:
        return text[:width]
    tail = width // 2
    return f"{text[: width - tail - 1]}…{text[len(text) - tail :]}"
