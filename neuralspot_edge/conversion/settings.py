"""How a model is to be converted, and what that means to the converter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes.quantizations import IO_TYPES, Io, QuantizationKind, io_mismatch

__all__ = ["ConversionSettings", "Io", "QuantizationKind"]


@dataclass(frozen=True)
class ConversionSettings:
    """How a model is to be converted.

    Attributes:
        quantization: `int8` for weights and activations, `int16x8` for 16-bit activations with 8-bit weights,
            `float16` for weights alone (LiteRT only: TensorFlow Lite Micro has no such kernels), `float32` for none.
        io: Type of the inputs and outputs; None takes the quantization's own.
    """

    quantization: QuantizationKind = "int8"
    io: Io | None = None

    def __post_init__(self) -> None:
        if self.quantization not in IO_TYPES:
            kinds = ", ".join(get_args(QuantizationKind))
            raise InputError(f"quantization: {self.quantization!r} is not known, allowed are {kinds}")
        if problem := io_mismatch(self.quantization, self.io):
            raise InputError(f"io: {problem}")

    @property
    def io_type(self) -> Io:
        """The type of the inputs and outputs."""
        return self.io or IO_TYPES[self.quantization][0]

    @property
    def needs_calibration(self) -> bool:
        """Whether activations are quantized, so that their ranges must be seen."""
        return self.quantization in ("int8", "int16x8")
