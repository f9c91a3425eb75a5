"""The schema of WaveNet: what is refused, what is only warned of, receptive fields by hand."""

from __future__ import annotations

import warnings

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import WaveNetParams
from neuralspot_edge.models.params import ParamsWarning, validate


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("variant", "simple"),
        *[("filters", value) for value in (0, 4097, "8", 8.0, True)],
        *[("skip_filters", value) for value in (0, 4097, "8")],
        *[("kernel_size", value) for value in (0, 1025, (1, 2))],
        *[("input_kernel", value) for value in (0, 1025)],
        *[("dilations", value) for value in ([], [0], [65537], ["1"], 4)],
        *[("stacks", value) for value in (0, 65)],
        *[("norm", value) for value in ("layer", "none")],
        *[("dropout", value) for value in (-0.1, 1)],
        *[("head", value) for value in ("middle", None)],
        *[("padding", value) for value in ("valid", None)],
        ("activation", "relu7"),
        ("name", "a/b"),
    ],
)
def test_what_is_not_legal_is_refused_by_field(field, value):
    with pytest.raises(InputError, match=rf"^{field}") as error:
        validate(WaveNetParams, {field: value})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"variant": "simplified", "skip_filters": 8}, "skip_filters: variant 'simplified' ignores it"),
        ({"variant": "simplified", "input_kernel": 3}, "input_kernel: variant 'simplified' ignores it"),
        ({"head": "pooled"}, "head: pooled sees the whole window"),
        ({"include_top": False, "output_activation": "tanh"}, "output_activation: ignored without include_top"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(params, message):
    with pytest.warns(ParamsWarning, match=message):
        WaveNetParams(**params)


def test_what_is_meant_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WaveNetParams()
        WaveNetParams(variant="simplified", head="last")
        WaveNetParams(padding="same", head="pooled")


@pytest.mark.parametrize(
    ("params", "field", "causal"),
    [
        ({"variant": "simplified"}, 1 + 2 * (1 + 2 + 4 + 8), True),
        ({}, 1 + 1 + 2 * (1 + 2 + 4 + 8), True),
        ({"input_kernel": 1}, 1 + 2 * (1 + 2 + 4 + 8), True),
        # The paper's example: dilations 1 to 512 give one stack a receptive field of 1,024.
        ({"variant": "simplified", "dilations": [2**i for i in range(10)], "stacks": 1}, 1024, True),
        ({"kernel_size": 3, "dilations": [1, 5], "stacks": 1}, 1 + 2 + 2 * 6, True),
        ({"padding": "same"}, 32, False),
        ({"padding": "same", "kernel_size": 1}, 1, True),
        ({"padding": "same", "head": "pooled"}, None, False),
    ],
)
def test_receptive_field_and_causality_by_hand(params, field, causal):
    params = WaveNetParams(**params)
    assert (params.receptive_field, params.is_causal) == (field, causal)
