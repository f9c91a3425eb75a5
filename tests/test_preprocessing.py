import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.preprocessing import Preprocessing

RNG = np.random.default_rng(0)
X = (RNG.normal(size=(20, 30, 3)) * [1, 50, 1e-6] + [0, -400, 1e-3]).astype(np.float32)


def test_standardize_gives_mean_zero_and_deviation_one_on_train():
    z = Preprocessing.fit("standardize", X).apply(X)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(z.std(axis=(0, 1)), 1, atol=1e-4)


def test_standardize_keeps_what_it_measured_on_train():
    fitted = Preprocessing("standardize", mean=(1.0, 2.0), std=(2.0, 4.0))
    np.testing.assert_array_equal(fitted.apply(np.array([[3.0, -2.0], [1.0, 2.0]])), [[1, -1], [0, 0]])


def test_window_looks_at_each_window_by_itself():
    z = Preprocessing.fit("window", X).apply(X)
    np.testing.assert_allclose(z.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(z.std(axis=1), 1, atol=1e-3)
    np.testing.assert_array_equal(Preprocessing("window").apply(X[:1]), z[:1])


def test_none_only_casts():
    x = np.array([[[1, 2]]], dtype=np.int16)
    z = Preprocessing.fit("none", x).apply(x)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z, x)


@pytest.mark.parametrize("kind", ["standardize", "window"])
@pytest.mark.parametrize("value", [0.0, 1.0, -1e6, 9.80665, 3e-20])
def test_constant_channel_becomes_zero(kind, value):
    x = np.full((4, 50, 2), value, dtype=np.float32)
    x[..., 1] = RNG.normal(size=(4, 50))
    z = Preprocessing.fit(kind, x).apply(x)
    assert np.isfinite(z).all()
    np.testing.assert_allclose(z[..., 0], 0, atol=1e-6)
    assert z[..., 1].std() > 0.5


def test_small_signals_are_not_taken_for_constant():
    x = (1e-9 * RNG.normal(size=(4, 50, 1))).astype(np.float32)
    np.testing.assert_allclose(Preprocessing.fit("standardize", x).apply(x).std(), 1, rtol=1e-4)


@given(
    kind=st.sampled_from(["none", "standardize", "window"]),
    channels=st.integers(1, 4),
    scale=st.floats(1e-6, 1e6),
    seed=st.integers(0, 20),
)
def test_json_roundtrip(kind, channels, scale, seed):
    x = np.random.default_rng(seed).normal(scale=scale, size=(3, 8, channels)).astype(np.float32)
    fitted = Preprocessing.fit(kind, x)
    again = Preprocessing.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again == fitted
    np.testing.assert_array_equal(again.apply(x), fitted.apply(x))


def test_frames_are_taken_as_they_come_in_a_stream():
    fitted = Preprocessing.fit("standardize", X)
    np.testing.assert_array_equal(fitted.apply(X[2, 5:7]), fitted.apply(X)[2, 5:7])


def test_other_number_of_channels_is_refused():
    fitted = Preprocessing.fit("standardize", X)
    with pytest.raises(InputError, match="x has 2 channels; the preprocessing was fitted on 3"):
        fitted.apply(X[..., :2])
    with pytest.raises(InputError, match=r"received shape \(3,\)"):
        fitted.apply(X[0, 0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"kind": "standardise", "mean": [0], "std": [1]},
            "unknown preprocessing 'standardise': did you mean 'standardize'",
        ),
        ({"kind": "none", "men": []}, "unknown key of the preprocessing 'men': did you mean 'mean'"),
        ({"mean": [0]}, "no key 'kind'"),
        ({"kind": "standardize"}, "one mean and one std for each channel; received 0 and 0"),
        ({"kind": "standardize", "mean": [0, 0], "std": [1]}, "received 2 and 1"),
        ({"kind": "standardize", "mean": [0], "std": [0]}, "stds above 0"),
        ({"kind": "standardize", "mean": [float("nan")], "std": [1]}, "finite means"),
        (
            {"kind": "standardize", "mean": "a", "std": [1]},
            "preprocessing mean must be a list of numbers; received 'a'",
        ),
        ({"kind": "standardize", "mean": 3, "std": [1]}, "preprocessing mean must be a list of numbers; received 3"),
        ({"kind": "window", "mean": [0], "std": [1]}, "'window' takes no mean and std"),
        ({"kind": ["none"]}, "unknown preprocessing"),
    ],
)
def test_wrong_dict_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        Preprocessing.from_dict(values)


def test_fit_refuses_what_cannot_be_measured():
    with pytest.raises(InputError, match=r"received shape \(30, 3\)"):
        Preprocessing.fit("standardize", X[0])
    with pytest.raises(InputError, match="finite means"):
        Preprocessing.fit("standardize", np.full((1, 2, 1), np.nan))
    with pytest.raises(InputError, match="unknown preprocessing 'zscore'"):
        Preprocessing.fit("zscore", X)
