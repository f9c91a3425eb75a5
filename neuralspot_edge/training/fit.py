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
from neuralspot_edge.training.data import Prepared, prepare, with_fitted
from neuralspot_edge.training.history import Epoch, to_csv
from neuralspot_edge.training.models import save_model

if TYPE_CHECKING:
    import keras

    from neuralspot_edge.recipes import Recipe

__all__ = ["TrainResult", "build_model", "train"]


@dataclass(frozen=True)
class TrainResult:
    """What training gives.

    Attributes:
        model: The model with the weights of its best epoch.
        history: All epochs.
        data: The data that it was trained on, and the part held out.
        stopped_early: Whether patience ran out before the epochs did.
    """

    model: keras.Model
    history: tuple[Epoch, ...]
    data: Prepared
    stopped_early: bool

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
    out_dir: str | Path | None = None,
    resume: bool = False,
    keep_checkpoint: bool = False,
    data: Prepared | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> TrainResult:
    """Trains a recipe's model on its training part; the held-out test part is not looked at.

    Args:
        recipe: The recipe.
        out_dir: A folder for model.keras, history.csv and, while training runs, a checkpoint.
        resume: Whether to go on from the checkpoint in `out_dir`, if there is one.
        keep_checkpoint: Whether it stays when training is done, for a caller whose own work can be interrupted.
        data: The recipe's data, where it is prepared already.
        on_epoch: Called after each epoch.

    Returns:
        The model with the best epoch's weights, and the history.

    Raises:
        InputError: The data does not suit the recipe, or the checkpoint belongs to another recipe.
        KeyboardInterrupt: After the checkpoint is written, where there is a folder.
    """
    from neuralspot_edge.training.callbacks import KeepBest
    from neuralspot_edge.training.checkpoint import Checkpoint

    data = data or prepare(recipe)
    model = build_model(recipe)
    _check_output(model, recipe, data)
    _compile(model, recipe, len(data.train))
    checkpoint = Checkpoint(Path(out_dir), with_fitted(recipe, data.preprocessing)) if out_dir else None
    keeper = KeepBest(recipe.training.patience, checkpoint, on_epoch)
    if resume and checkpoint:
        keeper.restore(model)
    if not keeper.is_finished(recipe.training.epochs):
        _fit(model, recipe, data, keeper)
    keeper.apply_best(model)
    history = tuple(keeper.history)
    result = TrainResult(model, history, data, stopped_early=len(history) < recipe.training.epochs)
    if out_dir:
        _save(result, Path(out_dir))
    if checkpoint and not keep_checkpoint:
        checkpoint.remove()
    return result


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


def _compile(model: keras.Model, recipe: Recipe, windows: int) -> None:
    import keras

    if recipe.task in CLASS_TASKS:
        probabilities = _ends_in_softmax(recipe)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not probabilities)
    else:
        loss = keras.losses.MeanSquaredError()
    model.compile(optimizer=keras.optimizers.Adam(_learning_rate(recipe, windows)), loss=loss)


def _learning_rate(recipe: Recipe, windows: int) -> Any:
    """The learning rate, or its course over all steps (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983)."""
    import keras

    training = recipe.training
    if training.schedule == "constant":
        return training.learning_rate
    steps = training.epochs * math.ceil(windows / min(training.batch_size, windows))
    return keras.optimizers.schedules.CosineDecay(training.learning_rate, steps)


def _ends_in_softmax(recipe: Recipe) -> bool:
    params = recipe.params
    activation = getattr(params, "output_activation", None)
    if activation not in (None, "softmax", "linear"):
        raise InputError(f"model.params.output_activation: {activation!r} does not suit {recipe.task}; leave it out")
    return activation == "softmax" or (activation is None and not getattr(params, "use_logits", True))


def _fit(model: keras.Model, recipe: Recipe, data: Prepared, keeper: Any) -> None:
    try:
        model.fit(
            data.train.x,
            data.train.y,
            sample_weight=_sample_weights(recipe, data.train.y),
            validation_data=(data.validation.x, data.validation.y),
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


def _save(result: TrainResult, out_dir: Path) -> None:
    save_model(result.model, out_dir / "model.keras")
    write_text(out_dir / "history.csv", to_csv(result.history))
