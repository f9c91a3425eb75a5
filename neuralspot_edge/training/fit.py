"""Training: Keras `fit` with seeds, early stopping on the validation part, and a checkpoint that can be resumed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import write_text
from neuralspot_edge.models import get_family
from neuralspot_edge.recipes.consistency import CLASS_TASKS, NAMED_CLASS_TASKS
from neuralspot_edge.training.checkpoint import Checkpoint
from neuralspot_edge.training.data import Prepared, prepare, with_fitted
from neuralspot_edge.training.distillation import Distillation, SoftTargets, obtain_teacher
from neuralspot_edge.training.files import TrainFiles
from neuralspot_edge.training.history import Epoch, to_csv
from neuralspot_edge.training.models import save_model

if TYPE_CHECKING:
    import keras

    from neuralspot_edge.recipes import Recipe

__all__ = ["TrainResult", "build_model", "train"]

_FILES = TrainFiles()


@dataclass(frozen=True)
class TrainResult:
    """What training gives.

    Attributes:
        model: The model with the weights of its best epoch.
        history: All epochs.
        data: The data that it was trained on, and the part held out.
        stopped_early: Whether patience ran out before the epochs did.
        distillation: Who taught it, and how both do; None where nobody did.
    """

    model: keras.Model
    history: tuple[Epoch, ...]
    data: Prepared
    stopped_early: bool
    distillation: Distillation | None = None

    @property
    def best(self) -> Epoch:
        """The epoch whose weights the model has."""
        return [epoch for epoch in self.history if epoch.is_best][-1]


def build_model(recipe: Recipe) -> keras.Model:
    """The recipe's model, untrained, its initial weights drawn with the recipe's seed."""
    import keras

    keras.utils.set_random_seed(recipe.training.seed)
    inputs = keras.Input((recipe.input.window, recipe.input.channels), name="input")
    return get_family(recipe.model.family).build(inputs, recipe.params, recipe.num_outputs)


def train(
    recipe: Recipe,
    *,
    model: keras.Model | None = None,
    taught: SoftTargets | None = None,
    out_dir: str | Path | None = None,
    files: TrainFiles = _FILES,
    resume: bool = False,
    keep_checkpoint: bool = False,
    data: Prepared | None = None,
    on_stage: Callable[[str], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> TrainResult:
    """Trains a recipe's model on its training part; the held-out test part is not looked at.

    A recipe with a teacher has it trained first, on the same data, and written to the folder `teacher` in `out_dir`.

    Args:
        recipe: The recipe.
        model: A model to train as it is, compiled anew, of the recipe's input and output; None builds the recipe's.
        taught: What it learns from a teacher that is there; None takes the recipe's teacher.
        out_dir: A folder for model.keras, history.csv and, while training runs, a checkpoint.
        files: What they are called, where there is another training in that folder.
        resume: Whether to go on from the checkpoint in `out_dir`, if there is one.
        keep_checkpoint: Whether it stays when training is done, for a caller whose own work can be interrupted.
        data: The recipe's data, where it is prepared already.
        on_stage: Called with `teacher` and its name as the training of a teacher begins, and with `training`.
        on_epoch: Called after each epoch.

    Returns:
        The model with the best epoch's weights, and the history.

    Raises:
        InputError: The data or the teacher does not suit the recipe, or the checkpoint belongs to another recipe.
        KeyboardInterrupt: After the checkpoint is written, where there is a folder.
    """
    from neuralspot_edge.training.callbacks import KeepBest
    from neuralspot_edge.training.losses import distillation_loss_of, loss_of

    say, folder = on_stage or (lambda _: None), Path(out_dir) if out_dir else None
    data = data or prepare(recipe)
    network = model if model is not None else build_model(recipe)
    _check_output(network, recipe, data)
    loss = loss_of(recipe)  # what is wrong with it is told before a teacher is trained
    soft = taught or _soft_targets(recipe, data, folder, resume=resume, say=say, on_epoch=on_epoch)
    _compile(network, recipe, len(data.train), distillation_loss_of(recipe, soft.how) if soft else loss)
    if model is not None or soft:
        _seed(recipe)
    say("training")
    checkpoint = _checkpoint(folder, recipe, data, files, soft)
    keeper = KeepBest(recipe.training.patience, checkpoint, on_epoch)
    if resume:
        keeper.restore(network)
    if not keeper.is_finished(recipe.training.epochs):
        _fit(network, recipe, data, soft, keeper)
    keeper.apply_best(network)
    result = _result(network, recipe, data, soft, tuple(keeper.history))
    if folder:
        _save(result, folder, files)
    if checkpoint and not keep_checkpoint:
        checkpoint.remove()
    return result


def _soft_targets(
    recipe: Recipe,
    data: Prepared,
    folder: Path | None,
    *,
    resume: bool,
    say: Callable[[str], None],
    on_epoch: Callable[[Epoch], None] | None,
) -> SoftTargets | None:
    """What the recipe's teacher says, trained before where it must be; None where the recipe has none."""

    def train_teacher(teacher: Recipe, into: Path | None) -> keras.Model:
        def tell(stage: str) -> None:
            say(f"teacher {teacher.name}" if stage == "training" else stage)

        return train(teacher, out_dir=into, resume=resume, data=data, on_stage=tell, on_epoch=on_epoch).model

    teacher = obtain_teacher(recipe, data, folder, train_teacher, resume=resume)
    return SoftTargets(teacher, recipe, data) if teacher else None


def _seed(recipe: Recipe) -> None:
    """What is drawn from here on, such as the order of the windows, does not depend on what was drawn before."""
    import keras

    keras.utils.set_random_seed(recipe.training.seed)


def _check_output(model: keras.Model, recipe: Recipe, data: Prepared) -> None:
    """Keras would broadcast targets of another shape, and learn something else without a word."""
    wanted = data.train.y.shape[1:]
    if recipe.task in CLASS_TASKS:
        wanted = (*wanted, recipe.num_outputs)
    if model.output_shape[1:] != wanted:
        raise InputError(
            f"model.params: the model's output is of shape {model.output_shape[1:]} a window, the targets of "
            f"{recipe.task} need {wanted}; change its head, or outputs"
        )


def _compile(model: keras.Model, recipe: Recipe, windows: int, loss: keras.losses.Loss) -> None:
    import keras

    model.compile(optimizer=keras.optimizers.Adam(_learning_rate(recipe, windows)), loss=loss)


def _learning_rate(recipe: Recipe, windows: int) -> Any:
    """The learning rate, or its course over all steps (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983)."""
    import keras

    training = recipe.training
    if training.schedule == "constant":
        return training.learning_rate
    steps = training.epochs * math.ceil(windows / min(training.batch_size, windows))
    return keras.optimizers.schedules.CosineDecay(training.learning_rate, steps)


def _checkpoint(
    folder: Path | None, recipe: Recipe, data: Prepared, files: TrainFiles, soft: SoftTargets | None
) -> Checkpoint | None:
    if folder is None:
        return None
    fitted = with_fitted(recipe, data.preprocessing)
    return Checkpoint(folder, fitted, files.checkpoint, soft.teacher.fingerprint() if soft else None)


def _fit(model: keras.Model, recipe: Recipe, data: Prepared, soft: SoftTargets | None, keeper: Any) -> None:
    targets, validation = (soft.train, soft.validation) if soft else (data.train.y, data.validation.y)
    try:
        model.fit(
            data.train.x,
            targets,
            sample_weight=_sample_weights(recipe, data.train.y),
            validation_data=(data.validation.x, validation),
            batch_size=min(recipe.training.batch_size, len(data.train)),
            initial_epoch=len(keeper.history),
            epochs=recipe.training.epochs,
            callbacks=[keeper],
            verbose=0,
        )
    finally:
        # Whatever ended it: an interrupt, the end, or a machine that ran out of memory.
        keeper.write()


def _sample_weights(recipe: Recipe, labels: np.ndarray) -> np.ndarray | None:
    """Inverse class frequencies where the largest class is over 1.5 times the smallest, so that none is ignored."""
    if recipe.task not in NAMED_CLASS_TASKS or recipe.training.class_weights == "none":
        return None
    counts = np.bincount(labels.ravel())
    seen = counts[counts > 0]
    if seen.max() <= 1.5 * seen.min():
        return None
    weights: np.ndarray = (labels.size / (len(seen) * np.maximum(counts, 1)))[labels]
    return weights.astype(np.float32)


def _result(
    model: keras.Model, recipe: Recipe, data: Prepared, soft: SoftTargets | None, history: tuple[Epoch, ...]
) -> TrainResult:
    from neuralspot_edge.training.losses import loss_of

    if soft:
        # It is saved with its loss, and any Keras knows the task's own.
        model.compile(optimizer=model.optimizer, loss=loss_of(recipe))
    stopped_early = len(history) < recipe.training.epochs
    return TrainResult(model, history, data, stopped_early, soft.judge(model) if soft else None)


def _save(result: TrainResult, out_dir: Path, files: TrainFiles) -> None:
    save_model(result.model, out_dir / files.model)
    write_text(out_dir / files.history, to_csv(result.history))
