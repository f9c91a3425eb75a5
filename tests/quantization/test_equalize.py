"""Channels are brought to like size, and the model computes what it did."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import residual_tcn, tcn
from helpers.families import build
from hypothesis import HealthCheck, given, settings
from keras import layers

from neuralspot_edge.quantization import Study
from neuralspot_edge.quantization.equalize import equalize

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning", "ignore::UserWarning")

_HOMOGENEOUS = ("relu", "linear", "leaky_relu")


def _check_keeps_its_function(model: keras.Model, x: np.ndarray) -> int:
    """Tells how many groups were changed."""
    study = Study.of(model, x)
    before = study.outputs([x], study.rounding(()))[0]
    changed = equalize(study, [x])
    after = study.outputs([x], study.rounding(()))[0]
    np.testing.assert_allclose(after, before, atol=1e-5 * max(1e-3, np.abs(before).max()), rtol=1e-5)
    return len(changed)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(params=tcn.params(activations=_HOMOGENEOUS, fewest_filters=2), shape=tcn.input_shapes)
def test_any_tcn_computes_what_it_did(params, shape):
    _check_keeps_its_function(tcn.randomize(tcn.build(params, shape)), tcn.windows(shape, count=8))


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(params=residual_tcn.params(_HOMOGENEOUS, fewest_filters=2), shape=residual_tcn.input_shapes)
def test_any_residual_tcn_computes_what_it_did(params, shape):
    _check_keeps_its_function(tcn.randomize(residual_tcn.build(params, shape)), tcn.windows(shape, count=8))


@pytest.mark.parametrize(
    ("family", "shape", "params"),
    [
        ("wavenet", (24, 3), {"filters": 4, "dilations": [1, 2]}),
        ("ds_cnn", (16, 8), {"filters": 6, "kernel": [5, 4], "blocks": [{"filters": 6}]}),
        ("tc_resnet", (16, 4), {"channels": [4, 6]}),
        ("mlp", (8, 3), {"hidden": [6, 4]}),
    ],
)
def test_families_compute_what_they_did_and_have_channels_to_move(family, shape, params):
    model, x = tcn.randomize(build(family, shape, params)), tcn.windows(shape, count=16)
    assert _check_keeps_its_function(model, x) > 0


def _two_units(reader: list[float]) -> Study:
    """Two units that give 4 x and x, for x from 0 to 1, and one that sums them with weights."""
    inputs = keras.Input((1,))
    hidden, top = layers.Dense(2, activation="relu", name="hidden"), layers.Dense(1)
    model = keras.Model(inputs, top(hidden(inputs)))
    hidden.set_weights([np.array([[4.0, 1.0]]), np.array([0.25, 0.5])])
    top.set_weights([np.array(reader)[:, None], np.zeros(1)])
    return Study.of(model, _RAMP)


_RAMP = np.linspace(0, 1, 32, dtype=np.float32)[:, None]


def test_a_factor_is_the_root_of_the_shares_in_activation_and_weights():
    """Units of sizes 4.25 and 1.5 with equal weights: both the smaller one's factor and its weight become the root."""
    study = _two_units([1.0, 1.0])
    (changed,) = equalize(study, [_RAMP])
    ratio = np.sqrt(1.5 / 4.25)
    assert changed.layers == ("hidden",)
    assert changed.factor == pytest.approx(1 / ratio, rel=0.02)
    hidden, top = (operator for operator in study.layer.graph.operators if operator.kind == "FULLY_CONNECTED")
    kernels = [np.asarray(study.layer.operand(operator.inputs[1])).ravel() for operator in (hidden, top)]
    bias = np.asarray(study.layer.operand(hidden.inputs[2]))
    np.testing.assert_allclose(kernels[0][1] / kernels[0][0], 0.25 / ratio, rtol=0.02)
    np.testing.assert_allclose(kernels[1][1] / kernels[1][0], ratio, rtol=0.02)
    np.testing.assert_allclose(bias[1] / bias[0], 2 / ratio, rtol=0.02)


def test_sizes_that_suit_each_other_stay():
    """The smaller unit has the smaller weight already: a factor would only shift the loss from one to the other."""
    assert not equalize(_two_units([4.25, 1.5]), [_RAMP])


def test_a_loud_channel_before_a_depthwise_kernel_becomes_as_loud_as_all():
    """A depthwise kernel has a step for each channel, so that nothing is lost by any factor."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6, 8, 2))
    first, depth = layers.Conv2D(4, 1, activation="relu", name="first"), layers.DepthwiseConv2D(3, activation="tanh")
    model = keras.Model(inputs, layers.Conv2D(1, 1)(depth(first(inputs))))
    first.kernel.assign(first.kernel * [1, 100, 1, 1])
    x = tcn.windows((6, 8, 2), count=32)
    study = Study.of(model, x)
    (changed,) = equalize(study, [x])
    (tensor,) = (t for t in study.layer.graph.tensors if t.name == "first" and not t.is_constant)
    values = study.play([x], study.rounding(())).tensors[tensor.index]
    np.testing.assert_allclose(values.max(axis=(0, 1, 2)), values.max(), rtol=1e-4)
    assert changed.factor > 50
    # The ranges are measured anew.
    np.testing.assert_allclose(study.layer.ends()[study.layer.group_of[tensor.index]], [0, values.max()], rtol=1e-4)


def test_a_channel_that_is_always_0_stays():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    hidden = layers.Dense(3, activation="relu", name="hidden")
    model = keras.Model(inputs, layers.Dense(2)(hidden(inputs)))
    hidden.bias.assign([0.0, -100.0, 0.0])
    x = tcn.windows((4,), count=64)
    study = Study.of(model, x)
    (operator,) = (each for each in study.layer.graph.operators if each.outputs[0].name == "hidden")
    before = np.asarray(study.layer.operand(operator.inputs[1]))[:, 1]
    equalize(study, [x])
    np.testing.assert_array_equal(np.asarray(study.layer.operand(operator.inputs[1]))[:, 1], before)


def test_a_layer_that_is_called_twice_is_left_alone():
    keras.utils.set_random_seed(0)
    inputs, shared = keras.Input((4, 4, 3)), layers.Conv2D(3, 1, activation="relu", name="shared")
    model = tcn.randomize(keras.Model(inputs, layers.Conv2D(2, 1)(shared(shared(inputs)))))
    x = tcn.windows((4, 4, 3), count=16)
    assert not equalize(Study.of(model, x), [x])
