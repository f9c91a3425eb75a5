"""The residual TCN's schema: limits, keras-tcn's names, what makes no sense, receptive fields by hand."""

from __future__ import annotations

import warnings

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import ResidualTcnParams
from neuralspot_edge.models.params import ParamsWarning, validate


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("filters", value) for value in (0, -1, 4097, [8, 0, 8, 8, 8, 8], [], "8", True)],
        *[("kernel_size", value) for value in (0, 1025, 3.0, (1, 3))],
        *[("stacks", value) for value in (0, 65)],
        *[("dilations", value) for value in ([], [0], [1, -2], 4, "1")],
        *[("dropout", value) for value in (-0.1, 1, "0.1")],
        *[("padding", value) for value in ("valid", None)],
        *[("norm", value) for value in ("bach", "channel")],
        *[("activation", value) for value in ("relu7", None)],
        *[("kernel_initializer", value) for value in ("he", None)],
        *[("head", value) for value in ("first", 3)],
        *[("compute", value) for value in ("some", None)],
        *[("use_skip_connections", value) for value in (1, None)],
        *[("name", value) for value in ("", "a/b")],
    ],
)
def test_it_refuses_what_is_not_legal_and_names_the_field(field, value):
    with pytest.raises(InputError, match=rf"^{field}(\.\d)?: ") as error:
        validate(ResidualTcnParams, {field: value})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"filters": [4, 8], "dilations": [1, 2]},
            "use_skip_connections: outputs of 4 and 8 channels",
        ),
        ({"nb_filters": [4, 4], "dilations": [1, 2, 4]}, "filters: the list has 2 values but there are 3 dilations"),
        ({"use_batch_norm": True, "use_weight_norm": True}, "use_batch_norm and use_weight_norm: only one norm"),
        ({"use_batch_norm": True, "norm": "layer"}, "norm: 'layer' contradicts keras-tcn's argument for 'batch'"),
        ({"use_layer_norm": "yes"}, "use_layer_norm: must be true or false, received 'yes'"),
        ({"return_sequences": True, "head": "last"}, "head: 'last' contradicts keras-tcn's argument for 'per_step'"),
        ({"return_sequences": False, "head": "per_step"}, "return_sequences: false contradicts head 'per_step'"),
        ({"return_sequences": 1}, "return_sequences: must be true or false"),
        ({"return_state": True}, r"return_state: a recipe's model has one output; use nse\.models\.TCN"),
        ({"trainable": False}, "trainable: False is not for a recipe's model"),
        ({"go_backwards": True, "head": "per_step"}, "go_backwards: predictions of each step would come in reverse"),
        ({"nb_filter": 3}, r"unknown key 'nb_filter': did you mean 'nb_filters'\?"),
        ({"dilation": [1]}, r"did you mean 'dilations'\?"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(given, message):
    with pytest.raises(InputError, match=message) as error:
        validate(ResidualTcnParams, given)
    assert "\n" not in str(error.value)


def test_a_config_of_keras_tcn_is_accepted_as_it_is():
    config = {
        "name": "tcn",
        "trainable": True,
        "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}},
        "nb_filters": [4, 6],
        "kernel_size": 2,
        "nb_stacks": 3,
        "dilations": [1, 5],
        "padding": "same",
        "use_skip_connections": False,
        "dropout_rate": 0.2,
        "return_sequences": True,
        "activation": "tanh",
        "use_batch_norm": False,
        "use_layer_norm": True,
        "kernel_initializer": "glorot_uniform",
        "go_backwards": False,
        "return_state": False,
    }
    assert ResidualTcnParams(**config) == ResidualTcnParams(
        name="tcn",
        filters=(4, 6),
        kernel_size=2,
        stacks=3,
        dilations=(1, 5),
        padding="same",
        use_skip_connections=False,
        dropout=0.2,
        head="per_step",
        activation="tanh",
        norm="layer",
        kernel_initializer="glorot_uniform",
    )


@pytest.mark.parametrize(("padding", "head"), [("causal", "last"), ("same", "middle")])
def test_without_a_head_it_predicts_where_keras_tcn_does(padding, head):
    assert ResidualTcnParams(padding=padding).predicts_from == head
    assert ResidualTcnParams(padding=padding, return_sequences=False).predicts_from == head


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, 1 + 2 * 2 * 63),
        ({"kernel_size": 1}, 1),
        ({"kernel_size": 2, "stacks": 3, "dilations": [1, 5]}, 1 + 2 * 1 * 3 * 6),
        ({"padding": "same", "dilations": [1, 2, 4]}, 29),
        ({"padding": "same", "head": "pooled"}, None),
    ],
)
def test_receptive_field_by_hand(given, field):
    assert ResidualTcnParams(**given).receptive_field == field


@pytest.mark.parametrize(
    ("given", "causal"),
    [
        ({}, True),
        ({"padding": "same"}, False),
        ({"padding": "same", "kernel_size": 1}, True),
        ({"go_backwards": True}, False),
    ],
)
def test_is_causal(given, causal):
    assert ResidualTcnParams(**given).is_causal is causal


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"head": "pooled"}, "padding is causal but the model is not: head: pooled sees the whole window"),
        ({"activate_twice": True}, "activate_twice: 'relu' applied twice is the same as once"),
        ({"compute": "all", "head": "per_step"}, "compute: head 'per_step' needs every step anyway"),
        ({"include_top": False, "output_activation": "tanh"}, "output_activation: ignored without include_top"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(given, message):
    with pytest.warns(ParamsWarning, match=message):
        ResidualTcnParams(**given)


def test_what_is_usual_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ResidualTcnParams(nb_filters=8, activation="tanh", activate_twice=True)
