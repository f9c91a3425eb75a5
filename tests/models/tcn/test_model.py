"""The TCN as it is built: shapes, saving, causality and receptive field by impulse, the field's own usage."""

from __future__ import annotations

import json
import warnings
from typing import Any

import keras
import numpy as np
import pytest
from helpers import tcn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neuralspot_edge as nse
from neuralspot_edge.errors import InputError
from neuralspot_edge.models import TcnBlockParams, TcnModel, TcnParams
from neuralspot_edge.models.params import ParamsWarning
from neuralspot_edge.training import load_model, save_model

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")
SWEEP = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@SWEEP
@given(params=tcn.params(), shape=tcn.input_shapes)
def test_whatever_the_schema_accepts_builds_saves_and_reloads(tmp_path_factory, params, shape):
    model = tcn.randomize(tcn.build(params, shape))
    x = tcn.windows(shape, count=2)
    expected = model.predict(x, verbose=0)
    assert expected.shape[1:] == _expected_shape(TcnParams(**params), shape)
    path = save_model(model, tmp_path_factory.mktemp("model") / "model.keras")
    np.testing.assert_array_equal(load_model(path).predict(x, verbose=0), expected)


def _expected_shape(params: TcnParams, shape: tuple[int, ...]) -> tuple[int, ...]:
    channels = 3 if params.include_top else params.blocks[-1].filters if params.blocks else shape[-1]
    heads = {"per_step": (*shape[:-1], channels), "pooled": (channels,), "last": (*shape[:-2], channels)}
    return heads[params.head]


@SWEEP
@given(params=tcn.params(activations=("linear", "tanh", "sigmoid"), fewest_filters=3), height=st.integers(0, 2))
def test_an_impulse_reaches_what_the_params_say(params, height):
    """The middle step of the output is differentiated by every step of the input: its reach is measured."""
    declared = TcnParams(**{**params, "head": "per_step"})
    field = declared.receptive_field
    if field is None:
        assert declared.sees_whole_window
        assert not declared.is_causal
        return
    shape = (*([height] if height else []), 2 * field + 1, CHANNELS)
    back, ahead = _reach(tcn.build(declared, shape), shape)
    if _first_squeeze_is_left_out(declared):
        assert back + 1 + ahead <= field
    else:
        assert back + 1 + ahead == field
    assert declared.is_causal == (declared.padding == "causal" or field == 1)
    if declared.is_causal:
        assert ahead == 0


CHANNELS = 3


def _reach(model: keras.Model, shape: tuple[int, ...]) -> tuple[int, int]:
    """Steps that the middle step sees back and ahead."""
    import tensorflow as tf

    tcn.randomize(model)
    for weight in model.weights:
        if ".SE.sq" in weight.path and "bias" in weight.path:
            # The squeeze's ReLU6 hides what it sees where it is off: keep it on.
            weight.assign(weight.numpy() + 2)
    time = shape[-2]
    x = tf.constant(tcn.windows(shape, count=4))
    weights = np.random.default_rng(2).uniform(0.5, 1.5, model.output.shape[-1]).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = tf.reduce_sum(model(x, training=False)[..., time // 2, :] * weights)
    seen = np.flatnonzero(np.abs(tape.gradient(output, x).numpy()).reshape(-1, time, CHANNELS).sum(axis=(0, 2)))
    return time // 2 - seen[0], seen[-1] - time // 2


def _first_squeeze_is_left_out(params: TcnParams) -> bool:
    """The one place where the params cannot know: a first mb block that squeezes the input's own channels."""
    first = params.blocks[0] if params.blocks else None
    return bool(first and params.block_type == "mb" and first.ex_ratio == 1 and first.se_ratio > CHANNELS)


USAGE_BLOCK = {"kernel": (1, 3), "dropout": 0.1, "ex_ratio": 1, "norm": "batch"}
USAGE: dict[str, Any] = {
    "input_kernel": (1, 3),
    "input_norm": "batch",
    "output_kernel": (1, 3),
    "include_top": True,
    "use_logits": True,
    "model_name": "tcn",
    "blocks": [
        {"filters": 8, "dilation": (1, 1), "se_ratio": 0, **USAGE_BLOCK},
        {"filters": 16, "dilation": (1, 2), "se_ratio": 0, **USAGE_BLOCK},
        {"filters": 24, "dilation": (1, 4), "se_ratio": 4, **USAGE_BLOCK},
        {"filters": 32, "dilation": (1, 8), "se_ratio": 4, **USAGE_BLOCK},
    ],
}


def _built_by_hand(params: dict[str, Any]) -> TcnParams:
    given = {key: value for key, value in params.items() if key != "blocks"}
    return TcnParams(**given, blocks=[TcnBlockParams(**block) for block in params["blocks"]])


@pytest.mark.parametrize("form", [_built_by_hand, dict, lambda params: json.loads(json.dumps(params))])
def test_the_usage_of_the_field_works_as_written(form):
    model = nse.models.TcnModel.model_from_params(
        inputs=keras.Input(shape=(800, 1), name="inputs"), params=form(USAGE), num_classes=5
    )
    assert model.name == "tcn"
    assert model.output.shape == (None, 800, 5)
    # Counted by hand: encoder 3+4, blocks 3+4+8+32, 24+32+128+64, 48+64+68+80+384+96, 72+96+150+168+768+128, top 485.
    assert model.count_params() == 7 + 47 + 248 + 740 + 1382 + 485


def test_layer_from_params_joins_another_graph():
    inputs = keras.Input((32, 3))
    one = TcnModel.layer_from_params(inputs, {"blocks": [{"filters": 4}], "name": "one"}, 2)
    two = TcnModel.layer_from_params(inputs, {"blocks": [{"filters": 4}], "name": "two"}, 2)
    model = keras.Model(inputs, keras.layers.Add()([one, two]))
    assert {layer.name.partition(".")[0] for layer in model.layers if "." in layer.name} == {"one", "two"}


@pytest.mark.parametrize("num_classes", [None, 0, -1, 2.5])
def test_a_top_needs_classes(num_classes):
    with pytest.raises(InputError, match=r"^num_classes: .* received"):
        TcnModel.model_from_params(keras.Input((32, 1)), {}, num_classes)


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2, 2)])
def test_an_input_of_another_rank_is_refused(shape):
    with pytest.raises(InputError, match="received"):
        TcnModel.model_from_params(keras.Input(shape), {}, 2)


@pytest.mark.parametrize("norm", ["batch", "channel", None])
def test_an_open_time_axis_works_but_for_norm_layer(norm):
    model = tcn.build({"blocks": [{"filters": 4, "norm": norm, "se_ratio": 2}]}, (None, 2))
    assert model.output.shape == (None, None, 3)
    assert model.predict(tcn.windows((17, 2)), verbose=0).shape == (8, 17, 3)


def test_norm_layer_needs_a_length():
    with pytest.raises(InputError, match=r"tcn\.B1\.D1\.DW\.B1 .* fixed length"):
        tcn.build({"blocks": [{"filters": 4, "norm": "layer"}]}, (None, 2))


def test_channel_norm_is_layer_normalization_over_channels():
    from neuralspot_edge.layers import ChannelNormalization

    x = tcn.windows((5, 7))
    np.testing.assert_allclose(ChannelNormalization()(x), keras.layers.LayerNormalization(axis=-1)(x), atol=1e-5)


@pytest.mark.parametrize(("channels", "ratio", "block_type", "squeezed"), [(8, 4, "sm", 2), (8, 4, "lg", 2)])
def test_squeeze_has_channels_over_ratio(channels, ratio, block_type, squeezed):
    model = tcn.build({"block_type": block_type, "blocks": [{"filters": channels, "se_ratio": ratio}]}, (16, 2))
    (squeeze,) = [layer for layer in model.layers if layer.name.endswith(".SE.sq")]
    assert squeeze.filters == squeezed


@pytest.mark.parametrize(("block_type", "ratio"), [("lg", 9), ("mb", 9), ("sm", 5)])
def test_a_squeeze_of_too_few_channels_is_left_out_with_a_warning(block_type, ratio):
    with pytest.warns(ParamsWarning, match=r"tcn\.B1.*no squeeze-and-excite"):
        model = TcnModel.model_from_params(
            keras.Input((16, 8)), {"block_type": block_type, "blocks": [{"filters": 8, "se_ratio": ratio}]}, 2
        )
    assert not [layer for layer in model.layers if ".SE." in layer.name]


def test_sm_without_squeeze_builds():
    assert tcn.build({"block_type": "sm", "blocks": [{"filters": 8}]}, (16, 2))


def test_head_pooled_is_the_mean_of_the_per_step_outputs():
    params = {"blocks": [{"filters": 4}]}
    per_step, pooled, last = (tcn.build({**params, "head": head}, (16, 2)) for head in ("per_step", "pooled", "last"))
    tcn.randomize(per_step)
    pooled.set_weights(per_step.get_weights())
    last.set_weights(per_step.get_weights())
    x = tcn.windows((16, 2))
    expected = per_step.predict(x, verbose=0)
    np.testing.assert_allclose(pooled.predict(x, verbose=0), expected.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(last.predict(x, verbose=0), expected[:, -1], atol=1e-5)


def test_skip_project_adds_where_widths_differ():
    widths = {"blocks": [{"filters": 4}, {"filters": 6}]}
    names = {layer.name for layer in tcn.build({**widths, "skip": "project"}, (16, 2)).layers}
    assert {"tcn.B1.SKIP.CN", "tcn.B2.SKIP.CN", "tcn.B1.ADD", "tcn.B2.ADD"} <= names
    assert not [layer for layer in tcn.build(widths, (16, 2)).layers if layer.name.endswith(".ADD")]


def test_an_int_kernel_is_time_on_a_signal_and_a_square_on_an_image():
    signal = tcn.build({"blocks": [{"filters": 4, "kernel": 3}]}, (16, 2))
    image = tcn.build({"blocks": [{"filters": 4, "kernel": 3}]}, (4, 16, 2))
    assert signal.get_layer("tcn.B1.D1.DW.B1.CN").kernel_size == (1, 3)
    assert image.get_layer("tcn.B1.D1.DW.B1.CN").kernel_size == (3, 3)


def test_building_warns_of_nothing_that_is_meant():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _built_by_hand(USAGE)
