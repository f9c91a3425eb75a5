"""TC-ResNet against the published counts, and what its params accept."""

from __future__ import annotations

import pytest
from helpers import families
from helpers.tcn import randomize, windows
from helpers.tflite import convert_with
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.costs import count_costs
from neuralspot_edge.models import TcResNetParams
from neuralspot_edge.models.params import validate

SWEEP = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@SWEEP
@given(
    params=st.fixed_dictionaries(
        {"channels": st.lists(st.integers(2, 8), min_size=1, max_size=4)},
        optional={
            "depth": st.integers(1, 2),
            "width": st.sampled_from([0.5, 1.0, 1.5]),
            "kernel": st.integers(1, 9),
            "input_kernel": st.integers(1, 3),
            "activation": st.sampled_from(["relu", "relu6", "tanh"]),
            "dropout": st.sampled_from([0.0, 0.5]),
            "include_top": st.booleans(),
            "use_logits": st.booleans(),
        },
    ),
    shape=st.tuples(st.integers(1, 30), st.integers(1, 6)),
)
def test_whatever_the_schema_accepts_reloads_and_runs_on_the_device(tmp_path_factory, params, shape):
    model = randomize(families.build("tc_resnet", shape, params))
    assert model.output_shape == (None, 3 if params.get("include_top", True) else TcResNetParams(**params).widths[-1])
    families.check_reloads(model, tmp_path_factory.mktemp("model"))
    families.check_runs_on_the_device(model)


@pytest.mark.parametrize(
    ("params", "parameters", "operations"),
    [
        ({}, 66_000, 3.0e6),
        ({"width": 1.5}, 145_000, 6.6e6),
        ({"depth": 2}, 137_000, 6.1e6),
        ({"depth": 2, "width": 1.5}, 305_000, 13.4e6),
    ],
    ids=["TC-ResNet8", "TC-ResNet8-1.5", "TC-ResNet14", "TC-ResNet14-1.5"],
)
def test_size_and_work_are_as_published(params, parameters, operations):
    """Table 2 of the paper: 98 frames of 40 coefficients, 12 classes; a multiply-accumulate is two operations."""
    model = families.build("tc_resnet", (98, 40), params, 12)
    assert round(model.count_params(), -3) == parameters
    macs = count_costs(load_graph(convert_with(randomize(model), windows((98, 40), count=4)))).macs
    assert 2 * macs == pytest.approx(operations, rel=0.02)


def test_a_stage_halves_the_time_and_its_first_skip_is_a_convolution():
    model = families.build("tc_resnet", (20, 2), {"channels": [4, 4, 6], "depth": 2})
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers if layer.name.endswith("ADD")}
    assert shapes == {
        "tc_resnet.S1.B1.ADD": (1, 10, 4),
        "tc_resnet.S1.B2.ADD": (1, 10, 4),
        "tc_resnet.S2.B1.ADD": (1, 5, 6),
        "tc_resnet.S2.B2.ADD": (1, 5, 6),
    }
    skips = [layer.name for layer in model.layers if layer.name.endswith("SKIP")]
    assert skips == ["tc_resnet.S1.B1.SKIP", "tc_resnet.S2.B1.SKIP"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"channels": []}, "channels"),
        ({"channels": [0, 8]}, r"channels\.0"),
        ({"depth": 0}, "depth"),
        ({"width": 0}, "width"),
        ({"width": 0.05}, r"width: 0\.05 leaves no channel of 16, allowed is at least 0\.0625"),
        ({"kernel": "9"}, "kernel"),
        ({"dropout": 1}, "dropout"),
        ({"activation": "relu7"}, "activation"),
    ],
)
def test_what_is_not_legal_is_refused_by_field(params, message):
    with pytest.raises(InputError, match=f"^{message}") as error:
        validate(TcResNetParams, params)
    assert "\n" not in str(error.value)


def test_an_input_of_another_rank_is_refused():
    with pytest.raises(InputError, match=r"tc_resnet takes \(time, channels\), received \(2, 8, 3\)"):
        families.build("tc_resnet", (2, 8, 3))
