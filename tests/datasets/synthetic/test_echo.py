import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import InputError


@pytest.mark.parametrize(
    ("kind", "window", "x", "y"),
    [
        ("one-to-one", 1, (5, 1, 1), (5, 1)),
        ("many-to-one", 5, (1, 5, 1), (1, 5)),
        ("many-to-many", 5, (1, 5, 1), (1, 5, 1)),
    ],
)
def test_shapes_and_values_are_those_of_the_tutorial(kind, window, x, y):
    data = load_dataset("echo", window=window, options={"kind": kind})
    for split in data.splits.values():
        assert (split.x.shape, split.y.shape) == (x, y)
        np.testing.assert_allclose(split.x.ravel(), [0, 0.2, 0.4, 0.6, 0.8], rtol=1e-6)
        np.testing.assert_array_equal(split.y.ravel(), split.x.ravel())


def test_the_sequence_may_be_longer():
    assert load_dataset("echo", window=8, options={"length": 8}).train.y[0, -1, 0] == pytest.approx(7 / 8)


@pytest.mark.parametrize(("kind", "window", "wanted"), [("one-to-one", 5, 1), ("many-to-one", 1, 5)])
def test_another_window_is_refused(kind, window, wanted):
    with pytest.raises(InputError, match=f"window {window} does not suit a {kind} echo of 5 values: write {wanted}"):
        load_dataset("echo", window=window, options={"kind": kind})
