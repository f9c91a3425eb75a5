"""What a recipe says of the file that is written."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from neuralspot_edge.graph.streams import StateForm
from neuralspot_edge.models.params import Count, Flag, Number, StrictModel
from neuralspot_edge.recipes.quantizations import IO_TYPES, Io, Method, QuantizationKind, io_mismatch

__all__ = ["ExportSpec", "QatSpec", "StreamingSpec", "ToolsSpec"]


class ToolsSpec(StrictModel):
    """What `ptq+` does to a trained model; a tool that makes the outputs worse on the training data is undone."""

    ranges: Literal["max", "percentile", "mse"] = Field(
        default="mse",
        description="What the range of an activation is: all that was seen (max), all but outliers (percentile), or "
        "what rounds with the least mean square error (mse)",
    )
    equalize: Flag = Field(
        default=True, description="Whether channels are brought to like sizes from one layer to the next"
    )
    correct_bias: Flag = Field(
        default=True, description="Whether biases make up for the mean error that rounding gives a channel"
    )
    int16_layers: Annotated[Count, Field(ge=0, le=1000)] = Field(
        default=0,
        description="How many layers get 16-bit activations at most: those that cost the output most. Each is slower, "
        "and takes twice the memory",
    )


class QatSpec(StrictModel):
    """How a trained model is trained on in int8."""

    epochs: Count = Field(default=30, ge=1, le=1_000_000, description="Most passes over the training split")
    learning_rate: Annotated[Number, Field(gt=0, le=10)] | None = Field(
        default=None, description="Step size of the optimizer at the start; null takes a tenth of training's"
    )
    learn_ranges: Flag = Field(default=True, description="Whether the ranges of activations are learned too")


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
    method: Method = Field(
        default="ptq",
        description="How int8 is reached: ptq after training, ptq+ with `tools`, qat by more training in int8, auto by "
        "the first of these that loses at most `max_drop` on the validation split",
    )
    max_drop: Annotated[Number, Field(ge=0)] = Field(
        default=0.002,
        description="What auto may lose of the task's metric on the validation split: the difference of a score such "
        "as accuracy, the share of an error such as a mean square",
    )
    tools: ToolsSpec = Field(default=ToolsSpec(), description="What ptq+ does")
    qat: QatSpec = Field(default=QatSpec(), description="How qat trains")
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

    @field_validator("method")
    @classmethod
    def _check_method(cls, method: Method, info: ValidationInfo) -> Method:
        if info.data.get("quantization", "int8") != "int8" and method != "ptq":
            raise ValueError(f"{method!r} is a way to int8, quantization is {info.data['quantization']}: write ptq")
        return method

    @property
    def io_type(self) -> Io:
        """The type of the inputs and outputs."""
        return self.io or IO_TYPES[self.quantization][0]
