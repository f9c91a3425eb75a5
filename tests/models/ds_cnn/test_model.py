"""DS-CNN against the network of MLPerf Tiny, and what its params accept."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import families, mlperf_tiny
from helpers.tcn import randomize, windows
from helpers.tflite import convert_with
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neuralspot_edge as nse
from neuralspot_edge.errors import InputError
from neuralspot_edge.models import DsCnnParams
from neuralspot_edge.models.params import validate

SWEEP = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
BLOCKS = st.fixed_dictionaries(
    {"filters": st.integers(1, 8)},
    optional={
        "kernel": st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 3))),
        "stride": st.integers(1, 2),
    },
)


@SWEEP
@given(
    params=st.fixed_dictionaries(
        {"filters": st.integers(1, 8), "blocks": st.lists(BLOCKS, max_size=2)},
        optional={
            "kernel": st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 6), st.integers(1, 4))),
            "stride": st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 2))),
            "activation": st.sampled_from(["relu", "relu6", "tanh"]),
            "input_dropout": st.sampled_from([0.0, 0.2]),
            "dropout": st.sampled_from([0.0, 0.4]),
            "include_top": st.booleans(),
            "use_logits": st.booleans(),
        },
    ),
    shape=st.one_of(
        st.tuples(st.integers(3, 24), st.integers(3, 10)),
        st.tuples(st.integers(3, 12), st.integers(3, 12), st.integers(1, 3)),
    ),
)
def test_whatever_the_schema_accepts_reloads_and_runs_on_the_device(tmp_path_factory, params, shape):
    model = randomize(families.build("ds_cnn", shape, params))
    channels = [params["filters"], *(block["filters"] for block in params["blocks"])][-1]
    assert model.output_shape == (None, 3 if params.get("include_top", True) else channels)
    families.check_reloads(model, tmp_path_factory.mktemp("model"))
    families.check_runs_on_the_device(model)


@pytest.fixture(scope="module")
def pair():
    """The defaults and MLPerf Tiny's own network with the same weights; its biases before batch normalization are 0."""
    published = randomize(mlperf_tiny.keyword_spotting())
    ours = families.build("ds_cnn", (49, 10), {"use_logits": False}, 12)
    kept = []
    for layer in published.layers:
        weights = layer.get_weights()
        if "conv" in layer.name:
            weights[1] = np.zeros_like(weights[1])
            layer.set_weights(weights)
            weights = weights[:1]
        kept += weights
    ours.set_weights([one.reshape(other.shape) for one, other in zip(kept, ours.weights, strict=True)])
    return ours, published


def test_the_defaults_are_the_published_network(pair):
    ours, published = pair
    x = windows((49, 10))
    np.testing.assert_allclose(ours.predict(x, verbose=0), published.predict(x[..., None], verbose=0), atol=1e-5)
    # The published count, less 9 layers' 64 biases that batch normalization makes void.
    assert ours.count_params() == 24_908 - 9 * 64


def test_the_defaults_cost_what_is_published(pair):
    content = convert_with(pair[0], windows((49, 10), count=16))
    assert nse.profile(content).totals.macs == pytest.approx(mlperf_tiny.PUBLISHED_MACS["keyword_spotting"], rel=0.002)


def test_an_image_stays_as_it_is_and_another_rank_is_refused():
    assert families.build("ds_cnn", (12, 8, 3)).output_shape == (None, 3)
    with pytest.raises(InputError, match=r"ds_cnn takes \(time, coefficients\) .* received \(4,\)"):
        families.build("ds_cnn", (4,))


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"filters": 0}, "filters"),
        ({"kernel": [0, 3]}, r"kernel\.0"),
        ({"stride": 65}, "stride"),
        ({"blocks": [{"filters": 4097}]}, r"blocks\.0\.filters"),
        ({"blocks": [{"stride": [1, 2]}]}, r"blocks\.0\.stride"),
        ({"blocks": [{"kernal": 3}]}, r"blocks\.0: unknown key 'kernal': did you mean 'kernel'"),
        ({"dropout": 1}, "dropout"),
        ({"activation": "relu7"}, "activation"),
    ],
)
def test_what_is_not_legal_is_refused_by_field(params, place):
    with pytest.raises(InputError, match=rf"^{place}") as error:
        validate(DsCnnParams, params)
    assert "\n" not in str(error.value)
