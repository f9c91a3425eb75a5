"""The schema of recurrent networks: limits, what is refused, what a recipe makes of it."""

from __future__ import annotations

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import RnnParams, get_family
from neuralspot_edge.models.params import ParamsWarning, validate


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("cell", value) for value in ("rnn", None, 3)],
        *[("layers", value) for value in ((), (0,), (1025,), ("8",), 8, (8,) * 17)],
        *[("dropout", value) for value in (-0.1, 1, "0.1")],
        *[("recurrent_dropout", value) for value in (-0.1, 1)],
        *[("head", value) for value in ("pooled", None)],
        ("activation", "relu7"),
        ("include_top", "yes"),
    ],
)
def test_what_is_not_legal_is_refused_by_field(field, value):
    with pytest.raises(InputError, match=rf"^{field}"):
        validate(RnnParams, {field: value})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"bidirectional": True}, "unknown key 'bidirectional'"),
        ({"layer": [3]}, r"did you mean 'layers'\?"),
        (
            {"cell": "lstm", "activation": "relu"},
            r"activation: 'relu' is for the cells simple and ln_simple, lstm has tanh",
        ),
    ],
)
def test_a_message_names_the_remedy(params, message):
    with pytest.raises(InputError, match=message):
        validate(RnnParams, params)


def test_a_simple_cell_takes_any_activation():
    assert RnnParams(cell="simple", activation="relu").activation == "relu"


def test_what_is_hardly_meant_is_warned_of():
    with pytest.warns(ParamsWarning, match="output_activation: ignored without include_top"):
        RnnParams(include_top=False, output_activation="tanh")


def test_the_family_is_causal_and_sees_any_past():
    params = get_family("rnn").validate({})
    assert params.is_causal
    assert params.receptive_field is None
