"""What a model may be exported as: the one table of quantizations and the input and output types that go with them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from neuralspot_edge.models.params import StrictModel

__all__ = ["IO_TYPES", "ExportSpec", "Io", "QuantizationKind", "io_mismatch"]

QuantizationKind = Literal["float32", "float16", "int8", "int16x8"]
Io = Literal["int8", "int16", "float32"]

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


class ExportSpec(StrictModel):
    """What kind of `.tflite` is written."""

    quantization: QuantizationKind = Field(
        default="int8",
        description="int8 weights and activations; int16x8 16-bit activations with 8-bit weights; float16 weights "
        "alone (LiteRT only, TensorFlow Lite Micro has no such kernels); float32 none",
    )
    io: Io | None = Field(
        default=None, description="Type of the model's inputs and outputs; null takes the quantization's own"
    )

    @field_validator("io")
    @classmethod
    def _check_io(cls, io: Io | None, info: ValidationInfo) -> Io | None:
        # Of a quantization that is not known there is an error already.
        if "quantization" in info.data and (problem := io_mismatch(info.data["quantization"], io)):
            raise ValueError(problem)
        return io

    @property
    def io_type(self) -> Io:
        """The type of the inputs and outputs."""
        return self.io or IO_TYPES[self.quantization][0]
