"""The callback on a scripted course of losses: no model is trained."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers import small

from neuralspot_edge.errors import InputError
from neuralspot_edge.training import callbacks
from neuralspot_edge.training.callbacks import KeepBest
from neuralspot_edge.training.checkpoint import Checkpoint


class _Model:
    """Its one weight is the number of epochs that it was trained."""

    def __init__(self):
        self.epochs = 0
        self.stop_training = False
        self.optimizer = SimpleNamespace(variables=[np.array(3.0)])

    def get_weights(self):
        return [np.array(self.epochs)]

    def set_weights(self, weights):
        self.epochs = int(weights[0])


def _play(keeper, *val_losses, loss=1.0):
    """Plays epochs until the callback stops the training, as Keras does."""
    model = keeper.model or _Model()
    keeper.set_model(model)
    for val_loss in val_losses:
        model.epochs += 1
        keeper.on_epoch_end(len(keeper.history), {"loss": loss, "val_loss": val_loss})
        if model.stop_training:
            break
    return model


def test_the_best_epoch_is_kept_and_patience_counted_from_it():
    keeper = KeepBest(3, None)
    model = _play(keeper, 5.0, 4.0, 4.5, 4.0, 3.0, 3.5, 3.1, 3.0, 1.0)
    assert [epoch.is_best for epoch in keeper.history] == [True, True, False, False, True, False, False, False]
    assert [epoch.number for epoch in keeper.history] == list(range(1, 9))
    assert keeper.is_finished(100)
    keeper.apply_best(model)
    assert model.epochs == 5


def test_it_is_finished_when_the_epochs_are_done():
    keeper = KeepBest(9, None)
    _play(keeper, 2.0, 1.0)
    assert keeper.is_finished(2)
    assert not keeper.is_finished(3)


def test_each_epoch_is_told_after_it_was_kept():
    told = []
    keeper = KeepBest(9, None, lambda epoch: told.append((epoch, keeper.history[-1])))
    _play(keeper, 2.0, 1.0)
    assert [epoch.number for epoch, _ in told] == [1, 2]
    assert all(epoch is last for epoch, last in told)


def test_a_training_that_runs_away_stops_and_keeps_what_was_good():
    keeper = KeepBest(9, None)
    model = _play(keeper, 2.0)
    _play(keeper, float("nan"), 1.0, loss=float("nan"))
    assert len(keeper.history) == 2
    keeper.apply_best(model)
    assert model.epochs == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_training_that_was_never_good_is_refused(value, tmp_path):
    keeper = KeepBest(9, Checkpoint(tmp_path, small.recipe()))
    model = _play(keeper, value, loss=value)
    with pytest.raises(
        InputError, match=r"^training.learning_rate: the loss became infinite or NaN; try a tenth of it"
    ):
        keeper.apply_best(model)
    keeper.write()
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_are_written_at_intervals(tmp_path, monkeypatch):
    clock = iter([0.0, 4.0, 9.0, 10.5, 10.5, 15.0, 20.0])
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(clock))
    checkpoint = Checkpoint(tmp_path, small.recipe())
    keeper = KeepBest(99, checkpoint)
    _play(keeper, 5.0, 4.0)
    assert checkpoint.load() is None
    _play(keeper, 3.0, 2.0, 1.0)
    state = checkpoint.load()
    assert len(state.history) == 3
    assert int(state.weights[0]) == int(state.best_weights[0]) == 3
