"""Distillation: what a teacher says of the training and the validation part, as targets for its student."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import read_bytes, write_bytes, write_text
from neuralspot_edge.recipes import DistillationSpec, load_recipe
from neuralspot_edge.recipes.consistency import CLASS_TASKS
from neuralspot_edge.training.checkpoint import identity
from neuralspot_edge.training.data import Prepared, Samples, with_fitted
from neuralspot_edge.training.files import RECIPE, TrainFiles
from neuralspot_edge.training.metrics import metric_of
from neuralspot_edge.training.models import load_model
from neuralspot_edge.training.teachers import TEACHER_FOLDER, find_teachers

if TYPE_CHECKING:
    import keras

    from neuralspot_edge.recipes import Recipe

__all__ = ["Distillation", "SoftTargets", "Teacher", "obtain_teacher"]

_LEAST_PROBABILITY = 1e-7
_WINDOWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Teacher:
    """A trained model that another learns from.

    Attributes:
        recipe: What it was trained by.
        model: It.
        folder: The run's folder that it was taken from; None where it was trained for its student.
    """

    recipe: Recipe
    model: keras.Model
    folder: Path | None = None

    def fingerprint(self) -> str:
        """A hash of its weights: by them it teaches."""
        found = hashlib.sha256()
        for weight in self.model.get_weights():
            found.update(f"{weight.dtype}{weight.shape}".encode() + np.ascontiguousarray(weight).tobytes())
        return found.hexdigest()


@dataclass(frozen=True, eq=False)
class Distillation:
    """Who taught a model, and how both do on the validation part.

    Attributes:
        teacher: The teacher.
        metric: Name of the metric.
        teacher_value: The teacher's.
        student_value: The student's.
    """

    teacher: Teacher
    metric: str
    teacher_value: float
    student_value: float


class SoftTargets:
    """A student's targets: those of the data, and what its teacher says of the same windows, asked once.

    Args:
        teacher: The teacher.
        recipe: The student's recipe.
        data: What it is trained on.
        how: How it learns from the teacher; None is as its recipe says.

    Attributes:
        teacher: The teacher.
        how: As given.
        train: Targets of the training part, as the loss takes them: see `ClassDistillation`, `NumberDistillation`.
        validation: Those of the validation part.

    Raises:
        InputError: The teacher's output is not of the shape that the targets need.
    """

    def __init__(self, teacher: Teacher, recipe: Recipe, data: Prepared, how: DistillationSpec | None = None) -> None:
        self.teacher = teacher
        self.how = how
        self._recipe = recipe
        self._validation = data.validation
        self._has_classes = recipe.task in CLASS_TASKS
        self._said = self._outputs(data.validation)
        self.train = self._joined(data.train, self._outputs(data.train))
        self.validation = self._joined(data.validation, self._said)

    def judge(self, student: keras.Model) -> Distillation:
        """How the student does beside its teacher."""
        # Validation windows hold no anomalies that could be told apart: how well they are reproduced is what counts.
        metric = metric_of("denoising" if self._recipe.task == "anomaly" else self._recipe.task)
        windows = self._validation
        learned = _predict(student, windows)
        values = (metric.function(windows.y, outputs, windows.x) for outputs in (self._said, learned))
        return Distillation(self.teacher, metric.name, *values)

    def _outputs(self, windows: Samples) -> np.ndarray:
        """What the teacher says; of classes the logits."""
        from neuralspot_edge.training.losses import ends_in_softmax

        outputs = _predict(self.teacher.model, windows)
        wanted = windows.y.shape[1:] + ((self._recipe.num_outputs,) if self._has_classes else ())
        if outputs.shape[1:] != wanted:
            raise InputError(
                f"training.teacher: the output of {self.teacher.recipe.name} is of shape {outputs.shape[1:]} a "
                f"window, this recipe's targets need {wanted}: name a teacher with the same head"
            )
        if self._has_classes and ends_in_softmax(self.teacher.recipe):
            outputs = np.log(np.clip(outputs, _LEAST_PROBABILITY, 1))
        return outputs

    def _joined(self, windows: Samples, said: np.ndarray) -> np.ndarray:
        """In one array, as Keras takes one array of targets for an output."""
        own = windows.y[..., None] if self._has_classes else windows.y
        return np.concatenate([own.astype(np.float32), said], axis=-1, dtype=np.float32)


def obtain_teacher(
    recipe: Recipe,
    data: Prepared,
    out_dir: Path | None,
    train: Callable[[Recipe, Path | None], keras.Model],
    *,
    resume: bool = False,
) -> Teacher | None:
    """The recipe's teacher, which is in `out_dir/teacher` from then on; None where it has none.

    Args:
        recipe: The student's recipe.
        data: The student's data, on which the teacher is trained.
        out_dir: The student's folder; None keeps no teacher.
        train: Trains a recipe's model on `data` into a folder.
        resume: Whether a teacher of the same recipe that is there is not trained again.

    Raises:
        InputError: The teacher is missing, does not suit, or cannot be trained.
    """
    folder = out_dir / TEACHER_FOLDER if out_dir else None
    if recipe.training.teacher is None:
        return None
    source = find_teachers(recipe, out_dir)[0]
    if source.folder:
        _check_preprocessing(source.folder, source.recipe, data)
        return _copied(source.folder, folder)
    if resume and folder and (folder / RECIPE).is_file():
        _check_same(folder, with_fitted(source.recipe, data.preprocessing))
        return _kept(folder)
    return _trained(source.recipe, data, folder, train)


def _kept(folder: Path) -> Teacher:
    return Teacher(load_recipe(folder / RECIPE), load_model(folder / TrainFiles().model))


def _copied(source: Path, folder: Path | None) -> Teacher:
    teacher = Teacher(load_recipe(source / RECIPE), load_model(source / TrainFiles().model), source)
    if folder:
        _ready(folder)
        for name in (TrainFiles().history, TrainFiles().model):
            if (source / name).is_file():
                write_bytes(folder / name, read_bytes(source / name))
        _write_recipe(folder, teacher.recipe)
    return teacher


def _trained(
    recipe: Recipe, data: Prepared, folder: Path | None, train: Callable[[Recipe, Path | None], keras.Model]
) -> Teacher:
    if folder:
        _ready(folder)
    try:
        model = train(recipe, folder)
    except InputError as error:
        raise InputError(f"training.teacher: {recipe.name}: {error}") from error
    fitted = with_fitted(recipe, data.preprocessing)
    if folder:
        _write_recipe(folder, fitted)
    return Teacher(fitted, model)


def _ready(folder: Path) -> None:
    """A folder for a teacher; an unfinished one's checkpoint stays, a finished one is no longer taken for finished."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECIPE).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to the folder {folder}: {error.strerror}") from error


def _write_recipe(folder: Path, recipe: Recipe) -> None:
    write_text(folder / RECIPE, json.dumps(recipe.to_dict(), indent=2) + "\n")


def _check_preprocessing(folder: Path, recipe: Recipe, data: Prepared) -> None:
    """A model sees what its preprocessing makes of the signal; it is the same where the training part is."""
    spec, own = recipe.data, data.preprocessing
    pairs = [(spec.mean or (), own.mean), (spec.std or (), own.std)] if spec else []
    if any(len(one) != len(other) or not np.allclose(one, other, rtol=1e-5, atol=1e-6) for one, other in pairs):
        raise InputError(
            f"training.teacher: {folder} standardizes its input otherwise than this data asks for, it was trained on "
            "other data: train it anew, or name its recipe"
        )


def _check_same(folder: Path, recipe: Recipe) -> None:
    try:
        kept = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
        is_same = identity(kept) == identity(recipe.to_dict())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{folder / RECIPE} is damaged; delete {folder} to train the teacher from the start"
        ) from error
    if not is_same:
        raise InputError(f"{folder} holds a teacher of another recipe; delete it, or train into another folder")


def _predict(model: keras.Model, windows: Samples) -> np.ndarray:
    return np.asarray(model.predict(windows.x, batch_size=_WINDOWS_AT_ONCE, verbose=0))
