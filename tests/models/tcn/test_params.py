"""The TCN's schema: every limit, what is refused and what is only warned of, receptive fields by hand."""

from __future__ import annotations

import warnings

import pytest
from pydantic import ValidationError

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import TcnBlockParams, TcnParams
from neuralspot_edge.models.params import ParamsWarning, validate

OUT_OF_RANGE = [
    *[("depth", value) for value in (0, -1, 65)],
    *[("branch", value) for value in (0, 17)],
    *[("filters", value) for value in (0, -4, 4097)],
    *[("kernel", value) for value in (0, 1025, (1, 0), [0, 3])],
    *[("dilation", value) for value in (0, 65537, (0, 1))],
    *[("ex_ratio", value) for value in (0, -1, 65)],
    *[("se_ratio", value) for value in (-1, 4097)],
    *[("se_window", value) for value in (0, 65537)],
    *[("dropout", value) for value in (-0.1, 1, 1.5)],
]
WRONG_TYPE = [
    *[("filters", value) for value in ("8", 8.0, True, None, [8])],
    *[("kernel", value) for value in ("3", 3.0, True, (1, 2, 3), (3,), {})],
    *[("ex_ratio", value) for value in ("2", True, float("nan"), float("inf"))],
    ("dropout", "0.1"),
]
UNKNOWN = [("norm", "bach"), ("activation", "relu7"), ("skip", "none"), ("se_context", "past")]


@pytest.mark.parametrize(("field", "value"), [*OUT_OF_RANGE, *WRONG_TYPE, *UNKNOWN])
def test_a_block_refuses_what_is_not_legal_and_names_the_field(field, value):
    with pytest.raises(InputError, match=rf"^blocks\.0\.{field}(\.\d)?: ") as error:
        validate(TcnParams, {"blocks": [{"filters": 8, field: value}]})
    assert "\n" not in str(error.value)
    with pytest.raises(ValidationError):
        TcnBlockParams(**{"filters": 8, field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("input_kernel", value) for value in (0, "3", (1, 0))],
        *[("output_kernel", value) for value in (0, None, 1025)],
        *[("block_type", value) for value in ("xl", None)],
        *[("padding", value) for value in ("valid", None)],
        *[("head", value) for value in ("mean", None)],
        *[("include_top", value) for value in (1, "yes", None)],
        ("use_logits", "no"),
        ("output_activation", "relu7"),
        ("input_norm", "bach"),
        *[("name", value) for value in ("", "a/b", 3, "x" * 65)],
        *[("blocks", value) for value in ({}, "lg", 5, None, [3])],
    ],
)
def test_the_model_refuses_what_is_not_legal_and_names_the_field(field, value):
    with pytest.raises(InputError, match=rf"^{field}"):
        validate(TcnParams, {field: value})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kernal": 3}, "unknown key 'kernal'"),
        ({"blocks": [{"filters": 4, "kernal": 3}]}, r"blocks\.0: unknown key 'kernal': did you mean 'kernel'\?"),
        ({"pading": "same"}, r"did you mean 'padding'\?"),
        ({"blocks": [{"filters": 4, "activation": "relu7"}]}, r"'relu7' is not known, did you mean 'relu.?'\?"),
        ({"blocks": [{"filters": 4, "dropout": 1.5}]}, "1.5 is out of range, allowed is less than 1"),
        ({"blocks": [{"kernel": 3}]}, r"blocks\.0\.filters: is required"),
        ({"blocks": [{"filters": 4, "ex_ratio": 0.2}]}, r"ex_ratio: 0\.2 leaves no channel of 4 filters"),
    ],
)
def test_a_message_names_the_remedy(given, message):
    with pytest.raises(InputError, match=message):
        validate(TcnParams, given)


def test_name_may_be_written_model_name():
    assert TcnParams(model_name="watch").name == TcnParams(name="watch").name == "watch"
    with pytest.raises(ValidationError):
        TcnParams(name="one", model_name="two")


def test_a_list_is_a_pair():
    assert TcnBlockParams(filters=4, kernel=[1, 3]).kernel == (1, 3)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"block_type": "lg", "blocks": [{"filters": 4, "branch": 2}]}, r"blocks\.0\.branch: block type 'lg' ignores"),
        ({"block_type": "sm", "blocks": [{"filters": 4, "ex_ratio": 2}]}, r"blocks\.0\.ex_ratio: block type 'sm'"),
        ({"blocks": [{"filters": 4, "se_window": 3}]}, r"se_window: only se_context 'causal' reads it"),
        ({"blocks": [{"filters": 4, "se_ratio": 0.25}]}, r"se_ratio: channels are divided by it"),
        ({"padding": "causal", "head": "pooled"}, "head: pooled sees the whole window"),
        ({"padding": "causal", "blocks": [{"filters": 8, "se_ratio": 4}]}, r"blocks\.0\.se_context: window sees"),
        ({"include_top": False, "output_kernel": 5}, "output_kernel: ignored without include_top"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(params, message):
    with pytest.warns(ParamsWarning, match=message):
        TcnParams(**params)


def test_what_is_written_out_as_the_default_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TcnParams(block_type="lg", blocks=[{"filters": 4, "branch": 1, "ex_ratio": 1}])


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, 3),
        ({"include_top": False}, 1),
        ({"input_kernel": 5}, 1 + 4 + 2),
        (
            {"block_type": "lg", "blocks": [{"filters": 4, "kernel": 3, "dilation": 4, "depth": 2}]},
            1 + 2 * 2 * 2 * 4 + 2,
        ),
        ({"block_type": "mb", "blocks": [{"filters": 4, "kernel": (3, 5), "dilation": (7, 2)}]}, 1 + 4 * 2 + 2),
        ({"block_type": "sm", "blocks": [{"filters": 4, "depth": 3}, {"filters": 4, "dilation": 2}]}, 1 + 6 + 4 + 2),
        ({"blocks": [{"filters": 8, "se_ratio": 4, "ex_ratio": 2}], "se_context": "frame"}, 1 + 2 + 2),
        ({"blocks": [{"filters": 8, "se_ratio": 4, "ex_ratio": 2, "se_context": "causal"}]}, 1 + 2 + 2 + 2),
        (
            {"blocks": [{"filters": 8, "se_ratio": 4, "ex_ratio": 2, "se_context": "causal", "se_window": 9}]},
            1 + 2 + 8 + 2,
        ),
        ({"blocks": [{"filters": 8, "se_ratio": 9, "ex_ratio": 1.1}]}, 5),
        ({"blocks": [{"filters": 8, "norm": "layer"}]}, None),
        ({"blocks": [{"filters": 8, "se_ratio": 4}]}, None),
        ({"input_norm": "layer"}, 3),
        ({"input_norm": "layer", "input_kernel": 3}, None),
        ({"head": "pooled"}, None),
        ({"head": "last"}, 3),
    ],
)
def test_receptive_field_by_hand(params, field):
    assert TcnParams(**params).receptive_field == field


@pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")
@pytest.mark.parametrize(
    ("params", "causal"),
    [
        ({"padding": "causal"}, True),
        ({"padding": "same"}, False),
        ({"padding": "same", "output_kernel": 1}, True),
        ({"padding": "causal", "head": "pooled"}, False),
        ({"padding": "causal", "blocks": [{"filters": 4, "norm": "layer"}]}, False),
        ({"padding": "causal", "blocks": [{"filters": 4, "norm": "channel"}]}, True),
    ],
)
def test_is_causal(params, causal):
    assert TcnParams(**params).is_causal is causal


def test_from_neuralspot_edge_fills_in_its_defaults():
    params = TcnParams.from_neuralspot_edge(
        {"input_kernel": 5, "blocks": [{"filters": 4, "dilation": 2}, {"filters": 4}]}
    )
    assert (params.name, params.input_norm, params.block_type) == ("TCN", "layer", "mb")
    assert (params.input_kernel, params.output_kernel) == ((5, 5), (3, 3))
    assert [block.norm for block in params.blocks] == ["layer", "layer"]
    assert [(block.kernel, block.dilation) for block in params.blocks] == [((3, 3), (2, 2)), ((3, 3), (1, 1))]


def test_from_neuralspot_edge_keeps_what_is_given_and_warns_of_what_it_drops():
    given = {"model_name": "ecg", "input_kernel": [1, 3], "blocks": [{"filters": 4, "norm": None, "kernal": 5}]}
    with pytest.warns(ParamsWarning, match=r"blocks\.0\.kernal: dropped.*did you mean 'kernel'"):
        params = TcnParams.from_neuralspot_edge(given)
    assert (params.name, params.input_kernel, params.blocks[0].norm) == ("ecg", (1, 3), None)


def test_replace_validates_anew():
    params = TcnParams(blocks=[{"filters": 4}])
    assert params.replace(padding="causal").is_causal
    assert not params.is_causal
    with pytest.raises(InputError, match="padding"):
        params.replace(padding="valid")


def test_params_are_frozen_and_round_trip_through_json():
    params = TcnParams(blocks=[{"filters": 4, "kernel": (1, 3), "se_ratio": 2.5}], head="last")
    with pytest.raises(ValidationError):
        params.head = "pooled"
    assert TcnParams.model_validate_json(params.model_dump_json()) == params
