import pytest
from helpers import small
from reports.console.printed import rows

from neuralspot_edge.reports import console


def test_a_recipe_as_fields_that_set_takes():
    fields = dict(row.split(" ", 1) for row in rows(console.recipe_table(small.recipe("waves.npz"), {}))[2:])
    assert fields["input.hop"] == "32"
    assert fields["classes"] == "low, mid, high"
    assert fields["model.params.blocks.0.filters"] == "4"
    assert fields["model.params.use_logits"] == "yes"
    assert fields["data.path"] == "waves.npz"
    assert "outputs" not in fields, "what is not there is left out"


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({"receptive_field": 31}, "(receptive field) 31"),
        ({"receptive_field": None}, "(receptive field) the whole window"),
        ({"is_causal": False}, "(is causal) no"),
    ],
)
def test_facts_follow_the_fields(facts, row):
    assert rows(console.recipe_table(small.recipe(), facts))[-1] == row


def test_layers_and_their_sum():
    layers = [
        {"name": "in", "kind": "InputLayer", "output_shape": [32, 2], "parameters": 0},
        {"name": "conv", "kind": "Conv2D", "output_shape": [1, 32, 64], "parameters": 1200},
    ]
    assert rows(console.layer_table(layers))[1:] == [
        "in InputLayer 32 x 2 0",
        "conv Conv2D 1 x 32 x 64 1,200",
        "all 1,200",
    ]
