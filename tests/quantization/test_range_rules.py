"""Ranges of activations by each rule, against cases worked out by hand and against all ranges tried one by one."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from keras import layers

from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization import Study
from neuralspot_edge.quantization.range_rules import Magnitudes, chosen_sizes, measure_ends

_BIN = 2 ** (1 / 32)
"""By how much the sizes in a bin differ."""


def _magnitudes(*values: np.ndarray) -> Magnitudes:
    magnitudes = Magnitudes()
    for each in values:
        magnitudes.add(each)
    return magnitudes


def _rounding_error(values: np.ndarray, below: float, above: float) -> float:
    step = (below + above) / 255
    return float(np.square(np.clip(np.rint(values / step) * step, -below, above) - values).sum())


@pytest.mark.parametrize("rule", ["max", "percentile", "mse"])
def test_few_values_are_all_inside(rule):
    magnitudes = _magnitudes(np.array([[-1.0, 0.0], [0.5, 2.0]]), np.array([3.0, -0.25]))
    np.testing.assert_allclose(chosen_sizes(magnitudes, rule), [1.0, 3.0], rtol=_BIN - 1)


@pytest.mark.parametrize("rule", ["max", "percentile", "mse"])
def test_an_end_with_nothing_beyond_it_is_0(rule):
    sizes = chosen_sizes(_magnitudes(np.linspace(0, 6, 1000)), rule)
    assert sizes[0] == 0
    assert 5.8 < sizes[1] <= 6


def test_a_percentile_cuts_a_ten_thousandth_off_and_no_more():
    values = np.concatenate([np.linspace(0.01, 1, 19_998), [-50.0, 70.0, 100.0]])
    below, above = chosen_sizes(_magnitudes(values), "percentile")
    # Two values of 20,001 may be cut off at either end.
    assert below == 0
    assert 1 <= above < _BIN
    one_more = np.append(values, 80.0)
    assert 70 <= chosen_sizes(_magnitudes(one_more), "percentile")[1] < 70 * _BIN


def test_the_least_square_error_is_where_its_derivative_is_0():
    """12 * 255**2 values of 1 and one of 100: the error (100 - h)**2 + h**2 is least at half the largest."""
    magnitudes = _magnitudes(np.ones(12 * 255**2), np.array([100.0]))
    np.testing.assert_allclose(chosen_sizes(magnitudes, "mse"), [0, 50], rtol=_BIN - 1)


_SHARES = np.linspace(0.1, 1, 31)


@pytest.mark.parametrize("seed", range(3))
def test_no_range_rounds_a_heavy_tail_with_less_error_than_mse(seed):
    generator = np.random.default_rng(seed)
    values = np.where(generator.random(40_000) < 0.7, 1, -0.3) * generator.exponential(size=40_000) ** 2
    magnitudes = _magnitudes(values)
    received = _rounding_error(values, *chosen_sizes(magnitudes, "mse"))
    largest = magnitudes.largest
    tried = [_rounding_error(values, *(largest * (low, high))) for low in _SHARES for high in _SHARES]
    assert received < 1.03 * min(tried)
    assert received < 0.97 * _rounding_error(values, *largest)


def test_values_count_the_same_in_one_array_or_in_many():
    values = tcn.windows((50, 4), count=6)
    one, many = _magnitudes(values), _magnitudes(*values)
    assert one.count == many.count
    for name in ("largest", "counts", "sums", "squares"):
        np.testing.assert_allclose(getattr(one, name), getattr(many, name), rtol=1e-12)


def test_tensors_that_share_a_range_are_measured_together():
    inputs = keras.Input((4, 6, 2), name="in")
    one, two = layers.Conv2D(2, 1, activation="relu", name="one")(inputs), layers.Conv2D(2, 1, name="two")(inputs)
    both = layers.Concatenate(name="both")([one, two])
    model = tcn.randomize(keras.Model(inputs, layers.Activation("sigmoid", name="gate")(both)))
    x = tcn.windows((4, 6, 2), count=32)
    study = Study.of(model, x)
    ends = measure_ends(study, [x], "max")
    first, second = (keras.Model(inputs, each)(x).numpy() for each in (one, two))
    named = {tensor.name: study.layer.group_of.get(tensor.index) for tensor in study.layer.graph.tensors}
    np.testing.assert_allclose(ends[named["in"]], [x.min(), x.max()], rtol=1e-6)
    shared = [min(0, second.min()), max(first.max(), second.max())]
    np.testing.assert_allclose(ends[named["both"]], shared, rtol=1e-5)
    # The kernel of a sigmoid knows no range but 0 to 255/256.
    np.testing.assert_allclose(ends[named["gate"]], [0, 255 / 256], rtol=1e-6)


def test_a_hard_sigmoid_keeps_the_range_that_limits_it():
    inputs = keras.Input((4, 6, 2))
    gate = layers.Conv2D(3, 1, activation="hard_sigmoid", name="gate")
    gated = layers.Multiply()([layers.Conv2D(3, 1, name="values")(inputs), gate(inputs)])
    model = keras.Model(inputs, layers.Conv2D(1, 1, name="out")(gated))
    gate.kernel.assign(gate.kernel * 20)
    x = tcn.windows((4, 6, 2), count=16)
    study = Study.of(model, x)
    assert study.gates
    ends = measure_ends(study, [x], "mse")
    for index in study.gates:
        np.testing.assert_allclose(ends[study.layer.group_of[index]], [0, 1], atol=1e-6)


def test_what_is_always_0_keeps_a_range():
    inputs = keras.Input((8,))
    model = keras.Model(inputs, layers.Dense(2)(layers.Dense(3, kernel_initializer="zeros", activation="relu")(inputs)))
    x = tcn.windows((8,), count=16)
    study = Study.of(model, x)
    study.set_ends(measure_ends(study, [x], "max"))
    assert (np.ptp(study.layer.ends(), axis=1) > 0).all()
    assert np.isfinite(TflmInterpreter(study.to_tflite()).predict(x)).all()


def test_a_difference_of_equals_stays_coarse_enough_for_its_kernel():
    """TensorFlow Lite Micro ends the process where a sum is finer than a millionth of what is added."""
    inputs = keras.Input((4, 6, 2))
    one, two = layers.Conv2D(2, 1, name="one"), layers.Conv2D(2, 1, name="two")
    model = keras.Model(inputs, one(inputs) - two(inputs))
    two.kernel.assign(one.kernel * (1 + 1e-6))
    x = tcn.windows((4, 6, 2), count=16)
    study = Study.of(model, x)
    study.set_ends(measure_ends(study, [x], "max"))
    (subtraction,) = (operator for operator in study.layer.graph.operators if operator.kind == "SUB")
    spans = np.ptp(study.layer.ends("float64"), axis=1)
    result, *parts = (study.layer.group_of[t.index] for t in (*subtraction.outputs, *subtraction.inputs))
    assert spans[result] >= spans[parts].max() * 2.0**-16 * (1 - 1e-6)
    assert np.isfinite(TflmInterpreter(study.to_tflite()).predict(x)).all()
