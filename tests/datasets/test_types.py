import numpy as np
import pytest

from neuralspot_edge.datasets import Dataset, Provenance, Split
from neuralspot_edge.errors import InputError


def split(windows=4, window=5, channels=2, y=None, groups=None):
    x = np.arange(windows * window * channels, dtype=np.float32).reshape(windows, window, channels)
    return Split(x, y, groups)


def dataset(**changes):
    values = {
        "name": "mine",
        "train": split(y=np.array([0, 1, 0, 1])),
        "validation": split(2, y=np.array([0, 1])),
        "test": split(3, y=np.array([0, 1, 1])),
        "channels": ("acc-x", "acc-y"),
        "sampling_rate": 50.0,
        "classes": ("rest", "walk"),
        "provenance": Provenance("made here"),
    }
    return Dataset(**(values | changes))


def test_properties():
    data = dataset()
    assert (data.window, data.num_channels, data.num_classes, data.label_kind) == (5, 2, 2, "window")
    assert list(data.splits) == ["train", "validation", "test"]
    assert [len(part) for part in data.splits.values()] == [4, 2, 3]


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (None, "none"),
        (np.zeros(4, np.int64), "window"),
        (np.zeros((4, 5), np.int64), "step"),
        (np.zeros((4, 3), np.float32), "target"),
        (np.zeros((4, 5, 1), np.float32), "target"),
    ],
)
def test_label_kind(y, kind):
    assert split(y=y).label_kind == kind


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((4, 5), np.float32), r"x must be \(windows, time, channels\).*\(4, 5\)"),
        (np.zeros((0, 5, 2), np.float32), r"none of them 0.*\(0, 5, 2\)"),
        (np.zeros((4, 5, 2)), "x must be float32; received float64"),
    ],
)
def test_wrong_x_is_refused(x, message):
    with pytest.raises(InputError, match=message):
        Split(x)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(4), "float64"),
        (np.zeros(4, np.int32), "int32"),
        (np.zeros(3, np.int64), r"received \(3,\)"),
        (np.zeros((4, 6), np.int64), r"received \(4, 6\)"),
        (np.zeros(4, np.float32), r"received \(4,\)"),
        (np.zeros((4, 6, 1), np.float32), r"received \(4, 6, 1\)"),
    ],
)
def test_wrong_y_is_refused(y, message):
    with pytest.raises(InputError, match=message):
        split(y=y)


def test_wrong_groups_are_refused():
    with pytest.raises(InputError, match=r"groups must have shape \(4,\).*\(5,\)"):
        split(groups=np.zeros(5))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_first_value_that_is_not_finite_is_named(part, bad):
    broken = split(4, y=np.zeros(4, np.int64))
    broken.x[2, 3, 1] = bad
    broken.x[3, 0, 0] = bad
    with pytest.raises(
        InputError, match=rf"'mine': the {part} split has -?(nan|inf) in window 2, step 3, channel 'acc-y'"
    ):
        dataset(**{part: broken})


def test_target_that_is_not_finite_is_named():
    parts = {part: split(2, y=np.zeros((2, 1), np.float32)) for part in ("train", "validation", "test")}
    parts["test"].y[1] = np.nan
    with pytest.raises(InputError, match="the test split has a target that is not a finite number in window 1"):
        dataset(classes=(), **parts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"test": split(3, window=6, y=np.array([0, 1, 1]))},
            r"the test split has windows .* \(6, 2\); expected \(5, 2\)",
        ),
        ({"channels": ("acc-x",)}, r"the train split has windows .* \(5, 2\); expected \(5, 1\)"),
        ({"validation": split(2)}, "the validation split has labels of kind 'none', the train split 'window'"),
        ({"classes": ("rest",)}, "the train split has class labels 0 to 1; 1 classes are named"),
        ({"test": split(1, y=np.array([-1]))}, "the test split has class labels -1 to -1"),
        ({"sampling_rate": 0.0}, "sampling_rate must be a positive number of Hz; received 0.0"),
        ({"sampling_rate": float("nan")}, "sampling_rate"),
    ],
)
def test_splits_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        dataset(**changes)


def test_targets_of_another_width_are_refused():
    parts = {part: split(2, y=np.zeros((2, 3), np.float32)) for part in ("train", "validation")}
    with pytest.raises(InputError, match=r"the test split has y of shape \(2, 4\)"):
        dataset(classes=(), test=split(2, y=np.zeros((2, 4), np.float32)), **parts)
