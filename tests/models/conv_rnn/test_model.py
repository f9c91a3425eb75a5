"""Convolutional recurrent networks as they are built, saved and exported."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.recurrent import CELLS, chain
from helpers.tflite import convert_with, error_of, kinds, most_lsb_apart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import ConvRnnParams, conv_rnn_model
from neuralspot_edge.training import load_model, save_model

SHAPE = (16, 3)
SWEEP = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

all_params = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(CELLS),
        "layers": st.lists(st.integers(1, 6), min_size=1, max_size=2),
        "filters": st.lists(st.integers(1, 6), min_size=1, max_size=2),
        "kernel_size": st.integers(1, 4),
        "stride": st.integers(2, 3),
        "padding": st.sampled_from(["valid", "causal", "same"]),
    },
    optional={
        "head": st.sampled_from(["last", "per_step"]),
        "norm": st.sampled_from([None, "batch"]),
        "conv_activation": st.sampled_from(["linear", "relu", "tanh"]),
        "include_top": st.booleans(),
    },
)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


@SWEEP
@given(params=all_params)
def test_whatever_the_schema_accepts_builds_saves_reloads_and_runs(tmp_path_factory, params):
    checked = ConvRnnParams(**params)
    if checked.steps(SHAPE[0]) < 1:
        with pytest.raises(InputError, match=r"^filters: .* leave nothing of 16 steps"):
            conv_rnn_model(keras.Input(SHAPE), params, 4)
        return
    keras.utils.set_random_seed(0)
    model = tcn.randomize(conv_rnn_model(keras.Input(SHAPE), params, 4))
    x = tcn.windows(SHAPE, count=16)
    width = 4 if checked.include_top else checked.layers[-1]
    expected = model.predict(x, verbose=0)
    assert expected.shape[1:] == ((checked.steps(SHAPE[0]), width) if checked.head == "per_step" else (width,))
    path = save_model(model, tmp_path_factory.mktemp("model") / "model.keras")
    np.testing.assert_array_equal(load_model(path).predict(x, verbose=0), expected)
    assert most_lsb_apart(convert_with(model, x), x) <= (4 if checked.cell == "lstm" else 1)


def test_the_network_of_the_textbook():
    """Géron, chapter 15: 50 steps become 24 before two GRUs read them, and each predicts ten values."""
    book = chain(
        (50, 1),
        layers.Conv1D(20, kernel_size=4, strides=2, padding="valid"),
        layers.GRU(20, return_sequences=True),
        layers.GRU(20, return_sequences=True),
        layers.TimeDistributed(layers.Dense(10)),
    )
    tcn.randomize(book)
    params = {"conv_activation": "linear", "cell": "gru", "layers": [20, 20], "head": "per_step"}
    model = conv_rnn_model(keras.Input((50, 1)), params, 10)
    assert model.output.shape == (None, 24, 10)
    model.set_weights(book.get_weights())
    x = tcn.windows((50, 1))
    np.testing.assert_allclose(model.predict(x, verbose=0), book.predict(x, verbose=0), atol=1e-5)


def test_a_front_before_an_lstm_stays_small():
    params = {"filters": [8, 8], "norm": "batch", "cell": "lstm", "layers": [12]}
    model = tcn.randomize(conv_rnn_model(keras.Input((100, 3)), params, 4))
    x = tcn.windows((100, 3), count=32)
    content = convert_with(model, x)
    assert kinds(content).count("CONV_2D") == 2
    assert len(kinds(content)) < 14
    assert len(content) < 9_000
    assert error_of(content, model, x) < 0.08


@pytest.mark.parametrize(("shape", "message"), [((2, 16, 3), "received"), ((3, 2), "leave nothing of 3 steps")])
def test_an_input_that_does_not_fit_is_refused(shape, message):
    with pytest.raises(InputError, match=message):
        conv_rnn_model(keras.Input(shape), {}, 2)
