"""The schema of DS-CNN: what a user writes. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

import warnings
from typing import Annotated, Self

from pydantic import Field, model_validator

from neuralspot_edge.models.output import ModelName, OutputParams
from neuralspot_edge.models.params import Activation, Count, KernelSize, ParamsWarning, Rate, StrictModel

__all__ = ["DsCnnBlockParams", "DsCnnParams", "Stride"]

_Step = Annotated[Count, Field(ge=1, le=64)]
_Width = Annotated[Count, Field(ge=1, le=4096)]

Stride = _Step | tuple[_Step, _Step]
"""A stride, an int for both axes or a pair (time, coefficients)."""


class DsCnnBlockParams(StrictModel):
    """A depthwise convolution and a 1x1 convolution, each with batch normalization and activation.

    Attributes:
        filters: Output channels.
        kernel: Kernel of the depthwise convolution, an int for a square or (time, coefficients).
        stride: Stride of the depthwise convolution, along both axes.
    """

    filters: _Width = Field(default=64, description="Output channels")
    kernel: KernelSize = Field(default=3, description="Kernel, an int for a square or (time, coefficients)")
    stride: _Step = Field(default=1, description="Stride along both axes")


class DsCnnParams(OutputParams):
    """DS-CNN (Zhang et al. 2017, https://arxiv.org/abs/1711.07128): a small MobileNet for keywords.

    Input is (time, coefficients), seen as an image of one channel; (time, coefficients, channels) stays as it is. The
    defaults are the keyword network of MLPerf Tiny (https://github.com/mlcommons/tiny), which is the DS-CNN-S of the
    paper: 49 frames of 10 MFCC coefficients.

    Attributes:
        filters: Output channels of the first convolution.
        kernel: Its kernel, an int for a square or (time, coefficients).
        stride: Its stride.
        blocks: The depthwise-separable blocks, in order.
        activation: By its Keras name.
        input_dropout: Rate of dropout after the first convolution.
        dropout: Rate of dropout before the mean over the image.
        name: Name of the model and prefix of its layers.
    """

    filters: _Width = Field(default=64, description="Output channels of the first convolution")
    kernel: KernelSize = Field(default=(10, 4), description="Its kernel, an int for a square or (time, coefficients)")
    stride: Stride = Field(default=(2, 2), description="Its stride, an int for both axes or (time, coefficients)")
    blocks: Annotated[tuple[DsCnnBlockParams, ...], Field(max_length=64)] = Field(
        default=(DsCnnBlockParams(),) * 4, description="The depthwise-separable blocks, in order"
    )
    activation: Activation = Field(default="relu", description="Activation by its Keras name")
    input_dropout: Rate = Field(default=0.2, description="Dropout rate after the first convolution")
    dropout: Rate = Field(default=0.4, description="Dropout rate before the mean over the image")
    name: ModelName = Field(default="ds_cnn", description="Name of the model and prefix of its layers")

    @model_validator(mode="after")
    def _warn_of_what_is_hardly_meant(self) -> Self:
        for text in self._output_oddities():
            warnings.warn(text, ParamsWarning, stacklevel=4)
        return self
