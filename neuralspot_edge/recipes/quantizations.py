"""The one table of quantizations, of the ways to them, and of the input and output types that go with them."""

from __future__ import annotations

from typing import Literal

__all__ = ["IO_TYPES", "METHODS", "Io", "Method", "QuantizationKind", "io_mismatch"]

QuantizationKind = Literal["float32", "float16", "int8", "int16x8"]
Io = Literal["int8", "int16", "float32"]

Method = Literal["ptq", "ptq+", "qat", "auto"]

METHODS: tuple[Method, ...] = ("ptq", "ptq+", "qat")
"""Ways to an int8 file, the least costly first: after training; the same with tools; by more training in int8."""

IO_TYPES: dict[QuantizationKind, tuple[Io, ...]] = {
    "float32": ("float32",),
    "float16": ("float32",),
    "int8": ("int8", "float32"),
    "int16x8": ("int16", "float32"),
}
"""Types that the inputs and outputs may have under each quantization, its own type first."""


def io_mismatch(quantization: QuantizationKind, io: Io | None) -> str:
    """One sentence where `io` does not go with `quantization`, an empty string where it does."""
    if io is None or io in IO_TYPES[quantization]:
        return ""
    allowed = ", ".join(IO_TYPES[quantization])
    return f"{io!r} does not go with quantization {quantization}, allowed are {allowed}"
