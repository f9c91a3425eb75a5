"""`Recipe`: everything a run needs to know, strict and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import Count, StrictModel, Text, validate
from neuralspot_edge.recipes.consistency import NAMED_CLASS_TASKS, inconsistencies
from neuralspot_edge.recipes.export import ExportSpec
from neuralspot_edge.recipes.overrides import apply_changes
from neuralspot_edge.recipes.specs import (
    DataSpec,
    GatesSpec,
    InputSpec,
    ModelSpec,
    Names,
    Slug,
    Task,
    TrainingSpec,
    check_distinct,
)
from neuralspot_edge.suggestions import unknown_name
from neuralspot_edge.targets import target_names

__all__ = ["Recipe"]


class Recipe(StrictModel):
    """A recipe: data in, a verified `.tflite` out."""

    schema_version: Literal[1] = Field(default=1, description="Version of this format")
    name: Slug = Field(description="Name of the recipe; a preset's begins with its family and is its file's stem")
    description: Text | None = Field(default=None, description="What the model is for")
    source: Text | None = Field(default=None, description="Paper or product that it is modelled on")
    task: Task = Field(
        description="What is learned, which sets loss, metric and head: classification a class for each window, "
        "segmentation a class for each step, regression and forecasting numbers, denoising the clean signal, anomaly "
        "the input itself, language the next token at each step"
    )
    classes: Annotated[Names, Field(min_length=2, max_length=4096)] | None = Field(
        default=None, description="Names of the classes in the order of the labels (classification, segmentation)"
    )
    outputs: Annotated[Count, Field(ge=1, le=4096)] | None = Field(
        default=None,
        description="Numbers predicted (regression, forecasting: 1 if left out; denoising: the input's channels; "
        "language: the size of the vocabulary, required)",
    )
    data: DataSpec | None = Field(default=None, description="What to train on; without it a recipe only builds")
    input: InputSpec = Field(description="Shape of the model's input")
    model: ModelSpec = Field(description="The network")
    training: TrainingSpec = Field(default=TrainingSpec(), description="How it is trained")
    export: ExportSpec = Field(default=ExportSpec(), description="What is written")
    gates: GatesSpec = Field(default=GatesSpec(), description="What must hold for it to count as right")
    target: Text | None = Field(
        default=None, description="The chip or core that the model is for; `nse list --targets` names them"
    )

    _distinct = field_validator("classes")(check_distinct)

    @field_validator("target")
    @classmethod
    def _check_target(cls, target: str | None) -> str | None:
        if target is not None and target not in target_names():
            raise InputError(unknown_name("target", target, target_names()))
        return target

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        problems = [
            InitErrorDetails(type=PydanticCustomError("value_error", "{error}", {"error": text}), loc=place, input=None)
            for place, text in inconsistencies(self)
        ]
        if problems:
            raise ValidationError.from_exception_data(type(self).__name__, problems)
        return self

    @property
    def params(self) -> StrictModel:
        """The model family's validated params."""
        return self.model.params

    @property
    def num_outputs(self) -> int:
        """Width of the model's output: the number of classes, or of numbers predicted."""
        if self.task in NAMED_CLASS_TASKS:
            return len(self.classes or ())
        if self.outputs is not None:
            return self.outputs
        return self.input.channels if self.task in ("denoising", "anomaly") else 1

    def override(self, changes: Mapping[str, Any]) -> Self:
        """A copy with some values changed, validated anew.

        Args:
            changes: Values by dotted path: `{"training.epochs": 5, "model.params.blocks.0.filters": 8}`. What follows
                from a value that was left out (`hop` from `window`) follows again.

        Raises:
            InputError: A path does not exist, or a value is not legal.
        """
        return validate(type(self), apply_changes(self, changes))

    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON values with everything that was left out written down; `load_recipe` reads it back."""
        return self.model_dump(mode="json")
