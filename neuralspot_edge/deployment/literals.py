"""Values as C literals, exact to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError

__all__ = ["C_TYPES", "byte_rows", "float_literal", "value_rows"]

C_TYPES = {
    "bool": "bool",
    "float32": "float",
    **{f"{sign}int{bits}": f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
"""The C type of each element type, by its name in numpy."""

_LINE = 80
_SMALLEST_INT64 = -(2**63)


def float_literal(value: float) -> str:
    """The shortest decimal literal that a compiler reads back as the same float32.

    Raises:
        InputError: The value is infinite or no number, for which C has no literal.
    """
    with np.errstate(over="ignore"):
        number = np.float32(value)
    if not np.isfinite(number):
        raise InputError(f"the number {value} is beyond float32: no constant in C can hold it")
    digits = str(number)
    return f"{digits}f" if {".", "e"} & set(digits) else f"{digits}.0f"


def value_rows(values: npt.NDArray[Any], indent: int = 4) -> str:
    """The elements of an array as the lines between the braces of an initializer, in row-major order."""
    flat = values.ravel()
    if flat.dtype.kind == "f":
        return _rows([float_literal(value) for value in flat], indent)
    return _rows([_integer_literal(int(value)) for value in flat], indent)


def byte_rows(content: bytes, indent: int = 4) -> str:
    """Bytes as the lines between the braces of an initializer."""
    return _rows([f"0x{byte:02x}" for byte in content], indent)


def _integer_literal(value: int) -> str:
    if value == _SMALLEST_INT64:
        return f"({value + 1}LL - 1)"  # Its digits alone, before the sign, fit no signed type.
    if not -(2**31) < value < 2**31:
        return f"{value}{'LL' if value < 2**63 else 'ULL'}"
    return str(value)


def _rows(literals: Sequence[str], indent: int) -> str:
    per_row = max(1, (_LINE - indent + 1) // (max(map(len, literals), default=1) + 2))
    starts = range(0, len(literals), per_row)
    return "\n".join(" " * indent + ", ".join(literals[start : start + per_row]) + "," for start in starts)
