"""The one Keras callback: remembers the best weights, stops when patience runs out, writes the checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.training.checkpoint import Checkpoint, State
from neuralspot_edge.training.history import Epoch

__all__ = ["KeepBest"]

_SECONDS_BETWEEN_CHECKPOINTS = 10.0


class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]
    """Early stopping whose state survives an interrupt; Keras's own forgets its best weights.

    Args:
        patience: Epochs without a lower validation loss after which training ends.
        checkpoint: Where the state is written, None for nowhere.
        on_epoch: Called after each epoch.
    """

    def __init__(
        self, patience: int, checkpoint: Checkpoint | None, on_epoch: Callable[[Epoch], None] | None = None
    ) -> None:
        super().__init__()
        self.history: list[Epoch] = []
        self._best_weights: list[np.ndarray] = []
        self._patience = patience
        self._checkpoint = checkpoint
        self._on_epoch = on_epoch
        self._written = time.monotonic()

    def restore(self, model: keras.Model) -> None:
        """Goes on from the checkpoint, where there is one.

        Raises:
            InputError: The checkpoint is damaged, or belongs to another training.
        """
        state = self._checkpoint.load() if self._checkpoint else None
        if state is None:
            return
        if _shapes(state.weights) != _shapes(model.weights):
            path = self._checkpoint.path if self._checkpoint else None
            raise InputError(f"{path} belongs to a model of other weights; delete it, or train into another folder")
        self.history = list(state.history)
        self._best_weights = state.best_weights
        model.set_weights(state.weights)
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)

    def is_finished(self, epochs: int) -> bool:
        """Whether nothing is left to do of `epochs`."""
        return len(self.history) >= epochs or self._is_out_of_patience()

    def apply_best(self, model: keras.Model) -> None:
        """Gives the model the weights of its best epoch.

        Raises:
            InputError: No epoch had a finite validation loss.
        """
        if not self._best_weights:
            raise InputError("training.learning_rate: the loss became infinite or NaN; try a tenth of it")
        model.set_weights(self._best_weights)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remembers, reports, and stops."""
        assert logs is not None
        val_loss = float(logs["val_loss"])
        best = min((past.val_loss for past in self.history if past.is_best), default=float("inf"))
        self.history.append(Epoch(epoch + 1, float(logs["loss"]), val_loss, val_loss < best))
        if val_loss < best:
            self._best_weights = self.model.get_weights()
        if self._on_epoch:
            self._on_epoch(self.history[-1])
        self.model.stop_training = self._is_out_of_patience() or not np.isfinite(logs["loss"])
        if time.monotonic() - self._written > _SECONDS_BETWEEN_CHECKPOINTS:
            self.write()

    def write(self) -> None:
        """Writes the checkpoint now."""
        if self._checkpoint and self._best_weights:
            optimizer = [np.asarray(variable) for variable in self.model.optimizer.variables]
            state = State(tuple(self.history), self.model.get_weights(), self._best_weights, optimizer)
            self._checkpoint.save(state)
            self._written = time.monotonic()

    def _is_out_of_patience(self) -> bool:
        best = max((epoch.number for epoch in self.history if epoch.is_best), default=0)
        return len(self.history) - best >= self._patience


def _shapes(weights: Iterable[Any]) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in weights]
