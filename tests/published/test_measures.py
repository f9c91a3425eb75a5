import numpy as np
import pytest

from neuralspot_edge.published.measures import MEASURES, mse_last_step


def test_the_last_step_alone_counts():
    targets = np.zeros((2, 3, 2))
    outputs = np.zeros((2, 3, 2))
    outputs[:, :2] = 100
    outputs[0, -1] = (1, 3)
    assert mse_last_step(targets, outputs) == (1 + 9) / 4


@pytest.mark.parametrize(
    ("name", "expected"), [("accuracy", 0.5), ("cross_entropy", -np.log([0.25, 0.5]).mean()), ("mse", None)]
)
def test_the_measures_of_classes(name, expected):
    targets, outputs = np.array([0, 1]), np.array([[0.25, 0.75], [0.5, 0.5 + 1e-9]])
    if expected is None:
        assert MEASURES[name](np.array([[1.0]]), np.array([[3.0]])) == 4
    else:
        assert MEASURES[name](targets, outputs) == pytest.approx(expected)
