"""The schema of the linear baseline. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

from pydantic import Field, field_validator

from neuralspot_edge.models.output import ModelName, WindowParams

__all__ = ["LinearParams"]


class LinearParams(WindowParams):
    """One dense layer on the flattened window: the baseline that any network has to beat.

    With classes it is multinomial logistic regression. With numbers its optimum is the least-squares fit, which
    `neuralspot_edge.models.linear.fit_least_squares` sets without training.

    Attributes:
        name: Name of the model and prefix of its layers.
    """

    name: ModelName = Field(default="linear", description="Name of the model and prefix of its layers")

    @field_validator("include_top")
    @classmethod
    def _is_its_top(cls, include_top: bool) -> bool:
        if not include_top:
            raise ValueError("a linear model is its top, write true")
        return include_top
