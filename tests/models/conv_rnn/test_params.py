"""The schema of convolutional recurrent networks, and lengths by hand."""

from __future__ import annotations

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import ConvRnnParams
from neuralspot_edge.models.params import validate
from neuralspot_edge.recipes import load_recipe


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("filters", value) for value in ((), (0,), 8, (4097,))],
        *[("kernel_size", value) for value in (0, "3", 1025)],
        *[("stride", value) for value in (0, 2.0)],
        ("padding", "full"),
        ("norm", "layer"),
        ("conv_activation", "relu7"),
        ("cell", "rnn"),
    ],
)
def test_what_is_not_legal_is_refused_by_field(field, value):
    with pytest.raises(InputError, match=rf"^{field}"):
        validate(ConvRnnParams, {field: value})


@pytest.mark.parametrize(
    ("params", "window", "steps"),
    [
        ({"kernel_size": 4, "stride": 2}, 50, 24),
        ({"kernel_size": 4, "stride": 2, "padding": "causal"}, 50, 25),
        ({"kernel_size": 4, "stride": 2, "padding": "same"}, 51, 26),
        ({"filters": [4, 4], "kernel_size": 4, "stride": 3}, 100, 10),
        ({"kernel_size": 4}, 3, 0),
    ],
)
def test_the_steps_that_are_left(params, window, steps):
    assert ConvRnnParams(**params).steps(window) == steps


def test_only_padding_same_looks_ahead():
    assert [ConvRnnParams(padding=padding).is_causal for padding in ("valid", "causal", "same")] == [True, True, False]


def test_targets_of_every_step_need_a_front_that_keeps_them():
    content = {
        "name": "conv-rnn-own",
        "task": "forecasting",
        "data": {"dataset": "two-sines", "preprocess": "none", "options": {"sequence_to_sequence": True}},
        "input": {"window": 50, "channels": 1},
        "model": {"family": "conv_rnn", "params": {"head": "per_step"}},
    }
    with pytest.raises(InputError, match=r"model\.params\.stride: .* write stride 1 and padding causal"):
        load_recipe(content)
    content["model"]["params"] |= {"stride": 1, "padding": "causal"}
    assert load_recipe(content).params.keeps_length
