"""Recurrent networks as they are built: shapes, saving, the weights of plain Keras layers, the export."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.recurrent import CELLS, chain, layer
from helpers.tflite import convert_with, error_of, most_lsb_apart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import RnnParams, rnn_model
from neuralspot_edge.training import load_model, save_model

SHAPE = (6, 3)
SWEEP = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

all_params = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(CELLS),
        "layers": st.lists(st.integers(1, 6), min_size=1, max_size=3),
        "head": st.sampled_from(["last", "per_step"]),
    },
    optional={
        "dropout": st.sampled_from([0, 0.3]),
        "recurrent_dropout": st.sampled_from([0, 0.3]),
        "include_top": st.booleans(),
        "use_logits": st.booleans(),
        "output_activation": st.sampled_from([None, "sigmoid"]),
    },
)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


@pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")
@SWEEP
@given(params=all_params)
def test_whatever_the_schema_accepts_builds_saves_reloads_and_runs(tmp_path_factory, params):
    keras.utils.set_random_seed(0)
    model = tcn.randomize(rnn_model(keras.Input(SHAPE), params, 4))
    checked, x = RnnParams(**params), tcn.windows(SHAPE, count=16)
    width = 4 if checked.include_top else checked.layers[-1]
    expected = model.predict(x, verbose=0)
    assert expected.shape[1:] == ((SHAPE[0], width) if checked.head == "per_step" else (width,))
    path = save_model(model, tmp_path_factory.mktemp("model") / "model.keras")
    np.testing.assert_array_equal(load_model(path).predict(x, verbose=0), expected)
    # LiteRT's LSTM has a coarser sigmoid and tanh: a step of its state is some of a dense layer's output.
    assert most_lsb_apart(convert_with(model, x), x) <= (4 if checked.cell == "lstm" else 1)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("head", ["last", "per_step"])
def test_the_weights_of_plain_keras_layers_load(cell, head):
    """The network of a tutorial, its layers by hand."""
    plain = chain(
        SHAPE,
        layer(cell, 5, return_sequences=True),
        layer(cell, 4, return_sequences=head == "per_step"),
        keras.layers.TimeDistributed(keras.layers.Dense(2)) if head == "per_step" else keras.layers.Dense(2),
    )
    tcn.randomize(plain)
    ours = rnn_model(keras.Input(SHAPE), {"cell": cell, "layers": [5, 4], "head": head}, 2)
    ours.set_weights(plain.get_weights())
    x = tcn.windows(SHAPE)
    np.testing.assert_allclose(ours.predict(x, verbose=0), plain.predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_no_prediction_depends_on_a_later_step(cell):
    model = tcn.randomize(rnn_model(keras.Input(SHAPE), {"cell": cell, "head": "per_step"}, 2))
    x = tcn.windows(SHAPE, count=2)
    later = x.copy()
    later[:, 4:] += 1
    before, after = model.predict(x, verbose=0), model.predict(later, verbose=0)
    np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert np.abs(before - after)[:, 4:].max() > 1e-3


@pytest.mark.parametrize("num_classes", [None, 0, -1, 2.5])
def test_a_top_needs_classes(num_classes):
    with pytest.raises(InputError, match=r"^num_classes: .* received"):
        rnn_model(keras.Input(SHAPE), {}, num_classes)


def test_an_image_is_refused():
    with pytest.raises(InputError, match=r"\(time, channels\), received \(2, 6, 3\)"):
        rnn_model(keras.Input((2, 6, 3)), {}, 2)


def test_an_open_time_axis_is_kept():
    assert rnn_model(keras.Input((None, 3)), {"head": "per_step"}, 2).output.shape == (None, None, 2)


def test_int8_follows_a_sequence_to_sequence_model():
    params = {"cell": "gru", "layers": [8], "head": "per_step"}
    model = tcn.randomize(rnn_model(keras.Input((12, 3)), params, 2))
    x = tcn.windows((12, 3), count=64)
    assert error_of(convert_with(model, x), model, x) < 0.05
