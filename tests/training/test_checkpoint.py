import errno
import json

import numpy as np
import pytest
from helpers import small

from neuralspot_edge.errors import InputError
from neuralspot_edge.training.checkpoint import Checkpoint, State
from neuralspot_edge.training.history import Epoch

# Eleven arrays: the tenth must come after the ninth and not after the first.
STATE = State(
    history=(Epoch(1, 0.5, 0.25, True), Epoch(2, 1 / 3, 0.5, False)),
    weights=[np.full((index, 2), index, np.float32) for index in range(11)],
    best_weights=[np.full((index, 2), -index, np.float32) for index in range(11)],
    optimizer=[np.array(7, np.int64), np.array(0.01, np.float32), np.arange(3.0)],
)


def _checkpoint(folder, overrides=None, **changes):
    return Checkpoint(folder, small.recipe("data.npz", overrides, **changes))


def test_a_state_comes_back_as_it_was(tmp_path):
    _checkpoint(tmp_path).save(STATE)
    state = _checkpoint(tmp_path).load()
    assert state.history == STATE.history
    for field in ("weights", "best_weights", "optimizer"):
        for one, other in zip(getattr(state, field), getattr(STATE, field), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype


def test_there_is_none_before_and_after(tmp_path):
    checkpoint = _checkpoint(tmp_path)
    assert checkpoint.load() is None
    checkpoint.save(STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]
    checkpoint.remove()
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "overrides",
    [
        {"training.epochs": 500, "training.patience": 99},
        {"gates.max_lsb": 3, "export.quantization": "float32", "target": "apollo4", "description": "another word"},
        {"name": "renamed"},
    ],
)
def test_what_training_does_not_depend_on_may_change(tmp_path, overrides):
    _checkpoint(tmp_path).save(STATE)
    assert _checkpoint(tmp_path, overrides).load().history == STATE.history


@pytest.mark.parametrize(
    "overrides",
    [
        {"training.seed": 1},
        {"training.learning_rate": 0.5},
        {"model.params.blocks.0.filters": 5},
        {"data.path": "other.npz"},
        {"data.mean": [0.0, 0.0], "data.std": [1.0, 1.0]},
    ],
)
def test_another_training_is_refused(tmp_path, overrides):
    _checkpoint(tmp_path).save(STATE)
    with pytest.raises(InputError, match=r"checkpoint.npz belongs to another recipe; delete it, or train into"):
        _checkpoint(tmp_path, overrides).load()


def _archive(path, **arrays):
    np.savez(path, **arrays)
    return path.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"no checkpoint at all",
        lambda path: path.read_bytes()[:-400],
        lambda path: path.read_bytes()[:200] + bytes(60) + path.read_bytes()[260:],
        lambda path: _archive(path, weights=np.zeros(3)),
        lambda path: _archive(path, recipe=np.array("{}"), history=np.array("not JSON")),
        lambda path: _archive(path, recipe=np.array("{}"), history=np.array(json.dumps([{"epoch": 1}]))),
        lambda path: _archive(path, recipe=np.array({"an": "object"}, dtype=object)),
    ],
    ids=["empty", "text", "cut", "overwritten", "no-recipe", "no-history", "other-history", "pickle"],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    checkpoint = _checkpoint(tmp_path)
    checkpoint.save(STATE)
    checkpoint.path.write_bytes(damage(checkpoint.path))
    with pytest.raises(InputError, match=r"checkpoint.npz is damaged; delete it to train from the start"):
        checkpoint.load()


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    checkpoint = _checkpoint(tmp_path)
    checkpoint.save(STATE)
    whole = checkpoint.path.read_bytes()

    def fill(path, **_):
        path.write_bytes(whole[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", fill)
    with pytest.raises(InputError, match=r"cannot write .*: No space left on device"):
        checkpoint.save(STATE)
    assert checkpoint.path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [checkpoint.path]
