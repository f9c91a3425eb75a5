"""The multilayer perceptron, against Keras's dense layers and the published auto-encoder."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import families, mlperf_tiny
from helpers.tcn import randomize, windows
from helpers.tflite import convert_with
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.costs import count_costs
from neuralspot_edge.models import MlpParams
from neuralspot_edge.models.params import validate

SWEEP = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
AUTOENCODER = {"hidden": [128] * 4 + [8] + [128] * 4, "norm": "batch", "head": "per_step"}


@SWEEP
@given(
    params=st.fixed_dictionaries(
        {"hidden": st.lists(st.integers(1, 16), min_size=1, max_size=4)},
        optional={
            "activation": st.sampled_from(["relu", "relu6", "tanh", "sigmoid", "leaky_relu"]),
            "norm": st.sampled_from([None, "batch"]),
            "dropout": st.sampled_from([0.0, 0.3]),
            "head": st.sampled_from(["window", "per_step"]),
            "use_logits": st.booleans(),
        },
    ),
    shape=st.one_of(
        st.tuples(st.integers(1, 24), st.integers(1, 4)),
        st.tuples(st.integers(1, 3), st.integers(1, 8), st.integers(1, 3)),
    ),
)
def test_whatever_the_schema_accepts_reloads_and_runs_on_the_device(tmp_path_factory, params, shape):
    model = randomize(families.build("mlp", shape, params))
    assert model.output_shape == (None, *(shape[:-1] if params.get("head") == "per_step" else ()), 3)
    families.check_reloads(model, tmp_path_factory.mktemp("model"))
    families.check_runs_on_the_device(model)


def test_it_is_keras_dense_layers_on_the_flattened_window():
    layers = [
        keras.layers.Flatten(),
        keras.layers.Dense(8, "tanh"),
        keras.layers.Dense(4, "tanh"),
        keras.layers.Dense(3),
    ]
    dense = randomize(keras.Sequential([keras.Input((6, 2)), *layers]))
    model = families.build("mlp", (6, 2), {"hidden": [8, 4], "activation": "tanh"})
    model.set_weights([one.reshape(other.shape) for one, other in zip(dense.get_weights(), model.weights, strict=True)])
    x = windows((6, 2))
    np.testing.assert_allclose(model.predict(x, verbose=0), dense.predict(x, verbose=0), atol=1e-5)


def test_the_auto_encoder_is_the_published_one():
    model = families.build("mlp", (5, 128), AUTOENCODER, 128)
    published = mlperf_tiny.anomaly_detection()
    # A bias before batch normalization has no effect: 8 layers of 128 and one of 8 have none here.
    assert model.count_params() == published.count_params() - 8 * 128 - 8
    content = convert_with(randomize(model), windows((5, 128), count=16))
    assert count_costs(load_graph(content)).macs == pytest.approx(
        mlperf_tiny.PUBLISHED_MACS["anomaly_detection"], rel=0.001
    )


def test_ten_dense_layers_run_on_the_device_as_on_litert():
    """As FULLY_CONNECTED, these came out 3 steps apart."""
    families.check_runs_on_the_device(randomize(families.build("mlp", (5, 128), AUTOENCODER, 10)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("hidden", value) for value in ([], [0], [4097], ["8"], 8, None)],
        ("activation", "relu7"),
        ("norm", "layer"),
        *[("dropout", value) for value in (-0.1, 1)],
        ("head", "last"),
        ("name", ""),
    ],
)
def test_what_is_not_legal_is_refused_by_field(field, value):
    with pytest.raises(InputError, match=rf"^{field}") as error:
        validate(MlpParams, {field: value})
    assert "\n" not in str(error.value)


def test_without_a_top_there_is_no_prediction_for_each_step():
    with pytest.raises(InputError, match="head: 'per_step' needs include_top"):
        validate(MlpParams, {"head": "per_step", "include_top": False})
    assert families.build("mlp", (6, 2), {"include_top": False}, None).output_shape == (None, 32)


def test_it_needs_a_length():
    with pytest.raises(InputError, match=r"received \(None, 2\); give its length"):
        families.build("mlp", (None, 2))
