"""The schema of recurrent networks: what a user writes. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

import warnings
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neuralspot_edge.models.params import (
    Activation,
    Flag,
    OutputActivation,
    ParamsWarning,
    Rate,
    StrictModel,
)

__all__ = ["Cell", "Head", "RecurrentStack", "RnnParams", "Units"]

Cell = Literal["simple", "lstm", "gru", "ln_simple"]
Head = Literal["last", "per_step"]

Units = Annotated[int, Field(strict=True, ge=1, le=1024)]
"""The size of a layer's state."""


class RecurrentStack(StrictModel):
    """Recurrent layers and what predicts from them: what the families `rnn` and `conv_rnn` have in common.

    Attributes:
        cell: `simple` is Elman's, `lstm` and `gru` have gates, `ln_simple` is a simple one whose sum is normalized over
            its units before the activation.
        layers: The size of the state of each layer, in order.
        activation: A Keras activation of the state; an LSTM or GRU has tanh, which its gates are made for.
        dropout: Rate at which the inputs of each layer are dropped.
        recurrent_dropout: Rate at which its state is dropped.
        head: `last` predicts from the last step, `per_step` at every step.
        include_top: Whether there is a dense layer to the classes.
        use_logits: Whether the output is left as logits; otherwise a softmax follows.
        output_activation: An activation in place of logits or softmax.
    """

    cell: Cell = Field(default="gru", description="simple, lstm, gru or ln_simple")
    layers: Annotated[tuple[Units, ...], Field(min_length=1, max_length=16)] = Field(
        default=(20,), description="Size of the state of each layer, in order"
    )
    activation: Activation = Field(default="tanh", description="Of the state, by its Keras name")
    dropout: Rate = Field(default=0.0, description="Rate at which inputs of a layer are dropped")
    recurrent_dropout: Rate = Field(default=0.0, description="Rate at which its state is dropped")
    head: Head = Field(default="last", description="last, or per_step: a prediction at every step")
    include_top: Flag = Field(default=True, description="Whether there is a dense layer to the classes")
    use_logits: Flag = Field(default=True, description="Logits out; false adds a softmax")
    output_activation: OutputActivation | None = Field(default=None, description="In place of logits or softmax")

    @model_validator(mode="after")
    def _check_cell(self) -> Self:
        if self.cell in ("lstm", "gru") and self.activation != "tanh":
            raise ValueError(
                f"activation: {self.activation!r} is for the cells simple and ln_simple, {self.cell} has tanh: "
                "leave it out"
            )
        if not self.include_top and self.output_activation:
            warnings.warn("output_activation: ignored without include_top", ParamsWarning, stacklevel=4)
        return self


class RnnParams(RecurrentStack):
    """A recurrent network over (time, channels).

    Elman 1990 (https://doi.org/10.1207/s15516709cog1402_1), Hochreiter and Schmidhuber 1997
    (https://doi.org/10.1162/neco.1997.9.8.1735), Cho et al. 2014 (https://arxiv.org/abs/1406.1078).

    Attributes:
        name: Name of the model and prefix of its layers.
    """

    name: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=64)] = Field(
        default="rnn", description="Name of the model and prefix of its layers"
    )

    @property
    def receptive_field(self) -> None:
        """None: a state can hold any past."""

    @property
    def is_causal(self) -> bool:
        """True: no prediction depends on a step after its own."""
        return True
