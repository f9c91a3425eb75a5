"""The mean of each channel's sums is that of the float model, on kernels whose rounding is known."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.families import build
from keras import layers

from neuralspot_edge.quantization import Study
from neuralspot_edge.quantization.bias_correction import correct_biases


def _study(kernel: list[float], x: np.ndarray) -> tuple[Study, Any]:
    """A single dense unit, and its bias."""
    inputs = keras.Input((len(kernel),))
    model = keras.Model(inputs, layers.Dense(1, name="unit")(inputs))
    model.layers[1].set_weights([np.array(kernel)[:, None], np.array([2.0])])
    study = Study.of(model, x)
    (operator,) = (each for each in study.layer.graph.operators if each.kind == "FULLY_CONNECTED")
    return study, study.layer.operand(operator.inputs[2])


def test_a_weight_that_rounds_to_nothing_goes_into_the_bias():
    """Beside a weight of 127 one of 0.4 becomes 0, and 0.4 times the mean of its input is missing."""
    x = np.random.default_rng(0).uniform(0, 1, (128, 2)).astype(np.float32)
    x[0], x[1] = 0, 1
    study, bias = _study([127.0, 0.4], x)
    (moved,) = correct_biases(study, [x])
    step = float(np.asarray(study.layer.scales())[-1])
    # The rounding of the input is off by a twentieth of a step of 1/255 in the mean, at most, which 127 multiplies.
    expected = 0.4 * x[:, 1].mean()
    np.testing.assert_allclose(bias.numpy() - 2, [expected], atol=127 / 255 / 20)
    assert moved.layer == "unit"
    assert moved.channel == 0
    assert moved.steps == pytest.approx(abs(float(bias.numpy()[0]) - 2) / step, rel=1e-5)


def test_what_rounds_without_error_stays():
    x = np.tile(np.array([[0.0, 255.0], [255.0, 0.0], [51.0, 102.0]], np.float32), (8, 1))
    study, bias = _study([127.0, 64.0], x)
    correct_biases(study, [x])
    np.testing.assert_allclose(bias.numpy(), [2.0], atol=1e-2)


@pytest.mark.parametrize(
    ("family", "shape", "params"),
    [
        ("residual_tcn", (24, 3), {"filters": 6, "dilations": [1, 2, 4], "norm": "batch"}),
        ("ds_cnn", (16, 8), {"filters": 6, "kernel": [5, 4], "blocks": [{"filters": 6}]}),
    ],
)
def test_all_means_are_those_of_the_float_model_however_deep(family, shape, params):
    model, x = tcn.randomize(build(family, shape, params)), tcn.windows(shape, count=64)
    study = Study.of(model, x)

    def errors() -> list[float]:
        """The largest error of a channel's mean in each layer, beside the spread of its sums."""
        real, rounded = (study.play([x], mask).sums for mask in (study.rounding(()), study.rounding()))
        axes = {index: tuple(range(values.ndim - 1)) for index, values in real.items()}
        return [
            float(np.max(np.abs((rounded[i] - real[i]).mean(axes[i])) / real[i].std(axes[i]).clip(1e-6))) for i in real
        ]

    before, outputs = errors(), study.outputs([x], study.rounding(()))[0]
    moved = correct_biases(study, [x])
    after = errors()
    np.testing.assert_allclose(study.outputs([x], study.rounding(()))[0], outputs, rtol=1e-4, atol=1e-5)
    assert len(moved) == len(before)
    assert max(after) < 0.1 * max(before)
    assert moved == tuple(sorted(moved, key=lambda each: -each.steps))


def test_a_bias_of_two_calls_stays():
    keras.utils.set_random_seed(0)
    inputs, shared = keras.Input((4, 4, 3)), layers.Conv2D(3, 1, activation="relu", name="shared")
    model = tcn.randomize(keras.Model(inputs, shared(shared(inputs))))
    x = tcn.windows((4, 4, 3), count=16)
    study = Study.of(model, x)
    before = study.layer.get_weights()
    assert correct_biases(study, [x]) == ()
    for one, other in zip(before, study.layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
