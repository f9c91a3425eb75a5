"""The ways from a trained model to its int8 file: after training, the same with tools, by more training in int8."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.errors import NseError
from neuralspot_edge.pipeline.folder import QAT
from neuralspot_edge.quantization import (
    PostTraining,
    QatScheme,
    Study,
    ToolEffect,
    check_calibration,
    quantize_aware,
    quantize_post_training,
)
from neuralspot_edge.recipes import DistillationSpec, Recipe
from neuralspot_edge.recipes.consistency import CLASS_TASKS
from neuralspot_edge.recipes.quantizations import Method
from neuralspot_edge.training import Epoch, Prepared, load_model, train
from neuralspot_edge.training.distillation import SoftTargets, Teacher

if TYPE_CHECKING:
    import keras

__all__ = ["Made", "Trained", "make"]

_SHARE_OF_LEARNING_RATE = 0.1
"""What is left of a training's step size for the training in int8 behind it."""


@dataclass(frozen=True)
class Trained:
    """A trained model on its way to a file.

    Attributes:
        recipe: The recipe.
        model: Its float model.
        data: Its data; no test sample is looked at.
        settings: The file that is wanted.
        folder: Where training in int8 keeps its model, history and checkpoint; what was done there is not done again,
            and what was interrupted is gone on with. None keeps nothing.
        on_epoch: Called after each epoch of training in int8.
    """

    recipe: Recipe
    model: keras.Model
    data: Prepared
    settings: ConversionSettings
    folder: Path | None = None
    on_epoch: Callable[[Epoch], None] | None = None


@dataclass(frozen=True)
class Made:
    """A file and what is known from its making.

    Attributes:
        content: The file.
        study: Its arithmetic beside that of the float model; None where none was made.
        effects: What each tool did.
        detail: What was done, in words.
    """

    content: bytes
    study: Study | None = None
    effects: tuple[ToolEffect, ...] = ()
    detail: str = ""


def make(method: Method, trained: Trained) -> Made:
    """The int8 file of a trained model.

    Args:
        method: `ptq`, `ptq+` or `qat`.
        trained: The model.

    Raises:
        InputError: The model cannot go this way.
        ConversionError: It does not convert.
    """
    return _WAYS[method](trained)


def _after_training(trained: Trained) -> Made:
    samples = check_calibration(trained.model, trained.data.train.x)
    return Made(convert(trained.model, trained.settings, samples))


def _with_tools(trained: Trained) -> Made:
    samples, io = trained.data.train.x, trained.settings.io_type
    result = quantize_post_training(trained.model, samples, _tools(trained), io=io)
    kept = [effect.tool for effect in result.effects if effect.is_kept]
    return Made(result.content, result.study, result.effects, " and ".join(kept) or "no tool made it better")


def _tools(trained: Trained) -> PostTraining:
    return PostTraining(**trained.recipe.export.tools.model_dump())


def _in_training(trained: Trained) -> Made:
    model, detail = _trained_before(trained.folder), "trained before"
    if model is None:
        scheme = QatScheme(trained.recipe.export.qat.learn_ranges, trained.settings.io_type, _tools(trained))
        recipe = _tuning(trained.recipe)
        result = train(
            recipe,
            model=quantize_aware(trained.model, trained.data.train.x, scheme),
            taught=SoftTargets(Teacher(recipe, trained.model), recipe, trained.data, _how(recipe)),
            out_dir=trained.folder,
            files=QAT,
            resume=True,
            data=trained.data,
            on_epoch=trained.on_epoch,
        )
        model, detail = result.model, f"{len(result.history)} epochs, the best is {result.best.number}"
    return Made(convert(model, trained.settings), _study(model, trained.model), detail=detail)


def _study(model: keras.Model, floating: keras.Model) -> Study | None:
    """The study of a model that was trained; it is not worth losing a training for."""
    try:
        return Study.of_trained(model, floating)
    except NseError:
        return None


def _trained_before(folder: Path | None) -> keras.Model | None:
    """The model of a training in int8 that is done: its checkpoint is gone."""
    if folder is None or not (folder / QAT.model).is_file() or (folder / QAT.checkpoint).is_file():
        return None
    return load_model(folder / QAT.model)


def _how(recipe: Recipe) -> DistillationSpec:
    """The float model is the teacher: what is wanted is its answers, in int8.

    A label says less of a window than they do, and little data is soon learned by heart: trained with the labels of 40
    gestures, a detector lost one test gesture in a hundred where it now loses none. The numbers of a regression say
    more: its float model can still come closer to them.
    """
    return DistillationSpec(weight=1.0) if recipe.task in CLASS_TASKS else DistillationSpec(weight=0.5)


def _tuning(recipe: Recipe) -> Recipe:
    """The recipe with what its training in int8 changes of its training."""
    qat = recipe.export.qat
    rate = qat.learning_rate or recipe.training.learning_rate * _SHARE_OF_LEARNING_RATE
    changes: dict[str, Any] = {
        "training.epochs": qat.epochs,
        "training.learning_rate": rate,
        "training.schedule": "cosine",
        "training.teacher": None,
        "training.distillation": None,
    }
    return recipe.override(changes)


_WAYS: dict[str, Callable[[Trained], Made]] = {"ptq": _after_training, "ptq+": _with_tools, "qat": _in_training}
