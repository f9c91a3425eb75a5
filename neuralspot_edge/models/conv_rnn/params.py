"""The schema of convolutional recurrent networks. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuralspot_edge.models.params import Activation, Count
from neuralspot_edge.models.rnn.params import RecurrentStack

__all__ = ["ConvRnnParams", "Padding"]

Padding = Literal["valid", "causal", "same"]

_Filters = Annotated[int, Field(strict=True, ge=1, le=4096)]


class ConvRnnParams(RecurrentStack):
    """Strided convolutions and a recurrent network behind them, over (time, channels).

    As in A. Géron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2nd edition, 2019, chapter 15:
    the convolutions make the sequence shorter, so that the recurrent layers have fewer steps to remember, and an
    unrolled file fewer operators.

    Attributes:
        filters: Output channels of each convolution, in order.
        kernel_size: Taps of each.
        stride: Steps of its input from one of its output steps to the next, for each.
        padding: `valid` begins where the kernel fits, `causal` pads the past, `same` both sides.
        norm: `batch` folds into the convolution on export, None is none.
        conv_activation: A Keras activation after each convolution.
        name: Name of the model and prefix of its layers.
    """

    filters: Annotated[tuple[_Filters, ...], Field(min_length=1, max_length=16)] = Field(
        default=(20,), description="Output channels of each convolution, in order"
    )
    kernel_size: Count = Field(default=4, ge=1, le=1024, description="Taps of each convolution")
    stride: Count = Field(default=2, ge=1, le=1024, description="Stride of each convolution")
    padding: Padding = Field(default="valid", description="valid, causal or same")
    norm: Literal["batch"] | None = Field(default=None, description="Normalization after each convolution")
    conv_activation: Activation = Field(default="relu", description="Activation after each convolution")
    name: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=64)] = Field(
        default="conv_rnn", description="Name of the model and prefix of its layers"
    )

    @property
    def receptive_field(self) -> None:
        """None: a state can hold any past."""

    @property
    def is_causal(self) -> bool:
        """Whether no prediction depends on a step after the last one that its own convolutions end at."""
        return self.padding != "same"

    @property
    def keeps_length(self) -> bool:
        """Whether there are as many steps behind the convolutions as before them."""
        return self.stride == 1 and (self.padding != "valid" or self.kernel_size == 1)

    def steps(self, window: int) -> int:
        """Steps behind the convolutions, 0 or less where the window is too short for them."""
        for _ in self.filters:
            lost = self.kernel_size - 1 if self.padding == "valid" else 0
            window = (window - lost - 1) // self.stride + 1
        return window
