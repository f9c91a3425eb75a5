"""The linear baseline, against least squares by another way."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import families
from helpers.tcn import randomize, windows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import LinearParams, fit_least_squares
from neuralspot_edge.training import linear_forecast

SWEEP = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
SHAPES = st.one_of(
    st.tuples(st.integers(1, 24), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 8), st.integers(1, 3)),
)


@SWEEP
@given(shape=SHAPES, head=st.sampled_from(["window", "per_step"]), use_logits=st.booleans())
def test_whatever_the_schema_accepts_reloads_and_runs_on_the_device(tmp_path_factory, shape, head, use_logits):
    model = randomize(families.build("linear", shape, {"head": head, "use_logits": use_logits}))
    assert model.output_shape == (None, *(shape[:-1] if head == "per_step" else ()), 3)
    families.check_reloads(model, tmp_path_factory.mktemp("model"))
    families.check_runs_on_the_device(model)


def test_it_is_a_dense_layer_on_the_flattened_window():
    model = randomize(families.build("linear", (5, 2)))
    kernel, bias = model.get_weights()
    x = windows((5, 2))
    np.testing.assert_allclose(model.predict(x, verbose=0), x.reshape(8, 10) @ kernel[0, 0] + bias, atol=1e-5)


def test_least_squares_is_the_linear_forecast():
    x, y = windows((6, 2), count=80), windows((3,), count=80, seed=3)
    model = fit_least_squares(families.build("linear", (6, 2)), x[:60], y[:60])
    np.testing.assert_allclose(model.predict(x[60:], verbose=0), linear_forecast(x[:60], y[:60], x[60:]), atol=1e-5)


def test_no_step_of_gradient_descent_is_better():
    x, y = windows((4, 1), count=60), windows((4, 2), count=60, seed=3)
    model = fit_least_squares(families.build("linear", (4, 1), {"head": "per_step"}, 2), x, y)
    model.compile(keras.optimizers.SGD(0.01), loss="mse")
    best = model.evaluate(x, y, verbose=0)
    model.fit(x, y, batch_size=60, epochs=3, verbose=0)
    assert model.evaluate(x, y, verbose=0) >= best - 1e-6


@pytest.mark.parametrize(
    ("params", "x", "message"),
    [
        ({"use_logits": False}, np.zeros((4, 4, 1)), "no linear model without activation"),
        ({"output_activation": "tanh"}, np.zeros((4, 4, 1)), "no linear model without activation"),
        ({}, np.zeros((4, 5, 1)), r"the model takes \(4, 4, 1\) and \(4, 3\), received \(4, 5, 1\)"),
        ({}, np.full((4, 4, 1), np.nan), "every value must be finite"),
    ],
)
def test_least_squares_refuses_what_does_not_fit(params, x, message):
    with pytest.raises(InputError, match=message):
        fit_least_squares(families.build("linear", (4, 1), params), x, np.zeros((4, 3)))


def test_another_familys_model_has_no_least_squares():
    with pytest.raises(InputError, match="'mlp' is no linear model"):
        fit_least_squares(families.build("mlp", (4, 1)), np.zeros((4, 4, 1)), np.zeros((4, 3)))


def test_it_needs_a_length_and_a_top():
    with pytest.raises(InputError, match=r"received \(None, 2\); give its length"):
        families.build("linear", (None, 2))
    with pytest.raises(InputError, match="include_top: a linear model is its top"):
        families.build("linear", (4, 2), {"include_top": False})


def test_it_sees_the_whole_window():
    assert LinearParams(head="per_step").sees_whole_window == ("head: per_step",)
