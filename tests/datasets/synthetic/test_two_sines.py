import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.datasets.synthetic.two_sines import two_sine_series
from neuralspot_edge.training.metrics import mean_squared_error

SIZES = {"train": 30, "validation": 20, "test": 10}


def book(steps):
    """The 10,000 series of the book, drawn as its notebook draws them."""
    return two_sine_series(np.random.RandomState(42), 10_000, steps)


def test_the_naive_forecast_of_one_step_is_that_of_the_book():
    series = book(51)[7000:9000]
    assert mean_squared_error(series[:, -1], series[:, -2]) == pytest.approx(0.020211367, rel=1e-5)


def test_the_naive_forecasts_of_ten_steps_are_those_of_the_book():
    series = book(60)[7000:9000, :, 0]
    x, y = series[:, :50], series[:, 50:]
    # Its notebook forecasts the last value of the window since it was corrected: 0.257 ...
    assert mean_squared_error(y, np.repeat(x[:, -1:], 10, axis=1)) == pytest.approx(0.25697407, rel=1e-5)
    # ... where its text had taken the last of the values to be forecast: 0.223.
    assert mean_squared_error(y, np.repeat(y[:, -1:], 10, axis=1)) == pytest.approx(0.22278848, rel=1e-5)


def test_amplitudes_and_noise_are_bounded_as_published():
    series = book(51)
    assert np.abs(series).max() < 0.5 + 0.2 + 0.05
    # Two sines of amplitudes 0.5 and 0.2 have variances 0.125 and 0.02, noise of width 0.1 has 0.01 / 12.
    assert series.var() == pytest.approx(0.125 + 0.02 + 0.01 / 12, rel=0.02)


def test_one_step_and_ten_follow_the_window():
    one, ten = (load_dataset("two-sines", options={**SIZES, "steps_ahead": ahead}) for ahead in (1, 10))
    assert [split.y.shape for split in one.splits.values()] == [(30, 1), (20, 1), (10, 1)]
    assert ten.train.y.shape == (30, 10)
    assert ten.train.x.shape == (30, 50, 1)
    # A wave of at most 30 radians goes on without a jump.
    jump = np.abs(ten.train.y[:, 0] - ten.train.x[:, -1, 0])
    assert jump.max() < 0.6


def test_every_step_of_a_sequence_forecasts_those_after_it():
    options = {**SIZES, "steps_ahead": 3}
    whole = load_dataset("two-sines", window=7, options=options).train
    steps = load_dataset("two-sines", window=7, options={**options, "sequence_to_sequence": True}).train
    np.testing.assert_array_equal(steps.x, whole.x)
    np.testing.assert_array_equal(steps.y[:, -1], whole.y)
    series = np.concatenate([whole.x[..., 0], whole.y], axis=1)
    for step in range(7):
        np.testing.assert_array_equal(steps.y[:, step], series[:, step + 1 : step + 4])


def test_a_window_of_one_step_and_many_ahead():
    assert load_dataset("two-sines", window=1, options={**SIZES, "steps_ahead": 5}).train.y.shape == (30, 5)
