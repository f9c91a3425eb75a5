"""The schema of WaveNet: what a user writes. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neuralspot_edge.models.output import ModelName, OutputParams
from neuralspot_edge.models.params import Activation, Count, ParamsWarning, Rate

__all__ = ["Head", "Norm", "Padding", "Variant", "WaveNetParams"]

Variant = Literal["full", "simplified"]
Norm = Literal["batch"]
Padding = Literal["causal", "same"]
Head = Literal["per_step", "last", "pooled"]

_Width = Annotated[Count, Field(ge=1, le=4096)]
_Kernel = Annotated[Count, Field(ge=1, le=1024)]
_Dilation = Annotated[Count, Field(ge=1, le=65536)]

_FULL_ONLY = ("input_kernel", "skip_filters")


class WaveNetParams(OutputParams):
    """WaveNet (van den Oord et al. 2016, https://arxiv.org/abs/1609.03499), full or simplified.

    `full` is the paper's: a causal convolution, then for each dilation a gated unit tanh(filter) * sigmoid(gate) whose
    1x1 convolution is added to the unit's input; the gated outputs of all units go through a 1x1 convolution to the
    head, ReLU, 1x1, ReLU, and the 1x1 to the classes. `simplified` is the stack of causal dilated convolutions and one
    1x1 convolution of A. Géron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2nd edition,
    2019, chapter 15. Input is (time, channels).

    Attributes:
        variant: `full` or `simplified`.
        filters: Channels of all dilated convolutions.
        skip_filters: Channels of the head (`full`); None takes `filters`.
        kernel_size: Taps of each dilated convolution.
        input_kernel: Taps of the first convolution, which is not dilated (`full`); None takes `kernel_size`.
        dilations: Dilation of each convolution of a stack.
        stacks: How often the list of dilations is repeated.
        padding: `causal` sees the past only, `same` both sides (Rethage et al. 2017, https://arxiv.org/abs/1706.07162).
        activation: Of the head (`full`), of every convolution (`simplified`), by its Keras name.
        norm: `batch` before each nonlinearity, which folds into the convolution on export, or None as published.
        dropout: Rate of spatial dropout after each unit.
        head: `per_step` predicts at every step, `last` from the last one, `pooled` from the mean over the window.
        name: Name of the model and prefix of its layers.
    """

    variant: Variant = Field(default="full", description="Gated units with skip outputs, or a plain stack")
    filters: _Width = Field(default=20, description="Channels of the dilated convolutions")
    skip_filters: _Width | None = Field(default=None, description="Channels of the head (full); null takes filters")
    kernel_size: _Kernel = Field(default=2, description="Taps of each dilated convolution")
    input_kernel: _Kernel | None = Field(
        default=None, description="Taps of the first convolution (full); null takes kernel_size"
    )
    dilations: Annotated[tuple[_Dilation, ...], Field(min_length=1, max_length=64)] = Field(
        default=(1, 2, 4, 8), description="Dilation of each convolution of a stack"
    )
    stacks: Count = Field(default=2, ge=1, le=64, description="Repetitions of the dilations")
    padding: Padding = Field(default="causal", description="causal: only the past; or same")
    activation: Activation = Field(default="relu", description="Activation by its Keras name")
    norm: Norm | None = Field(default=None, description="Normalization before each nonlinearity")
    dropout: Rate = Field(default=0.0, description="Spatial dropout rate")
    head: Head = Field(default="per_step", description="per_step, last or pooled")
    name: ModelName = Field(default="wavenet", description="Name of the model and prefix of its layers")

    @model_validator(mode="after")
    def _warn_of_what_is_hardly_meant(self) -> Self:
        for text in self._oddities():
            warnings.warn(text, ParamsWarning, stacklevel=4)
        return self

    @property
    def unit_dilations(self) -> tuple[int, ...]:
        """The dilation of each unit, of all stacks."""
        return self.dilations * self.stacks

    @property
    def first_kernel(self) -> int:
        """Taps of the convolution before the units, 1 where there is none."""
        return (self.input_kernel or self.kernel_size) if self.variant == "full" else 1

    @property
    def head_filters(self) -> int:
        """Channels of the full variant's head."""
        return self.skip_filters or self.filters

    @property
    def receptive_field(self) -> int | None:
        """Steps of the input that one prediction depends on; None where it sees the whole window.

        1 + (first_kernel - 1) + (kernel_size - 1) * stacks * sum(dilations).
        """
        if self.head == "pooled":
            return None
        return self.first_kernel + (self.kernel_size - 1) * sum(self.unit_dilations)

    @property
    def is_causal(self) -> bool:
        """Whether no prediction depends on an input step after its own."""
        field = self.receptive_field
        return field is not None and (self.padding == "causal" or field == 1)

    def _oddities(self) -> Iterator[str]:
        if self.variant == "simplified":
            for field in _FULL_ONLY:
                if getattr(self, field) is not None:
                    yield f"{field}: variant 'simplified' ignores it"
        if self.padding == "causal" and self.head == "pooled":
            yield "padding is causal but the model is not: head: pooled sees the whole window"
        yield from self._output_oddities()
