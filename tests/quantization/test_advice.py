"""What is said of figures that are made by hand, a case for each rule, and of models that have the disease."""

from __future__ import annotations

import dataclasses

import pytest
from helpers import hard, tcn

from neuralspot_edge.quantization import Analysis, Study, advise, analyze
from neuralspot_edge.quantization.activations import Activation, Histogram
from neuralspot_edge.quantization.analysis import Kernel, Layer, Output
from neuralspot_edge.recipes import load_recipe

_HEALTHY = Activation(
    tensor="net.layer",
    low=-1.28,
    high=1.27,
    seen_low=-1.2,
    seen_high=1.2,
    histogram=Histogram(-1.28, 1.27, (1,) * 64),
    saturated=0.0,
    steps=240,
    sqnr_db=30.0,
    own_sqnr_db=40.0,
    channel_spread=1.5,
    channel=2,
    channel_steps=160.0,
    is_prescribed=False,
)
_KERNEL = Kernel("net.layer.kernel", is_per_channel=True, spread=2.0, channel=1)


def _layer(name, weights=0.0, activations=0.0, reads=(), kernel=_KERNEL, is_output=False, **values):
    activation = dataclasses.replace(_HEALTHY, **values)
    costs, ends = (weights + activations, weights, activations), (name == "input", is_output)
    return Layer(name, *costs, 30.0, 40.0, activation, kernel, reads, *ends)


def _advise(*layers, error=0.005):
    return advise(Analysis(64, (Output("y", "int8", error, 23.0),), layers))


def _only(*layers, error=0.005):
    (advice,) = _advise(*layers, error=error)
    return advice


def test_where_nothing_is_wrong_it_says_so_whatever_the_shares():
    advice = _only(_layer("a", activations=0.9, channel_spread=100.0), error=0.0005)
    assert (advice.rule, advice.layers, dict(advice.settings)) == ("fine", (), {})
    assert advice.text == "Nothing is wrong: the error of the outputs is 0.05 % of their power, 33.0 dB."
    assert _only(_layer("a"), error=0.0).text == "Nothing is wrong: int8 gives what the unrounded model gives."


def test_a_loud_channel_is_named_with_its_layer_and_is_to_be_equalized():
    advice = _only(_layer("a", activations=0.6, channel_spread=102.4, channel=7, channel_steps=2.44), _layer("b", 0.1))
    assert (advice.rule, advice.layers) == ("loud-channel", ("a",))
    for words in ("Layer 'a': channel 7 reaches 102 times", "2.4 of int8's 256 steps", "60 % of the error", "qat"):
        assert words in advice.text
    assert advice.settings == {"export.method": "ptq+", "export.tools.equalize": True}


def test_weights_that_are_uneven_for_a_loud_channel_are_told_with_it():
    loud = _layer("a", activations=0.4, channel_spread=100.0)
    advice = _only(_layer("b", weights=0.5, reads=("a",)), loud)
    assert advice.layers == ("a", "b")
    assert "'b' (50 % of the error)" in advice.text


@pytest.mark.parametrize(
    ("layer", "remedy"),
    [
        (_layer("input", activations=0.6, channel_spread=30.0), "data.preprocess: standardize"),
        (_layer("top", activations=0.6, channel_spread=30.0, is_output=True), "Scale the targets"),
    ],
)
def test_what_no_tool_reaches_is_mended_in_the_data(layer, remedy):
    assert remedy in _only(layer).text


def test_values_that_are_cut_off_ask_for_other_ranges():
    advice = _only(_layer("a", activations=0.3, saturated=0.023, seen_high=9.5))
    assert (advice.rule, advice.layers) == ("saturation", ("a",))
    assert "2.3 % of the values lie beyond int8's range, -1.28 to 1.27" in advice.text
    assert advice.settings == {"export.method": "ptq+", "export.tools.ranges": "mse"}


def test_a_range_for_outliers_asks_for_a_narrower_one():
    advice = _only(_layer("a", activations=0.3, steps=21))
    assert (advice.rule, advice.layers) == ("wide-range", ("a",))
    assert "within 21 of int8's 256 steps" in advice.text
    assert advice.settings["export.tools.ranges"] == "mse"


def test_an_output_that_is_too_coarse_gets_16_bits_or_another_scale():
    advice = _only(_layer("top", activations=0.7, is_output=True))
    assert (advice.rule, advice.layers) == ("output", ("top",))
    assert "steps of 0.01 makes 70 % of the error" in advice.text
    assert advice.settings["export.io"] == "float32"
    assert advice.settings["export.tools.int16_layers"] == 1


def test_inputs_that_are_too_coarse_need_another_type_or_training():
    advice = _only(_layer("input", activations=0.4))
    assert advice.rule == "input"
    assert "int16x8" in advice.text


def test_layers_whose_values_stand_out_get_16_bits():
    advice = _only(_layer("a", activations=0.4), _layer("b", activations=0.3), _layer("c", activations=0.1))
    assert (advice.rule, advice.layers) == ("activations", ("a", "b"))
    assert "'a' (40 % of the error), 'b' (30 % of the error)" in advice.text
    assert advice.settings == {"export.method": "ptq+", "export.tools.int16_layers": 2}


def test_weights_that_stand_out_are_trained():
    advice = _only(_layer("a", weights=0.4))
    assert (advice.rule, advice.layers, dict(advice.settings)) == ("weights", ("a",), {"export.method": "qat"})
    assert "one scale" not in advice.text


def test_a_kernel_of_one_scale_is_named_with_its_large_channel():
    uneven = Kernel("net.layer.kernel", is_per_channel=False, spread=40.0, channel=3)
    text = _only(_layer("a", weights=0.4, kernel=uneven)).text
    assert "The kernel of 'a' has one scale for all channels, and channel 3 is 40 times as large" in text


@pytest.mark.parametrize(("error", "rule"), [(0.034, "even"), (0.005, "small")])
def test_an_error_from_everywhere_is_trained_away(error, rule):
    advice = _only(*(_layer(name, activations=0.05, weights=0.05) for name in "abcdefghij"), error=error)
    assert (advice.rule, dict(advice.settings)) == (rule, {"export.method": "qat"})
    assert "No layer stands out; 'a' costs most, 10 %" in advice.text


def test_a_range_that_the_kernel_prescribes_is_nobodys_fault():
    prescribed = _layer("gate", activations=0.9, steps=3, saturated=0.5, channel_spread=99.0, is_prescribed=True)
    assert _only(prescribed, error=0.02).rule == "even"


def test_each_layer_is_named_once_the_cheapest_remedy_first():
    sick = _layer("a", activations=0.5, channel_spread=50.0, saturated=0.1, steps=10, is_output=True)
    found = _advise(_layer("w", weights=0.4), sick, _layer("x", activations=0.3))
    assert [(advice.rule, *advice.layers) for advice in found] == [
        ("loud-channel", "a"),
        ("activations", "x"),
        ("weights", "w"),
    ]


@pytest.mark.parametrize(
    "layer",
    [
        _layer("a", activations=0.6, channel_spread=102.4),
        _layer("input", activations=0.6, channel_spread=102.4),
        _layer("a", activations=0.6, saturated=0.1),
        _layer("a", activations=0.6, is_output=True),
        _layer("a", activations=0.6),
        _layer("a", weights=0.6),
    ],
)
def test_every_remedy_is_something_that_a_recipe_can_say(layer):
    for advice in _advise(layer):
        assert load_recipe("tcn-tiny").override(dict(advice.settings))
        for key, value in advice.settings.items():
            assert f"{key}: {str(value).lower()}" in advice.text


def test_a_model_made_hard_on_purpose_is_told_its_layer_and_channel():
    samples = tcn.windows(hard.SHAPE, count=32)
    advice = advise(analyze(Study.of(hard.loud_channel(), samples), samples))[0]
    assert (advice.rule, advice.layers[0]) == ("loud-channel", "middle")
    assert f"channel {hard.CHANNEL} " in advice.text
    assert "export.tools.equalize" in advice.text
    assert "export.method: qat" in advice.text


def test_what_a_method_has_tried_is_not_advised_again():
    wide, heavy = _layer("a", activations=0.3, steps=20), _layer("b", weights=0.5)
    analysis = Analysis(64, (Output("y", "int8", 0.005, 23.0),), (wide, heavy))
    assert [each.rule for each in advise(analysis)] == ["wide-range", "weights"]
    assert [each.rule for each in advise(analysis, "ptq+")] == ["weights"]
    (spent,) = advise(analysis, "qat")
    assert spent.rule == "spent"
    assert "export.qat.epochs" in spent.text
