import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import InputError


def adding(**options):
    return load_dataset("adding-problem", window=60, options={"train": 20_000, "validation": 100, **options}).train


@pytest.mark.parametrize("markers", ["anywhere", "halves"])
def test_the_target_is_the_sum_of_the_two_marked_values(markers):
    data = adding(markers=markers)
    values, marks = data.x[..., 0], data.x[..., 1]
    assert set(np.unique(marks)) == {0, 1}
    assert (marks.sum(axis=1) == 2).all()
    assert values.min() >= 0
    assert values.max() < 1
    np.testing.assert_allclose(data.y[:, 0], (values * marks).sum(axis=1), rtol=1e-6)


def test_values_and_targets_are_distributed_as_published():
    data = adding()
    # A sum of two uniform values has variance 1/6, which is the error of whoever always says 1. The deviation of the
    # mean over 20,000 sequences is 0.0013.
    assert np.mean((data.y - 1) ** 2) == pytest.approx(1 / 6, abs=0.005)
    assert data.x[..., 0].mean() == pytest.approx(0.5, abs=0.002)


def test_every_pair_of_steps_is_as_likely_as_any_other():
    marked = np.argwhere(adding().x[..., 1])[:, 1].reshape(-1, 2)
    counts = np.zeros((60, 60))
    np.add.at(counts, tuple(marked.T), 1)
    expected = 20_000 / (60 * 59 / 2)
    chi_square = ((counts[np.triu_indices(60, 1)] - expected) ** 2 / expected).sum()
    # 1,769 degrees of freedom: mean 1,769, deviation 59.
    assert abs(chi_square - 1769) < 4 * 59


def test_halves_have_one_marker_each():
    marks = adding(markers="halves").x[..., 1]
    assert (marks[:, :30].sum(axis=1) == 1).all()
    assert (marks.sum(axis=0) > 0).all()


def test_two_steps_are_enough():
    assert (load_dataset("adding-problem", window=2, options={"train": 9}).train.x[..., 1] == 1).all()
    with pytest.raises(InputError, match="window 1 has no room for two markers: at least 2"):
        load_dataset("adding-problem", window=1)
