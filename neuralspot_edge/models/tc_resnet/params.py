"""The schema of TC-ResNet: what a user writes. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

import warnings
from typing import Annotated, Self

from pydantic import Field, model_validator

from neuralspot_edge.models.output import ModelName, OutputParams
from neuralspot_edge.models.params import Activation, Count, Number, ParamsWarning, Rate

__all__ = ["TcResNetParams"]

_Width = Annotated[Count, Field(ge=1, le=4096)]


class TcResNetParams(OutputParams):
    """TC-ResNet (Choi et al. 2019, https://arxiv.org/abs/1904.03814): a residual network for keywords along time only.

    Input is (time, coefficients), the coefficients as channels. The defaults are TC-ResNet8; `depth: 2` is TC-ResNet14,
    and `width: 1.5` the wider one of either.

    Attributes:
        channels: Output channels of the first convolution, then of each stage. A stage halves the time.
        depth: Residual blocks in each stage.
        width: The width multiplier k of the paper; each number of channels becomes `int(channels * width)`.
        kernel: Taps of the convolutions in the blocks.
        input_kernel: Taps of the first convolution.
        activation: By its Keras name.
        dropout: Rate of dropout after the mean over time.
        name: Name of the model and prefix of its layers.
    """

    channels: Annotated[tuple[_Width, ...], Field(min_length=1, max_length=16)] = Field(
        default=(16, 24, 32, 48), description="Output channels of the first convolution, then of each stage"
    )
    depth: Count = Field(default=1, ge=1, le=64, description="Residual blocks in each stage")
    width: Number = Field(default=1.0, gt=0, le=64, description="Width multiplier of all channels")
    kernel: Count = Field(default=9, ge=1, le=1024, description="Taps of the convolutions in the blocks")
    input_kernel: Count = Field(default=3, ge=1, le=1024, description="Taps of the first convolution")
    activation: Activation = Field(default="relu", description="Activation by its Keras name")
    dropout: Rate = Field(default=0.5, description="Dropout rate after the mean over time")
    name: ModelName = Field(default="tc_resnet", description="Name of the model and prefix of its layers")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if min(self.widths) < 1:
            least = 1 / min(self.channels)
            raise ValueError(
                f"width: {self.width:g} leaves no channel of {min(self.channels)}, allowed is at least {least:g}"
            )
        for text in self._output_oddities():
            warnings.warn(text, ParamsWarning, stacklevel=4)
        return self

    @property
    def widths(self) -> tuple[int, ...]:
        """The channels after the width multiplier."""
        return tuple(int(channels * self.width) for channels in self.channels)
