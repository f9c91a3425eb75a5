"""Tools against the loss by int8: what they rescue, what they report, and that the file is never the worse for them."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from helpers import hard, tcn
from helpers.families import build
from helpers.tflite import convert_with, most_lsb_apart
from hypothesis import HealthCheck, given, settings
from keras import layers

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization import PostTrained, PostTraining, ToolEffect, post_training, quantize_post_training

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning", "ignore::UserWarning")

_NONE = PostTraining(ranges="max", equalize=False, correct_bias=False)


def _error(content: bytes, model: keras.Model, x: np.ndarray) -> float:
    """The device's, beside the float model."""
    real = np.asarray(model.predict(x, verbose=0), np.float64)
    received = np.asarray(TflmInterpreter(content).predict(x), np.float64)
    return float(np.square(received - real).sum() / np.square(real).sum())


def _effects(result: PostTrained) -> dict[str, ToolEffect]:
    return {effect.tool: effect for effect in result.effects}


def _with_a_loud_channel(factor: float) -> keras.Model:
    """The same function whatever the factor: what one filter gives is scaled, and what reads it undoes that."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 10, 3))
    first, second = layers.Conv2D(6, 3, activation="relu", name="loud"), layers.Conv2D(4, 1, name="undone")
    model = keras.Model(inputs, second(first(inputs)))
    loudness = np.array([1, factor, 1, 1, 1, 1])
    first.set_weights([first.kernel * loudness, np.linspace(-0.2, 0.3, 6) * loudness])
    second.kernel.assign(second.kernel / loudness[:, None])
    return model


def test_a_model_made_hard_on_purpose_is_rescued_and_the_layer_named():
    model, x = _with_a_loud_channel(100.0), tcn.windows((8, 10, 3), count=128)
    unseen = tcn.windows((8, 10, 3), count=64, seed=9)
    assert _error(convert_with(model, x), model, unseen) > 0.05
    result = quantize_post_training(model, x)
    assert _error(result.content, model, unseen) < 1e-3
    effect = _effects(result)["equalize"]
    assert effect.is_kept
    assert "loud by " in effect.detail
    assert effect.error_before > 0.05
    assert effect.error_after < 1e-3
    # Without the tool the others do not help.
    assert _error(quantize_post_training(model, x, PostTraining(equalize=False)).content, model, unseen) > 0.02


def test_outliers_in_the_input_are_cut_off_by_a_percentile():
    """A glitch of a sensor, which tanh cuts off anyway, takes nearly all steps from the signal."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((50, 4))
    x = layers.Conv1D(8, 1, activation="tanh", name="cut")(inputs)
    model = keras.Model(inputs, layers.Conv1D(2, 3)(x))
    x = tcn.windows((50, 4), count=256)
    x[9, 7, 1] = 300.0
    unseen = tcn.windows((50, 4), count=64, seed=9)
    plain = _error(convert_with(model, x), model, unseen)
    result = quantize_post_training(model, x, PostTraining(ranges="percentile"))
    assert _error(result.content, model, unseen) < plain / 20
    effect = _effects(result)["ranges"]
    assert effect.is_kept
    assert effect.detail.startswith("percentile: ")


def test_a_heavy_tail_rounds_with_less_error_by_mse():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((100, 4))
    model = keras.Model(inputs, layers.Conv1D(4, 3, activation="tanh")(inputs))
    generator = np.random.default_rng(0)
    x, unseen = (generator.laplace(size=(count, 100, 4)).astype(np.float32) for count in (256, 64))
    x[0, :4, 0] = 30.0
    result = quantize_post_training(model, x, PostTraining(equalize=False, correct_bias=False))
    assert _effects(result)["ranges"].is_kept
    assert _error(result.content, model, unseen) < 0.8 * _error(convert_with(model, x), model, unseen)


def test_a_rounding_that_leans_to_one_side_is_corrected():
    """Weights that lie a little under the middle between two steps all round down."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16,))
    hidden, top = layers.Dense(12, activation="relu", name="leaning"), layers.Dense(3)
    model = keras.Model(inputs, top(hidden(inputs)))
    kernel = np.full((16, 12), 2.45 / 127) + np.arange(16)[:, None] % 3 / 127
    kernel[0] = 1.0
    hidden.set_weights([kernel, np.full(12, -0.5)])
    x = np.abs(tcn.windows((16,), count=256))
    result = quantize_post_training(model, x, PostTraining(ranges="max", equalize=False))
    effect = _effects(result)["correct_bias"]
    assert effect.is_kept
    assert "leaning" in effect.detail
    unseen = np.abs(tcn.windows((16,), count=64, seed=9))
    assert _error(result.content, model, unseen) < 0.5 * _error(convert_with(model, x), model, unseen)


def test_without_tools_it_is_plain_quantization():
    model, x = tcn.randomize(build("ds_cnn", (16, 8), {"filters": 6, "blocks": [{"filters": 6}]})), None
    x = tcn.windows((16, 8), count=32)
    result = quantize_post_training(model, x, _NONE)
    assert [effect.tool for effect in result.effects] == ["fold_norms"]
    plain = convert_with(model, x)
    np.testing.assert_array_equal(TflmInterpreter(result.content).predict(x), TflmInterpreter(plain).predict(x))


_MODELS = {
    "tcn": ("tcn", (24, 3), {"block_type": "sm", "blocks": [{"filters": 6, "se_ratio": 2, "activation": "relu"}]}),
    "residual-tcn": ("residual_tcn", (24, 3), {"filters": 6, "dilations": [1, 2, 4], "norm": "batch"}),
    "wavenet": ("wavenet", (24, 3), {"filters": 4, "dilations": [1, 2]}),
}


@pytest.mark.parametrize("ranges", ["mse", "percentile"])
@pytest.mark.parametrize("case", _MODELS)
def test_what_was_calibrated_on_is_never_worse_than_by_plain_quantization(case, ranges):
    model, x = tcn.randomize(build(*_MODELS[case])), tcn.windows((24, 3), count=64)
    result = quantize_post_training(model, x, PostTraining(ranges=ranges))
    assert _error(result.content, model, x) <= 1.01 * _error(convert_with(model, x), model, x)
    assert [effect.tool for effect in result.effects if effect.tool != "fold_norms"] == [
        *("equalize", "ranges", "correct_bias")
    ]
    for effect in result.effects[1:]:
        assert effect.is_kept == (effect.error_after < effect.error_before)
        assert effect.detail


def test_the_file_is_what_the_study_says():
    model, x = _with_a_loud_channel(100.0), tcn.windows((8, 10, 3), count=64)
    result = quantize_post_training(model, x)
    study, effects = result.study, _effects(result)
    assert effects["equalize"].is_kept
    assert effects["correct_bias"].is_kept
    received, step = TflmInterpreter(result.content).predict(x), study.layer.graph.outputs[0].quantization.scale[0]
    # To the integer where the study computes as the device, to some steps where it rounds real values.
    np.testing.assert_allclose(study.layer(x, training=False), received, atol=1.01 * step)
    np.testing.assert_allclose(study.outputs([x], study.rounding())[0], received, atol=4.01 * step)
    # Unrounded it is the model that was given, whatever the tools did to weights and biases.
    np.testing.assert_allclose(
        study.outputs([x], study.rounding(()))[0], model.predict(x, verbose=0), rtol=1e-4, atol=1e-4
    )
    assert most_lsb_apart(result.content, x) <= 1


def test_the_same_samples_give_the_same_file():
    model, x = tcn.randomize(build(*_MODELS["tcn"])), tcn.windows((24, 3), count=32)
    assert quantize_post_training(model, x).content == quantize_post_training(model, x).content


def test_a_tool_that_makes_it_worse_is_undone(monkeypatch):
    def spoil(study, samples):
        study.set_ends(study.layer.ends("float64").numpy() * 0.1)
        return ()

    monkeypatch.setattr(post_training, "equalize", spoil)
    model, x = tcn.randomize(build(*_MODELS["tcn"])), tcn.windows((24, 3), count=32)
    spoiled = quantize_post_training(model, x)
    effect = _effects(spoiled)["equalize"]
    assert not effect.is_kept
    assert effect.error_after > 10 * effect.error_before
    assert spoiled.content == quantize_post_training(model, x, PostTraining(equalize=False)).content


def test_a_tool_that_only_helps_one_half_is_undone_on_all(monkeypatch):
    """Tools that pass the trial and then harm: the file is that without tools."""

    def spoil_all(study, samples):
        if len(samples[0]) == 32:
            study.set_ends(study.layer.ends("float64").numpy() * 0.1)
        return real(study, samples)

    real = post_training.correct_biases
    monkeypatch.setattr(post_training, "correct_biases", spoil_all)
    model, x = tcn.randomize(build(*_MODELS["residual-tcn"])), tcn.windows((24, 3), count=32)
    result = quantize_post_training(model, x, PostTraining(ranges="max", equalize=False))
    assert not _effects(result)["correct_bias"].is_kept
    assert not result.study.shifts
    assert result.content == quantize_post_training(model, x, _NONE).content


def test_it_tells_which_batch_normalizations_are_folded():
    inputs = keras.Input((8, 10, 3))
    x = layers.BatchNormalization(name="folded")(layers.Conv2D(4, 3, name="first")(inputs))
    x = layers.BatchNormalization(name="alone")(layers.ReLU()(x))
    model = tcn.randomize(keras.Model(inputs, layers.Add()([x, layers.Conv2D(4, 1)(x)])))
    effect = _effects(quantize_post_training(model, tcn.windows((8, 10, 3), count=8), _NONE))["fold_norms"]
    assert effect.is_kept
    assert effect.error_before == effect.error_after > 0
    assert effect.detail.startswith("1 of 2 batch normalizations")
    assert "alone" in effect.detail


def test_several_inputs_and_outputs_in_float():
    one, two = keras.Input((8, 2), name="wrist"), keras.Input((8, 3), name="ankle")
    x = layers.Conv1D(6, 3, activation="relu")(layers.Concatenate()([one, two]))
    model = tcn.randomize(
        keras.Model([one, two], [layers.Conv1D(4, 3, name="steps")(x), layers.Conv1D(1, 1, name="effort")(x)])
    )
    samples = [tcn.windows((8, 2), count=32, seed=3), tcn.windows((8, 3), count=32, seed=4)]
    result = quantize_post_training(model, samples, io="float32")
    graph = load_graph(result.content)
    assert (graph.input_names, graph.output_names) == (("wrist", "ankle"), ("steps", "effort"))
    assert {tensor.dtype for tensor in (*graph.inputs, *graph.outputs)} == {"float32"}
    received = TflmInterpreter(result.content).predict(dict(zip(graph.input_names, samples, strict=True)))
    expected = model.predict(samples, verbose=0)
    errors = [np.square(a - b).sum() / np.square(b).sum() for a, b in zip(received, expected, strict=True)]
    assert max(errors) < 0.01
    assert 0 < result.effects[-1].error_after < 0.01


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(params=tcn.params(activations=tcn.EXPORTABLE, fewest_filters=2), shape=tcn.input_shapes)
def test_any_tcn_runs_on_the_device(params, shape):
    model, x = tcn.randomize(tcn.build(params, shape)), tcn.windows(shape, count=24)
    assert most_lsb_apart(quantize_post_training(model, x).content, x) <= 1


@pytest.mark.parametrize("cell", ["lstm", "simple"])
def test_recurrent_layers_go_through_and_are_not_harmed(cell):
    model, x = tcn.randomize(build("rnn", (8, 3), {"cell": cell})), tcn.windows((8, 3), count=48)
    result = quantize_post_training(model, x)
    assert _error(result.content, model, x) <= 1.01 * _error(convert_with(model, x), model, x)


def test_an_operator_that_is_not_known_is_named():
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, layers.Conv2DTranspose(2, 3, name="wide")(inputs))
    with pytest.raises(InputError, match="TRANSPOSE_CONV"):
        quantize_post_training(model, tcn.windows((4, 4, 2)))


def test_samples_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"^calibration: "):
        quantize_post_training(build("linear", (8, 3)), tcn.windows((9, 3)))


def test_the_layer_that_costs_most_gets_16_bits_where_that_is_worth_it():
    model, x = hard.loud_channel(), tcn.windows(hard.SHAPE, count=64)
    unseen = tcn.windows(hard.SHAPE, count=64, seed=9)
    plain = quantize_post_training(model, x, _NONE)
    wide = quantize_post_training(model, x, replace(_NONE, int16_layers=2))
    assert _effects(wide)["int16_layers"].is_kept
    assert _effects(wide)["int16_layers"].detail == "int16 for middle", "one is enough"
    assert _error(wide.content, model, unseen) < _error(plain.content, model, unseen) / 20
    assert most_lsb_apart(wide.content, unseen) <= 1


def test_where_no_layer_stands_out_none_gets_16_bits():
    model = tcn.randomize(build("ds_cnn", (16, 8), {"filters": 6, "kernel": [5, 4]}))
    easy = quantize_post_training(model, tcn.windows((16, 8), count=64), replace(_NONE, int16_layers=2))
    assert not _effects(easy)["int16_layers"].is_kept
    assert "int16" not in {tensor.dtype for tensor in load_graph(easy.content).tensors}
