"""WaveNet as it is built, against formulas; saved, converted, and run on the device."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import families
from helpers.tcn import randomize, windows
from helpers.tflite import convert_with, kinds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.models import WaveNetParams

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")
SWEEP = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

PARAMS = st.fixed_dictionaries(
    {"variant": st.sampled_from(["full", "simplified"]), "filters": st.integers(1, 6)},
    optional={
        "skip_filters": st.integers(1, 6),
        "kernel_size": st.integers(1, 4),
        "input_kernel": st.integers(1, 4),
        "dilations": st.lists(st.integers(1, 5), min_size=1, max_size=3),
        "stacks": st.integers(1, 2),
        "padding": st.sampled_from(["causal", "same"]),
        "norm": st.sampled_from([None, "batch"]),
        "dropout": st.sampled_from([0.0, 0.3]),
        "head": st.sampled_from(["per_step", "last", "pooled"]),
        "include_top": st.booleans(),
        "use_logits": st.booleans(),
    },
)
ACTIVATIONS = st.sampled_from(["relu", "relu6", "tanh", "sigmoid", "leaky_relu"])


@SWEEP
@given(params=PARAMS, activation=ACTIVATIONS, time=st.integers(1, 24), channels=st.integers(1, 3))
def test_whatever_the_schema_accepts_reloads_and_runs_on_the_device(
    tmp_path_factory, params, activation, time, channels
):
    declared = WaveNetParams(**params, activation=activation)
    model = randomize(families.build("wavenet", (time, channels), declared))
    hidden = declared.filters if declared.variant == "simplified" else declared.head_filters
    width = 3 if declared.include_top else hidden
    assert model.output_shape == (None, *([time] if declared.head == "per_step" else []), width)
    families.check_reloads(model, tmp_path_factory.mktemp("model"))
    families.check_runs_on_the_device(model)


@SWEEP
@given(params=PARAMS)
def test_an_impulse_reaches_what_the_params_say(params):
    declared = WaveNetParams(**{**params, "head": "per_step", "activation": "tanh", "use_logits": True})
    field = declared.receptive_field
    back, ahead = _reach(randomize(families.build("wavenet", (2 * field + 1, 2), declared)))
    assert back + 1 + ahead == field
    if declared.is_causal:
        assert ahead == 0


def _reach(model: keras.Model) -> tuple[int, int]:
    """Steps that the middle step sees back and ahead: those that its derivative is not zero for."""
    import tensorflow as tf

    time, channels = model.input_shape[1:]
    x = tf.constant(0.1 * windows((time, channels), count=4))
    weights = np.random.default_rng(2).uniform(0.5, 1.5, model.output_shape[-1]).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = tf.reduce_sum(model(x, training=False)[:, time // 2] * weights)
    seen = np.flatnonzero(np.abs(tape.gradient(output, x).numpy()).sum(axis=(0, 2)))
    return time // 2 - seen[0], seen[-1] - time // 2


def test_the_simplified_one_is_the_textbooks_stack():
    """Keras's own causal Conv1D, as the book builds it, with the same weights."""
    layers = [keras.layers.Conv1D(20, 2, padding="causal", activation="relu", dilation_rate=d) for d in (1, 2, 4, 8)]
    layers += [keras.layers.Conv1D(20, 2, padding="causal", activation="relu", dilation_rate=d) for d in (1, 2, 4, 8)]
    book = keras.Sequential([keras.Input((50, 1)), *layers, keras.layers.Conv1D(10, 1)])
    model = families.build("wavenet", (50, 1), {"variant": "simplified"}, 10)
    # 60 and seven times 820 in the stack, 210 in the top.
    assert model.count_params() == book.count_params() == 60 + 7 * 820 + 210
    randomize(book)
    model.set_weights(
        [weight.reshape(like.shape) for weight, like in zip(book.get_weights(), model.weights, strict=True)]
    )
    x = windows((50, 1))
    np.testing.assert_allclose(model.predict(x, verbose=0), book.predict(x, verbose=0), atol=1e-5)


def test_the_full_one_is_the_papers_formula():
    """Gated units with a skip convolution each, computed one by one with numpy."""
    params = {"filters": 3, "skip_filters": 4, "dilations": [1, 2], "stacks": 2, "kernel_size": 2, "input_kernel": 3}
    model = randomize(families.build("wavenet", (12, 2), params))
    weights = {layer.name.removeprefix("wavenet."): layer.get_weights() for layer in model.layers if layer.weights}
    x = windows((12, 2))

    def convolve(x: np.ndarray, name: str, dilation: int = 1) -> np.ndarray:
        kernel, bias = weights[name]
        taps = len(kernel[0])
        past = np.pad(x, ((0, 0), ((taps - 1) * dilation, 0), (0, 0)))
        return bias + sum(past[:, tap * dilation :][:, : x.shape[1]] @ kernel[0, tap] for tap in range(taps))

    hidden, skips = convolve(x, "IN"), weights["SKIP"][1]
    for index, dilation in enumerate((1, 2, 1, 2)):
        unit = f"B{index + 1}"
        gate = 1 / (1 + np.exp(-convolve(hidden, f"{unit}.GATE", dilation)))
        output = np.tanh(convolve(hidden, f"{unit}.FILTER", dilation)) * gate
        skips = skips + output @ weights["SKIP"][0][0, 0, 3 * index : 3 * index + 3]
        if f"{unit}.RES" in weights:
            hidden = hidden + convolve(output, f"{unit}.RES")
    expected = convolve(np.maximum(convolve(np.maximum(skips, 0), "HEAD"), 0), "TOP")
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-4)
    # First 21; units 2 * 21 + 12, the last without its 12; skips 52, head 20, top 15.
    assert model.count_params() == 21 + 4 * (2 * 21 + 12) - 12 + 52 + 20 + 15


@pytest.mark.parametrize("variant", ["full", "simplified"])
def test_the_heads_agree(variant):
    params = {"variant": variant, "filters": 4, "dilations": [1, 2]}
    per_step, last, pooled = (
        families.build("wavenet", (16, 2), {**params, "head": head}) for head in ("per_step", "last", "pooled")
    )
    randomize(per_step)
    last.set_weights(per_step.get_weights())
    pooled.set_weights(per_step.get_weights())
    x = windows((16, 2))
    expected = per_step.predict(x, verbose=0)
    np.testing.assert_allclose(last.predict(x, verbose=0), expected[:, -1], atol=1e-5)
    np.testing.assert_allclose(pooled.predict(x, verbose=0), expected.mean(axis=1), atol=1e-5)


def test_a_gate_is_two_convolutions_of_one_tensor_and_stays_near_the_float_model():
    model = families.build("wavenet", (50, 1), {"head": "last"}, 10)
    x = windows((50, 1), count=64)
    content = convert_with(model, x)
    found = kinds(content)
    # First, 2 of each unit, 7 residual, skip, head, top.
    assert (found.count("CONV_2D"), found.count("TANH"), found.count("LOGISTIC")) == (1 + 16 + 7 + 3, 8, 8)
    assert "SPLIT" not in found
    expected, received = model.predict(x, verbose=0), TflmInterpreter(content).predict(x)
    assert np.sqrt(((received - expected) ** 2).mean()) < 0.03 * np.abs(expected).max()


def test_an_open_time_axis_works():
    model = families.build("wavenet", (None, 2), {"filters": 4})
    assert model.output_shape == (None, None, 3)
    assert model.predict(windows((17, 2)), verbose=0).shape == (8, 17, 3)


@pytest.mark.parametrize("shape", [(4,), (2, 3, 4)])
def test_an_input_of_another_rank_is_refused(shape):
    with pytest.raises(InputError, match=r"wavenet takes \(time, channels\), received"):
        families.build("wavenet", shape)


@pytest.mark.parametrize("num_classes", [None, 0, 2.5])
def test_a_top_needs_classes(num_classes):
    with pytest.raises(InputError, match=r"^num_classes: .* received"):
        families.build("wavenet", (8, 1), num_classes=num_classes)
