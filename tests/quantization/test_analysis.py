"""What a layer costs in int8, against figures by hand, against direct runs and against the device."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
from helpers import hard, tcn
from keras import layers

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization import Study, analyze


@pytest.fixture(scope="module")
def samples():
    return tcn.windows(hard.SHAPE, count=48)


@pytest.fixture(scope="module")
def study(samples):
    return Study.of(hard.loud_channel(), samples)


@pytest.fixture(scope="module")
def analysis(study, samples):
    return analyze(study, samples)


@pytest.fixture(scope="module")
def one_layer():
    """The identity, with steps of 0.01 from -1.28 to 1.27 before and behind it, on four values."""
    inputs = keras.Input((1,), name="x")
    model = keras.Model(inputs, layers.Dense(1, use_bias=False, name="same")(inputs))
    model.get_layer("same").set_weights([np.ones((1, 1), np.float32)])
    study = Study.of(model, np.array([[-1.28], [1.27]], np.float32))
    return analyze(study, np.array([[0.003], [1.0], [0.504], [2.27]], np.float32))


def _by_name(analysis):
    return {layer.name: layer for layer in analysis.layers}


def _error(study, samples, mask):
    real, rounded = (study.outputs([samples], each)[0].astype(float) for each in (study.rounding(()), mask))
    return np.square(rounded - real).sum() / np.square(real).sum()


def test_one_layer_is_as_calculated_by_hand(one_layer):
    # Rounded are 0.003 to 0, 0.504 to 0.50 and 2.27 to the end, 1.27; 1.0 is a whole number of steps.
    error = (0.003**2 + 0.004**2 + 1.0**2) / (0.003**2 + 1.0**2 + 0.504**2 + 2.27**2)
    assert one_layer.samples == 4
    assert one_layer.error == pytest.approx(error, rel=1e-4)
    assert one_layer.sqnr_db == pytest.approx(-10 * np.log10(error), abs=1e-3)
    (output,) = one_layer.outputs
    assert (output.dtype, output.error) == ("int8", one_layer.error)
    for layer in one_layer.layers:
        values = layer.activation
        assert (values.low, values.high) == pytest.approx((-1.28, 1.27), abs=1e-6)
        assert (values.seen_low, values.seen_high) == pytest.approx((0.003, 2.27))
        assert values.saturated == 0.25
        assert values.sqnr_db == pytest.approx(one_layer.sqnr_db, abs=1e-3)
        assert values.own_sqnr_db == pytest.approx(one_layer.sqnr_db, abs=1e-3)
        # From 0.003 up to the end at 1.27.
        assert values.steps == pytest.approx(128, abs=1)
        assert sum(values.histogram.counts) == 4
        assert (values.histogram.low, values.histogram.high) == pytest.approx((-1.28, 2.27), abs=1e-6)


def test_of_two_places_that_round_alike_neither_alone_costs_anything(one_layer):
    assert {layer.name for layer in one_layer.layers} == {"input", "same"}
    for layer in one_layer.layers:
        assert layer.cost == layer.activation_cost == layer.weight_cost == pytest.approx(0, abs=1e-6)
        assert layer.alone_sqnr_db == pytest.approx(one_layer.sqnr_db, abs=1e-3)


def test_with_every_layer_unrounded_there_is_no_error(study, samples):
    model = hard.loud_channel()
    np.testing.assert_allclose(
        study.outputs([samples], study.rounding(()))[0], model.predict(samples, verbose=0), atol=1e-5
    )


def test_a_layer_costs_what_direct_runs_say(study, samples, analysis):
    whole = _error(study, samples, study.rounding())
    assert analysis.error == pytest.approx(whole)
    assert set(_by_name(analysis)) == set(study.layers)
    for layer in analysis.layers:
        others = [name for name in study.layers if name != layer.name]
        assert layer.cost == pytest.approx(1 - _error(study, samples, study.rounding(others)) / whole)
        alone = _error(study, samples, study.rounding([layer.name]))
        assert layer.alone_sqnr_db == pytest.approx(-10 * np.log10(alone))


def test_the_error_is_that_of_the_device(study, samples, analysis):
    real = study.outputs([samples], study.rounding(()))[0]
    device = TflmInterpreter(study.to_tflite()).predict(samples)
    # Some values are a step apart: kernels round twice.
    assert analysis.error == pytest.approx(np.square(device - real).sum() / np.square(real).sum(), rel=0.1)


def test_the_layer_that_was_made_hard_comes_first_with_its_channel(analysis):
    worst = analysis.layers[0]
    assert worst.name == "middle"
    assert worst.activation.channel == hard.CHANNEL
    assert worst.activation.channel_spread > 50
    assert worst.activation.channel_steps < 4
    assert worst.activation_cost > 0.4 > worst.weight_cost
    assert (worst.kernel.channel, worst.kernel.is_per_channel) == (hard.CHANNEL, True)
    assert worst.kernel.spread > 50


def test_a_kernel_that_undoes_it_in_one_scale_costs_by_its_weights(samples):
    analysis = analyze(Study.of(hard.loud_channel(depthwise=False), samples), samples)
    last, middle = (_by_name(analysis)[name] for name in ("last", "middle"))
    assert last.weight_cost > 0.3 > last.activation_cost
    assert last.reads == ("middle",)
    assert middle.activation_cost > 0.3
    assert {layer.name for layer in analysis.layers[:2]} == {"middle", "last"}


def test_layers_are_ranked_by_cost_and_know_their_place(analysis):
    costs = [layer.cost for layer in analysis.layers]
    assert costs == sorted(costs, reverse=True)
    found = _by_name(analysis)
    assert [name for name, layer in found.items() if layer.is_input] == ["input"]
    assert [name for name, layer in found.items() if layer.is_output] == ["classes"]
    assert found["input"].kernel is None
    assert found["input"].reads == ()
    assert found["first"].reads == ("input",)
    assert found["mean"].weight_cost == 0


def test_the_same_model_without_the_loud_channel_has_no_such_layer(samples):
    easy = analyze(Study.of(hard.loud_channel(1.0), samples), samples)
    assert easy.error < 1e-3
    assert _by_name(easy)["middle"].activation.channel_spread < 4


def test_the_same_samples_give_the_same_figures(study, samples, analysis):
    assert dataclasses.asdict(analyze(study, samples)) == dataclasses.asdict(analysis)


def test_samples_are_spread_over_those_given_and_progress_is_told(study, samples):
    seen = []
    few = analyze(study, [samples], limit=4, progress=lambda *each: seen.append(each))
    assert few.samples == 4
    assert few == analyze(study, samples[[0, 16, 31, 47]])
    assert seen == [(done, len(study.layers)) for done in range(1, len(study.layers) + 1)]


def test_with_float_inputs_and_outputs_what_is_no_integer_does_not_round(samples):
    analysis = analyze(Study.of(hard.loud_channel(), samples, io="float32"), samples, limit=8)
    assert "input" not in _by_name(analysis)
    (behind,) = (layer for layer in analysis.layers if layer.is_input)
    assert behind.activation.channel_spread < 2
    assert analysis.outputs[0].dtype == "float32"
    assert analysis.layers[0].name == "middle"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([np.zeros((2, 32, 3)), np.zeros((2, 32, 3))], r"the model needs 1 array\(s\), one for each input; received 2"),
        (np.zeros((2, 3, 32)), r"'signal' needs shape \(samples, 32, 3\), received \(2, 3, 32\)"),
        (np.zeros((0, 32, 3)), r"'signal' needs shape \(samples, 32, 3\), received \(0, 32, 3\)"),
        (np.full((2, 32, 3), np.nan), "'signal' has NaN or infinity"),
    ],
)
def test_samples_that_do_not_fit_are_refused(study, given, message):
    with pytest.raises(InputError, match=f"samples: .*{message}"):
        analyze(study, given)


def test_no_samples_at_all_are_refused(study, samples):
    with pytest.raises(InputError, match="limit: at least one sample is played, received 0"):
        analyze(study, samples, limit=0)
