import keras
import numpy as np
import pytest

from neuralspot_edge.datasets import Preprocessing, load_dataset
from neuralspot_edge.datasets.synthetic.two_sines import two_sine_series
from neuralspot_edge.errors import InputError
from neuralspot_edge.training import iterated_forecast, linear_forecast, monte_carlo_dropout, naive_forecast
from neuralspot_edge.training.metrics import mean_squared_error

RAMPS = (np.arange(4)[:, None, None] + np.arange(6)[None, :, None]).astype(np.float32)
"""Four ramps of six steps, each 1 above the one before."""


def test_naive_repeats_the_last_step():
    assert naive_forecast(RAMPS, 3).tolist() == [[5] * 3, [6] * 3, [7] * 3, [8] * 3]
    pair = np.concatenate([RAMPS, -RAMPS], axis=-1)
    assert naive_forecast(pair, 2)[0].tolist() == [5, -5]
    with pytest.raises(InputError, match=r"^outputs: 3 of 2 channels"):
        naive_forecast(pair, 3)


def test_linear_finds_what_is_linear():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(100, 5, 2)).astype(np.float32)
    y = 3 * x[:, 0, :1] - 2 * x[:, 4, 1:] + np.array([1, 7])
    np.testing.assert_allclose(linear_forecast(x[:60], y[:60], x[60:]), y[60:], atol=1e-4)
    with pytest.raises(InputError, match=r"^y_train: \(100, outputs\) is needed, received \(100, 5, 2\)"):
        linear_forecast(x, x, x)


@pytest.mark.parametrize(
    ("steps", "naive", "linear", "published_linear"),
    # The book's linear model is a dense layer after 20 epochs: least squares is its optimum, and better.
    [(1, 0.020211367, 0.0029311, 0.004), (10, 0.25697407, 0.0154883, 0.0188)],
)
def test_baselines_on_the_series_of_the_book(steps, naive, linear, published_linear):
    series = two_sine_series(np.random.RandomState(42), 10_000, 50 + steps)
    x, y = series[:, :50], series[:, 50:, 0]
    train, validation = slice(7000), slice(7000, 9000)
    assert mean_squared_error(y[validation], naive_forecast(x[validation], steps)) == pytest.approx(naive, rel=1e-5)
    fitted = linear_forecast(x[train], y[train], x[validation])
    assert mean_squared_error(y[validation], fitted) == pytest.approx(linear, rel=1e-4)
    assert linear < published_linear


def test_the_data_set_is_as_hard_as_the_book_says():
    data = load_dataset("two-sines", seed=5)
    errors = (naive_forecast(data.validation.x, 1) - data.validation.y) ** 2
    # Within four deviations of the mean over 2,000 series.
    assert errors.mean() == pytest.approx(0.020, abs=4 * errors.std() / np.sqrt(2000))


def _extrapolate(x):
    return 2 * x[:, -1] - x[:, -2]


def test_a_ramp_goes_on_for_ever():
    forecast = iterated_forecast(_extrapolate, RAMPS, 9)
    assert forecast.shape == (4, 9, 1)
    np.testing.assert_array_equal(forecast[..., 0], np.arange(4)[:, None] + np.arange(6, 15))


def test_the_last_step_of_a_forecast_at_every_step_counts():
    def everywhere(x):
        return np.concatenate([np.zeros_like(x[:, :-1]), _extrapolate(x)[:, None]], axis=1)

    np.testing.assert_array_equal(iterated_forecast(everywhere, RAMPS, 4), iterated_forecast(_extrapolate, RAMPS, 4))


def test_the_model_sees_its_own_window_only():
    seen = []

    def model(x):
        seen.append(x[0, :, 0].tolist())
        return _extrapolate(x)

    iterated_forecast(model, RAMPS, 3)
    assert seen == [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 7]]


def test_what_is_fed_back_is_preprocessed_as_the_rest():
    scaled = Preprocessing("standardize", (2.0,), (4.0,))
    plain = iterated_forecast(lambda x: 1.5 * x[:, -1], RAMPS, 3)
    np.testing.assert_allclose(
        iterated_forecast(lambda x: 1.5 * (4 * x[:, -1] + 2), RAMPS, 3, scaled), plain, rtol=1e-6
    )


def test_a_keras_model_is_iterated_as_it_is():
    model = keras.Sequential([keras.Input((6, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.set_weights([np.array([[0], [0], [0], [0], [-1], [2]], np.float32), np.zeros(1, np.float32)])
    np.testing.assert_allclose(iterated_forecast(model, RAMPS, 3), iterated_forecast(_extrapolate, RAMPS, 3))


def test_counts_go_on_as_numbers():
    forecast = iterated_forecast(lambda x: x[:, -1] + 0.5, RAMPS.astype(np.int16), 2)
    assert forecast[0, :, 0].tolist() == [5.5, 6]


@pytest.mark.parametrize(
    ("steps", "model", "message"),
    [
        (0, _extrapolate, "^steps: 0 is out of range, allowed is at least 1"),
        (2, lambda x: x[:, -3:, 0], r"^model: its output is of shape \(4, 3\), the next step of .* is \(4, 1\)"),
    ],
)
def test_what_cannot_be_iterated(steps, model, message):
    with pytest.raises(InputError, match=message):
        iterated_forecast(model, RAMPS, steps)


def _forecaster(rate):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 1)),
            keras.layers.Conv1D(16, 2),
            keras.layers.BatchNormalization(),
            keras.layers.SpatialDropout1D(rate),
            keras.layers.LSTM(8, dropout=rate),
            keras.layers.Dropout(rate),
            keras.layers.Dense(2),
        ]
    )


def test_monte_carlo_dropout_has_mean_and_spread_and_is_repeatable():
    model = _forecaster(0.3)
    first, same, other = (monte_carlo_dropout(model, RAMPS, 20, seed) for seed in (0, 0, 1))
    assert first.mean.shape == first.std.shape == (4, 2)
    np.testing.assert_array_equal(first.mean, same.mean)
    np.testing.assert_array_equal(first.std, same.std)
    assert not np.array_equal(first.mean, other.mean)
    assert (first.std > 0).all()


def test_the_spread_of_dropout_is_that_of_its_coin():
    model = keras.Sequential([keras.Input((1, 1)), keras.layers.Dropout(0.2)])
    forecast = monte_carlo_dropout(model, np.ones((2000, 1, 1), np.float32), 50)
    # 1 / 0.8 in four of five cases, else 0: mean 1, deviation 0.5.
    assert forecast.mean.mean() == pytest.approx(1, abs=0.01)
    assert np.square(forecast.std).mean() == pytest.approx(0.25, abs=0.01)


def test_layers_drop_independently_of_one_another():
    inputs = keras.Input((1, 1))
    both = keras.layers.Concatenate()([keras.layers.Dropout(0.5)(inputs), keras.layers.Dropout(0.5)(inputs)])
    model = keras.Model(inputs, keras.layers.Subtract()([both[..., :1], both[..., 1:]]))
    assert (monte_carlo_dropout(model, np.ones((100, 1, 1), np.float32), 10).std > 0).any()


def test_the_model_is_left_as_it_was():
    model = _forecaster(0.3)
    weights, before = model.get_weights(), model.predict(RAMPS, verbose=0)
    states = [keras.ops.convert_to_numpy(variable) for variable in model.non_trainable_variables]
    monte_carlo_dropout(model, RAMPS, 3)
    for weight, as_it_was in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(weight, as_it_was)
    for variable, as_it_was in zip(model.non_trainable_variables, states, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), as_it_was)
    assert all(layer.trainable for layer in model.layers)
    np.testing.assert_array_equal(model.predict(RAMPS, verbose=0), before)


def test_batch_normalization_stays_as_in_inference():
    model = keras.Sequential([keras.Input((6, 1)), keras.layers.BatchNormalization(), keras.layers.Dropout(0.001)])
    model.layers[0].set_weights([np.array([v], np.float32) for v in (1, 0, 3, 4 - model.layers[0].epsilon)])
    np.testing.assert_allclose(monte_carlo_dropout(model, RAMPS, 300).mean, (RAMPS - 3) / 2, atol=0.02)


@pytest.mark.parametrize(
    ("rate", "samples", "message"),
    [(0.0, 5, "^model: it has no dropout"), (0.3, 1, "^samples: 1 have no spread, allowed is at least 2")],
)
def test_no_spread_is_refused(rate, samples, message):
    with pytest.raises(InputError, match=message):
        monte_carlo_dropout(_forecaster(rate), RAMPS, samples)
