"""The parts of a recipe. A field's `description` is its entry in the recipe reference and in the editor."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializeAsAny, ValidationInfo, field_validator, model_validator

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import Count, Number, StrictModel, Text
from neuralspot_edge.models.registry import get_family
from neuralspot_edge.suggestions import unknown_name

__all__ = [
    "DataSpec",
    "DistillationSpec",
    "GatesSpec",
    "InputSpec",
    "ModelSpec",
    "Names",
    "Slug",
    "Task",
    "TrainingSpec",
    "check_distinct",
]

Task = Literal["classification", "segmentation", "regression", "denoising", "forecasting", "anomaly", "language"]
"""What a recipe's model learns."""

Slug = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
"""Lower-case letters, digits, `-` and `_`: safe as a file name on every system."""

Names = tuple[Annotated[str, Field(strict=True, min_length=1, max_length=200)], ...]


def check_distinct(names: Names | None) -> Names | None:
    """The names, if no two of them are equal.

    Raises:
        ValueError: Two are.
    """
    for name in names or ():
        if names is not None and names.count(name) > 1:
            raise ValueError(f"{name!r} is there more than once, each name must be another")
    return names


class DataSpec(StrictModel):
    """Where the samples come from: exactly one of `dataset` and `path`."""

    dataset: Text | None = Field(
        default=None, description="A data set of this package by name; `nse list --datasets` names them"
    )
    # Its type is the data set's own: StrictModel stands for whichever that is.
    options: SerializeAsAny[StrictModel] | None = Field(
        default=None, validate_default=True, description="What the data set lets one choose; each has its own"
    )
    path: Text | None = Field(
        default=None,
        description="A .npz or .csv file of your own; in a recipe file it is relative to that file's folder",
    )
    channels: Annotated[Names, Field(min_length=1, max_length=4096)] | None = Field(
        default=None, description="Columns of the file to use, in this order, or names for a file that has none"
    )
    preprocess: Literal["none", "standardize", "window"] = Field(
        default="standardize",
        description="standardize: each channel to mean 0 and deviation 1, fitted on the training split; window: the "
        "same within each window by itself (not for streaming); none: samples as they are",
    )
    mean: tuple[Number, ...] | None = Field(
        default=None, description="Mean of each channel for standardize; a run writes down here what it fitted"
    )
    std: tuple[Annotated[Number, Field(gt=0)], ...] | None = Field(
        default=None, description="Deviation of each channel for standardize, as mean"
    )
    frontend: Text | None = Field(
        default=None, description="What turned the raw signal into these samples, for a model that does not eat it raw"
    )

    _distinct = field_validator("channels")(check_distinct)

    @field_validator("dataset")
    @classmethod
    def _check_dataset(cls, dataset: str | None) -> str | None:
        from neuralspot_edge.datasets import list_datasets

        if dataset is not None and dataset not in list_datasets():
            raise InputError(unknown_name("dataset", dataset, list_datasets()))
        return dataset

    @field_validator("options", mode="plain")
    @classmethod
    def _check_options(cls, options: Any, info: ValidationInfo) -> Any:
        from neuralspot_edge.datasets import dataset_entry

        # Without a data set that exists there is nothing to check against, and its own error is enough.
        if (name := info.data.get("dataset")) is None:
            if options is not None and "dataset" in info.data:
                raise ValueError("only a data set by name takes them, leave them out")
            return None
        schema = dataset_entry(name).options
        if schema is not None:
            # A ValidationError from here keeps its places: the report says data.options.train.
            return schema.model_validate({} if options is None else options)
        if options is not None:
            raise ValueError(f"{name} takes none, leave them out")
        return None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.dataset is None) == (self.path is None):
            given = "neither is" if self.dataset is None else "both are"
            raise ValueError(f"exactly one of dataset and path is needed, {given} given")
        if self.channels is not None and self.path is None:
            raise ValueError("channels: only data from a path takes it, leave it out")
        return self

    @model_validator(mode="after")
    def _check_fitted(self) -> Self:
        if (self.mean is None) != (self.std is None):
            raise ValueError("mean and std go together: give both, or neither to have them fitted")
        if self.mean is not None and self.preprocess != "standardize":
            raise ValueError(
                f"mean and std are for preprocess standardize, received {self.preprocess!r}: leave them out"
            )
        return self


class InputSpec(StrictModel):
    """The model's input: `window` steps of `channels` values."""

    window: Count = Field(ge=1, le=1_000_000, description="Time steps in one window")
    # Left out, it is 0 until the window is known: a default taken from the window would count as given.
    hop: Count = Field(
        default_factory=int,
        ge=1,
        le=1_000_000,
        description="Time steps from one window to the next; without it the window, so that windows do not overlap",
    )
    channels: Count = Field(ge=1, le=4096, description="Values in each time step")
    sampling_rate: Annotated[Number, Field(gt=0, le=1e9)] | None = Field(
        default=None, description="Time steps a second, in Hz"
    )

    @model_validator(mode="after")
    def _hop_is_the_window(self) -> Self:
        if self.hop == 0:
            object.__setattr__(self, "hop", self.window)
        return self


class ModelSpec(StrictModel):
    """The network: a family of models and its params."""

    family: Text = Field(description="A family of models by name")
    params: SerializeAsAny[StrictModel] = Field(description="The family's params")

    @field_validator("family")
    @classmethod
    def _check_family(cls, family: str) -> str:
        return get_family(family).name

    @field_validator("params", mode="plain")
    @classmethod
    def _check_params(cls, params: Any, info: ValidationInfo) -> Any:
        # Without a family that exists there is nothing to check against, and its own error is enough.
        if "family" not in info.data:
            return params
        # A ValidationError from here keeps its places: the report says model.params.blocks.0.filters.
        return get_family(info.data["family"]).params_class.model_validate(params)


class DistillationSpec(StrictModel):
    """How a model learns from a teacher's outputs (Hinton et al. 2015, https://arxiv.org/abs/1503.02531)."""

    temperature: Annotated[Number, Field(gt=0, le=100)] | None = Field(
        default=None,
        description="What the logits of both models are divided by before their classes are compared: a higher one "
        "shows more of how the teacher ranks the wrong classes; null is 2 for classes, numbers have none",
    )
    weight: Number = Field(
        default=0.5, gt=0, le=1, description="Share of the teacher's outputs in the loss, the targets have the rest"
    )

    @property
    def class_temperature(self) -> float:
        """The temperature of a task with classes."""
        return 2.0 if self.temperature is None else self.temperature


class TrainingSpec(StrictModel):
    """How the model is trained."""

    epochs: Count = Field(default=100, ge=1, le=1_000_000, description="Most passes over the training split")
    batch_size: Count = Field(default=16, ge=1, le=65536, description="Windows in a batch")
    learning_rate: Number = Field(default=0.003, gt=0, le=10, description="Step size of the optimizer")
    schedule: Literal["constant", "cosine"] = Field(
        default="constant",
        description="constant keeps the learning rate; cosine lowers it along half a cosine, to 0 after the last of "
        "`epochs`",
    )
    patience: Count = Field(
        default=15, ge=1, le=1_000_000, description="Epochs without a better validation loss before training stops"
    )
    seed: Count = Field(
        default=0, ge=0, le=2**32 - 1, description="Start of all random numbers: weights, shuffling, dropout, splits"
    )
    split_seed: Annotated[Count, Field(ge=0, le=2**32 - 1)] | None = Field(
        default=None,
        description="Start of the random numbers of the data, its splits and what is generated, where trainings of "
        "other seeds shall have the same data; null is seed",
    )
    class_weights: Literal["auto", "none"] = Field(
        default="auto", description="auto weighs classes by how rare they are where they are unbalanced; none does not"
    )
    teacher: Text | None = Field(
        default=None,
        description="A larger model to learn from, too: a preset's name, a recipe file, which is trained first on the "
        "same data, or the folder of a run, whose model is taken; a path in a recipe file is relative to that file's "
        "folder",
    )
    distillation: DistillationSpec | None = Field(
        default=None, description="How the teacher is learned from; null is the default with a teacher"
    )

    @model_validator(mode="after")
    def _teacher_is_learned_from(self) -> Self:
        if self.teacher is not None and self.distillation is None:
            object.__setattr__(self, "distillation", DistillationSpec())
        return self

    @property
    def data_seed(self) -> int:
        """The seed of the data's splits, and of data that is generated."""
        return self.seed if self.split_seed is None else self.split_seed


class GatesSpec(StrictModel):
    """What must hold for the exported model to count as right."""

    max_lsb: Count = Field(
        default=1, ge=0, le=65535, description="Most that TensorFlow Lite Micro may differ from LiteRT, in output steps"
    )
    max_drop: Number = Field(
        default=0.02,
        ge=0,
        description="Most that the task's metric may get worse from the float model to the exported one: the "
        "difference of a score such as accuracy, the share of an error such as a mean square",
    )
