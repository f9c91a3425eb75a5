"""The schema of the residual TCN: what a user writes. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from neuralspot_edge.models.params import (
    Activation,
    Count,
    Flag,
    OutputActivation,
    ParamsWarning,
    Rate,
    StrictModel,
)
from neuralspot_edge.models.residual_tcn.keras_tcn import translate

__all__ = [
    "ONCE_IS_TWICE",
    "Compute",
    "Head",
    "Initializer",
    "Norm",
    "Padding",
    "ResidualTcnParams",
    "ResidualTcnStack",
    "ReturnedStep",
]

Padding = Literal["causal", "same"]
Norm = Literal["batch", "layer", "weight"]
Head = Literal["last", "middle", "per_step", "pooled"]
Compute = Literal["last_only", "all"]
ReturnedStep = Literal["last", "middle"]
Initializer = Literal[
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "truncated_normal",
]

ONCE_IS_TWICE = frozenset({"hard_tanh", "linear", "relu", "relu6"})
"""Activations of which f(f(x)) is f(x)."""

_Filters = Annotated[int, Field(strict=True, ge=1, le=4096)]
_Dilation = Annotated[int, Field(strict=True, ge=1, le=65536)]


class ResidualTcnStack(StrictModel):
    """The residual blocks: what the layer `TCN` and the family have in common.

    Attributes:
        filters: Output channels of all blocks, or a list with those of each level.
        kernel_size: Taps of each convolution.
        stacks: How often the list of levels is repeated.
        dilations: Dilation of each level, taken as they are.
        padding: `causal` sees the past only, `same` both sides.
        use_skip_connections: Whether the output is the sum of all blocks' branches, or that of the last block.
        dropout: Rate of spatial dropout after each activation.
        norm: `batch` folds into the convolution on export, `layer` spans the channels of each step, `weight` parts a
            filter into length and direction, and costs nothing on export.
        go_backwards: Whether the sequence is read from its end.
        activate_twice: Whether a block's activation is applied once more before its sum, as keras-tcn does. It shows
            with activations other than ReLU only.
        compute: Where one step is predicted from: `last_only` computes the steps that it needs, `all` computes every
            step. The result is the same; only a network that computes all can run on a stream.
    """

    filters: _Filters | Annotated[tuple[_Filters, ...], Field(min_length=1, max_length=64)] = Field(
        default=64,
        validation_alias=AliasChoices("filters", "nb_filters"),
        description="Output channels, or a list for each level",
    )
    kernel_size: Count = Field(default=3, ge=1, le=1024, description="Taps of each convolution")
    stacks: Count = Field(
        default=1,
        ge=1,
        le=64,
        validation_alias=AliasChoices("stacks", "nb_stacks"),
        description="Repetitions of the levels",
    )
    dilations: Annotated[tuple[_Dilation, ...], Field(min_length=1, max_length=64)] = Field(
        default=(1, 2, 4, 8, 16, 32), description="Dilation of each level"
    )
    padding: Padding = Field(default="causal", description="causal: only the past; or same")
    use_skip_connections: Flag = Field(default=True, description="Sum of all blocks, or the last block alone")
    dropout: Rate = Field(
        default=0.0, validation_alias=AliasChoices("dropout", "dropout_rate"), description="Spatial dropout rate"
    )
    norm: Norm | None = Field(default=None, description="Normalization of each convolution")
    go_backwards: Flag = Field(default=False, description="Whether the sequence is read from its end")
    activate_twice: Flag = Field(default=False, description="The activation once more before the sum, as keras-tcn")
    compute: Compute = Field(default="last_only", description="Steps that are computed for one prediction")

    @model_validator(mode="after")
    def _check_filters(self) -> Self:
        if isinstance(self.filters, int):
            return self
        if len(self.filters) != len(self.dilations):
            raise ValueError(
                f"filters: the list has {len(self.filters)} values but there are {len(self.dilations)} dilations, "
                "give one for each"
            )
        if self.use_skip_connections and len(set(self.filters)) > 1:
            raise ValueError(
                f"use_skip_connections: outputs of {' and '.join(map(str, sorted(set(self.filters))))} channels cannot "
                "be summed; write false, or equal filters"
            )
        return self

    @property
    def block_dilations(self) -> tuple[int, ...]:
        """The dilation of each block, of all stacks."""
        return self.dilations * self.stacks

    @property
    def block_filters(self) -> tuple[int, ...]:
        """The output channels of each block, of all stacks."""
        levels = (self.filters,) * len(self.dilations) if isinstance(self.filters, int) else self.filters
        return levels * self.stacks

    @property
    def reach(self) -> int:
        """Steps of the input that one of the blocks' output sees: 1 + 2 (kernel_size - 1) * stacks * sum(dilations)."""
        return 1 + 2 * (self.kernel_size - 1) * self.stacks * sum(self.dilations)


class ResidualTcnParams(ResidualTcnStack):
    """The generic TCN of Bai, Kolter and Koltun (2018), https://arxiv.org/abs/1803.01271.

    Input is (time, channels). A config of keras-tcn 3.5.7 is accepted as it is: its names are aliases, and
    `return_sequences` and its three norms are read as `head` and `norm`.

    Attributes:
        activation: A Keras activation by name. Which of them run in int8 is checked at export.
        kernel_initializer: Of the blocks' convolutions, a Keras initializer by name.
        head: `last` and `middle` predict from that step, `per_step` at every step, `pooled` from the mean over the
            window; None is `last` with causal padding and `middle` with same, as in keras-tcn.
        include_top: Whether there is a dense layer to the classes.
        use_logits: Whether the output is left as logits; otherwise a softmax follows.
        output_activation: An activation in place of logits or softmax.
        name: Name of the model and prefix of its layers.
    """

    activation: Activation = Field(default="relu", description="Activation by its Keras name")
    kernel_initializer: Initializer = Field(default="he_normal", description="Initializer by its Keras name")
    head: Head | None = Field(default=None, description="last, middle, per_step or pooled; null follows the padding")
    include_top: Flag = Field(default=True, description="Whether there is a dense layer to the classes")
    use_logits: Flag = Field(default=True, description="Logits out; false adds a softmax")
    output_activation: OutputActivation | None = Field(default=None, description="In place of logits or softmax")
    name: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=64)] = Field(
        default="residual_tcn", description="Name of the model and prefix of its layers"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_keras_tcn(cls, data: Any) -> Any:
        try:
            return translate(data)
        except ValueError as error:
            raise PydanticCustomError("unknown_key", "{text}", {"text": str(error)}) from None

    @model_validator(mode="after")
    def _check_head(self) -> Self:
        if self.go_backwards and self.head == "per_step":
            raise ValueError(
                "go_backwards: predictions of each step would come in reverse order; write head last, or false"
            )
        for text in self._oddities():
            warnings.warn(text, ParamsWarning, stacklevel=4)
        return self

    @property
    def predicts_from(self) -> Head:
        """The head, also where `head` leaves it to the padding."""
        return self.head or ("last" if self.padding == "causal" else "middle")

    @property
    def receptive_field(self) -> int | None:
        """Steps of the input that one prediction depends on, `reach`; None where it sees the whole window."""
        return None if self.predicts_from == "pooled" else self.reach

    @property
    def is_causal(self) -> bool:
        """Whether no prediction depends on an input step after its own."""
        field = self.receptive_field
        return field is not None and not self.go_backwards and (self.padding == "causal" or field == 1)

    def _oddities(self) -> Iterator[str]:
        if self.padding == "causal" and self.predicts_from == "pooled":
            yield "padding is causal but the model is not: head: pooled sees the whole window"
        if self.activate_twice and self.activation in ONCE_IS_TWICE:
            yield f"activate_twice: {self.activation!r} applied twice is the same as once"
        if self.compute == "all" and self.predicts_from in ("per_step", "pooled"):
            yield f"compute: head {self.predicts_from!r} needs every step anyway"
        if not self.include_top and self.output_activation:
            yield "output_activation: ignored without include_top"
