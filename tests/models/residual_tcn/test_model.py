"""The residual TCN as a recipe builds it: saved, converted, run on the device, its reach measured."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest
from helpers import residual_tcn, tcn
from helpers.tflite import convert_with, error_of, kinds, most_lsb_apart
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.models import ResidualTcnParams, get_family
from neuralspot_edge.models.params import ParamsWarning
from neuralspot_edge.training import load_model, save_model

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")


SMALL: dict[str, Any] = {"filters": 8, "dilations": [1, 2, 4]}


def _sweep(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@_sweep(25)
@given(params=residual_tcn.params(), shape=residual_tcn.input_shapes)
@example(params={**SMALL, "activation": "mish", "padding": "same", "compute": "all"}, shape=(1, 1))
def test_whatever_the_schema_accepts_builds_saves_and_reloads(tmp_path_factory, params, shape):
    model = tcn.randomize(residual_tcn.build(params, shape))
    x = tcn.windows(shape, count=2)
    expected = model.predict(x, verbose=0)
    assert expected.shape[1:] == ((shape[0], 3) if params.get("head") == "per_step" else (3,))
    path = save_model(model, tmp_path_factory.mktemp("model") / "model.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ParamsWarning)
        reloaded = load_model(path)
    np.testing.assert_array_equal(reloaded.predict(x, verbose=0), expected)


@_sweep(15)
@given(params=residual_tcn.params(activations=residual_tcn.EXPORTABLE), shape=residual_tcn.input_shapes)
def test_any_of_them_runs_on_the_device_as_on_the_desktop(params, shape):
    model = tcn.randomize(residual_tcn.build(params, shape))
    x = tcn.windows(shape, count=16)
    content = convert_with(model, x)
    assert not {"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "CUSTOM"} & set(kinds(content))
    assert most_lsb_apart(content, x) <= 1


@_sweep(25)
@given(
    params=residual_tcn.params(activations=("linear", "tanh", "sigmoid"), fewest_filters=3),
    head=st.sampled_from(["per_step", "last", "middle"]),
)
def test_an_impulse_reaches_what_the_params_say(params, head):
    """The prediction is differentiated by every step of the input: its reach is measured."""
    import tensorflow as tf

    given_params = {**params, "head": head, "go_backwards": False, "output_activation": None, "use_logits": True}
    declared = ResidualTcnParams(**given_params)
    field = declared.receptive_field
    shape = (2 * field + 1, 3)
    model = tcn.randomize(residual_tcn.build(declared, shape))
    x = tf.constant(tcn.windows(shape, count=4))
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = model(x, training=False)
        step = shape[0] - 1 if head == "last" else shape[0] // 2
        seen_output = tf.reduce_sum((output[:, step] if head == "per_step" else output) * [1.0, 0.7, 1.3])
    seen = np.flatnonzero(np.abs(tape.gradient(seen_output, x).numpy()).sum(axis=(0, 2)))
    if declared.padding == "causal" or head != "last":
        assert seen[-1] - seen[0] + 1 == field
    assert declared.is_causal == (declared.padding == "causal" or field == 1)
    if declared.is_causal:
        assert (seen[0], seen[-1]) == (step - field + 1, step)


@pytest.mark.parametrize("norm", residual_tcn.NORMS)
@pytest.mark.parametrize("compute", ["last_only", "all"])
def test_int8_is_close_to_the_float_model(norm, compute):
    model = tcn.randomize(residual_tcn.build({**SMALL, "norm": norm, "compute": compute}, (64, 3)))
    x = tcn.windows((64, 3), count=32)
    assert error_of(convert_with(model, x), model, x) < 0.1


def test_layers_of_the_exported_file_are_named_after_what_they_are():
    model = tcn.randomize(residual_tcn.build({**SMALL, "norm": "batch", "head": "per_step", "name": "mine"}, (40, 3)))
    names = {operator.outputs[0].name for operator in load_graph(convert_with(model, tcn.windows((40, 3)))).operators}
    assert {"mine.TCN.B1.ACT1", "mine.TCN.B3.ACT2", "mine.TCN.B2.ACT3", "mine.TCN.B1.SKIP", "mine.TOP"} <= names


def test_causal_and_only_the_last_step_needs_no_padding_where_the_window_is_long_enough():
    field = ResidualTcnParams(**SMALL).receptive_field
    model = residual_tcn.build(SMALL, (field, 3))
    assert "PAD" not in kinds(convert_with(tcn.randomize(model), tcn.windows((field, 3))))


def test_an_activation_that_does_not_run_is_refused_by_layer_and_field():
    model = residual_tcn.build({**SMALL, "activation": "gelu"}, (40, 3))
    with pytest.raises(ConversionError, match=r"^layer 'residual_tcn\.TCN', field activation: 'gelu' does not run"):
        convert_with(model, tcn.windows((40, 3)))


@pytest.mark.parametrize("padding", ["causal", "same"])
def test_a_head_is_what_the_steps_are_reduced_to(padding):
    heads = ("per_step", "last", "middle", "pooled")
    models = {head: residual_tcn.build({**SMALL, "padding": padding, "head": head}, (40, 3)) for head in heads}
    weights = tcn.randomize(models["per_step"]).get_weights()
    x = tcn.windows((40, 3))
    steps = models["per_step"].predict(x, verbose=0)
    for head, expected in (("last", steps[:, -1]), ("middle", steps[:, 20]), ("pooled", steps.mean(axis=1))):
        models[head].set_weights(weights)
        np.testing.assert_allclose(models[head].predict(x, verbose=0), expected, atol=1e-5)


def test_without_a_top_the_filters_come_out():
    model = get_family("residual_tcn").build(keras.Input((40, 3)), {**SMALL, "include_top": False}, None)
    assert model.output.shape == (None, 8)


def test_a_window_of_unknown_length_predicts_for_any():
    model = residual_tcn.build({**SMALL, "head": "per_step"}, (None, 3))
    assert model.predict(tcn.windows((17, 3)), verbose=0).shape == (8, 17, 3)


@pytest.mark.parametrize("num_classes", [None, 0, -1, 2.5])
def test_a_top_needs_classes(num_classes):
    with pytest.raises(InputError, match=r"^num_classes: .* received"):
        residual_tcn.build(SMALL, (40, 3), num_classes)


def test_an_image_is_refused():
    with pytest.raises(InputError, match="received"):
        residual_tcn.build(SMALL, (4, 40, 3))
