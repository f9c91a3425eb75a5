"""The schema of the multilayer perceptron. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

import warnings
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neuralspot_edge.models.output import ModelName, WindowParams
from neuralspot_edge.models.params import Activation, Count, ParamsWarning, Rate

__all__ = ["MlpParams"]


class MlpParams(WindowParams):
    """Dense layers on the flattened window, for classes or numbers.

    With head `per_step` and a narrow layer in `hidden` it is an autoencoder. That of MLPerf Tiny's anomaly detection
    (https://github.com/mlcommons/tiny) has `hidden: [128, 128, 128, 128, 8, 128, 128, 128, 128]`, norm `batch`, and
    windows of 5 steps and 128 channels.

    Attributes:
        hidden: Units of each hidden layer, in order.
        activation: Of the hidden layers, by its Keras name.
        norm: `batch` after each hidden layer, before its activation; it folds away on export. None is none.
        dropout: Rate of dropout after each hidden layer.
        name: Name of the model and prefix of its layers.
    """

    hidden: Annotated[tuple[Annotated[Count, Field(ge=1, le=4096)], ...], Field(min_length=1, max_length=64)] = Field(
        default=(64, 32), description="Units of each hidden layer"
    )
    activation: Activation = Field(default="relu", description="Activation by its Keras name")
    norm: Literal["batch"] | None = Field(default=None, description="Normalization of each hidden layer")
    dropout: Rate = Field(default=0.0, description="Dropout rate after each hidden layer")
    name: ModelName = Field(default="mlp", description="Name of the model and prefix of its layers")

    @model_validator(mode="after")
    def _warn_of_what_is_hardly_meant(self) -> Self:
        for text in self._output_oddities():
            warnings.warn(text, ParamsWarning, stacklevel=4)
        if not self.include_top and self.head == "per_step":
            raise ValueError("head: 'per_step' needs include_top, hidden layers are of the whole window; write window")
        return self
