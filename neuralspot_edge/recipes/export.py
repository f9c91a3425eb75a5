"""What a recipe says of the file that is written."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from neuralspot_edge.graph.streams import StateForm
from neuralspot_edge.models.params import Count, StrictModel
from neuralspot_edge.recipes.quantizations import IO_TYPES, Io, QuantizationKind, io_mismatch

__all__ = ["ExportSpec", "StreamingSpec"]


class StreamingSpec(StrictModel):
    """How the model is streamed: a step graph, `stream.tflite`, is written and proven beside `model.tflite`."""

    hop: Annotated[Count, Field(ge=1, le=65536)] = Field(
        default=1, description="Input steps of a call, a multiple of the model's strides over time"
    )
    state: StateForm = Field(
        default="io",
        description="Where the past is kept: io as inputs and outputs, for any interpreter; tflm in TensorFlow Lite "
        "Micro's CIRCULAR_BUFFER (int8, hop 1)",
    )

    @model_validator(mode="after")
    def _check_circular_buffers(self) -> Self:
        if self.state == "tflm" and self.hop != 1:
            raise ValueError(f"state tflm takes one step a call, hop is {self.hop}: write state io or hop 1")
        return self


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
    streaming: StreamingSpec | None = Field(
        default=None, description="How the model is streamed; null writes no step graph"
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
