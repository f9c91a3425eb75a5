"""A recipe's data as the model takes it: loaded, checked against the recipe, preprocessed, targets by task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.datasets import Dataset, Preprocessing, Split, load_dataset, load_file
from neuralspot_edge.datasets.types import LabelKind
from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes.consistency import CLASS_TASKS

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["Prepared", "Samples", "load_data", "prepare", "with_fitted"]

_LABELS_OF_TASK: dict[str, LabelKind] = {
    "classification": "window",
    "segmentation": "step",
    "anomaly": "window",
    "language": "step",
}


@dataclass(frozen=True)
class Samples:
    """Windows as the model takes them.

    Attributes:
        x: Inputs, float32 (windows, time, channels), preprocessed.
        y: Targets as the loss takes them.
        raw: The windows before preprocessing.
        labels: What the data says of each window: labels, or targets before preprocessing; for anomalies 1, else 0.
    """

    x: np.ndarray
    y: np.ndarray
    raw: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Prepared:
    """A recipe's data.

    Attributes:
        train: For training, and for calibration.
        validation: For early stopping.
        test: Held out: seen by verification alone.
        preprocessing: What was fitted on the training part and applied to all.
        dataset: Where it came from.
    """

    train: Samples
    validation: Samples
    test: Samples
    preprocessing: Preprocessing
    dataset: Dataset


def load_data(recipe: Recipe) -> Dataset:
    """Loads the data that a recipe names, and checks that it is what the recipe describes.

    Raises:
        InputError: There is none, it cannot be read, or its shape or classes are not those of the recipe.
    """
    if recipe.data is None:
        raise InputError("data: the recipe names none; add data: {dataset: NAME} or data: {path: FILE}")
    window, hop, seed = recipe.input.window, recipe.input.hop, recipe.training.data_seed
    if recipe.data.dataset:
        dataset = load_dataset(recipe.data.dataset, window=window, hop=hop, seed=seed, options=recipe.data.options)
    else:
        dataset = load_file(
            str(recipe.data.path),
            window=window,
            hop=hop,
            labels=_LABELS_OF_TASK.get(recipe.task, "target"),
            seed=seed,
            channels=recipe.data.channels,
            sampling_rate=recipe.input.sampling_rate,
        )
    _check_fit(recipe, dataset)
    return dataset


def _check_fit(recipe: Recipe, dataset: Dataset) -> None:
    if recipe.task == "language" and recipe.outputs != dataset.num_classes:
        raise InputError(
            f"outputs: the recipe says {recipe.outputs}, the vocabulary of the data {dataset.name!r} has "
            f"{dataset.num_classes} tokens: write this, and for input.channels {dataset.num_channels}"
        )
    window, channels = dataset.train.x.shape[1:]
    for field, wanted, found in (
        ("window", recipe.input.window, window),
        ("channels", recipe.input.channels, channels),
    ):
        if wanted != found:
            raise InputError(f"input.{field}: the recipe says {wanted}, the data {dataset.name!r} has {found}")
    if recipe.classes and not _same_classes(recipe.classes, dataset.classes):
        raise InputError(
            f"classes: the recipe names {', '.join(recipe.classes)}; the data {dataset.name!r} has "
            f"{', '.join(dataset.classes) or 'none'}, in this order: write these"
        )


def _same_classes(named: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """Whether they are the same in the same order; numbers in the data are named by the recipe."""
    if len(named) == len(found) and all(name.isdecimal() for name in found):
        return True
    return named == found


def prepare(recipe: Recipe, dataset: Dataset | None = None) -> Prepared:
    """The recipe's data, ready for training and verification.

    Args:
        recipe: The recipe.
        dataset: Its data, where it is loaded already.

    Raises:
        InputError: See `load_data`; or the targets do not suit the task.
    """
    dataset = dataset or load_data(recipe)
    preprocessing = _preprocessing(recipe, dataset)
    parts = (dataset.train, dataset.validation, dataset.test)
    if recipe.task == "anomaly":
        normal = _normal_class(dataset)
        train, validation, test = (_reconstruction(part, preprocessing, normal) for part in parts)
    else:
        train, validation, test = (_samples(recipe.task, part, preprocessing) for part in parts)
    return Prepared(train, validation, test, preprocessing, dataset)


def with_fitted(recipe: Recipe, preprocessing: Preprocessing) -> Recipe:
    """The recipe with the preprocessing that was fitted written down: without it the model cannot be fed again."""
    if not preprocessing.mean:
        return recipe
    return recipe.override({"data.mean": preprocessing.mean, "data.std": preprocessing.std})


def _preprocessing(recipe: Recipe, dataset: Dataset) -> Preprocessing:
    """Fitted on the training part, unless the recipe of an earlier run brings what was fitted then."""
    if recipe.data is None:
        return Preprocessing("none")
    if recipe.data.mean is not None and recipe.data.std is not None:
        return Preprocessing(recipe.data.preprocess, recipe.data.mean, recipe.data.std)
    return Preprocessing.fit(recipe.data.preprocess, dataset.train.x)


def _samples(task: str, split: Split, preprocessing: Preprocessing) -> Samples:
    x = preprocessing.apply(split.x)
    if split.y is None:
        raise InputError(f"task: {task} needs targets, the data has none")
    integral = split.y.dtype.kind in "iu"
    if integral != (task in CLASS_TASKS):
        raise InputError(f"task: {task} does not suit targets of type {split.y.dtype} in the data")
    # A clean signal lives on the scale of the noisy one, so that it is learnt on the scale of the input.
    y = preprocessing.apply(split.y) if task == "denoising" else split.y
    return Samples(x, y, split.x, split.y)


def _normal_class(dataset: Dataset) -> int:
    """The one class of the training part: what a model of the normal is to learn."""
    if dataset.train.y is None:
        return 0
    found = np.unique(dataset.train.y)
    if len(found) > 1:
        names = ", ".join(dataset.classes[label] for label in found)
        raise InputError(
            f"task: anomaly learns from normal windows alone, the training part has the classes {names}; give normal "
            "windows as x_train, and both kinds as x_test with y_test"
        )
    return int(found[0])


def _reconstruction(split: Split, preprocessing: Preprocessing, normal: int) -> Samples:
    x = preprocessing.apply(split.x)
    labels = np.zeros(len(x), dtype=np.int64) if split.y is None else (split.y != normal).astype(np.int64)
    return Samples(x, x, split.x, labels)
