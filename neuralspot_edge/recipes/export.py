"""What a recipe says of the file that is written."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from neuralspot_edge.models.params import StrictModel
from neuralspot_edge.recipes.quantizations import IO_TYPES, Io, QuantizationKind, io_mismatch

__all__ = ["ExportSpec"]


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
