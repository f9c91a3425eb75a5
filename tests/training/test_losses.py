"""The losses by hand."""

import keras
import numpy as np
import pytest
from helpers import small

from neuralspot_edge.training.losses import ClassDistillation, NumberDistillation, distillation_loss_of, loss_of

# At temperature 2 the teacher says 3/4 and 1/4; the student says 1/2 and 1/2 at any.
LABEL, TAUGHT, LEARNED = 1.0, [2 * np.log(3), 0.0], [0.0, 0.0]
CROSS_ENTROPY = np.log(2)
DIVERGENCE = 0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)


def _targets(*rows):
    return np.array(rows, np.float32)


def test_two_classes_by_hand():
    loss = ClassDistillation(2.0, 0.25, from_logits=True)
    expected = 0.75 * CROSS_ENTROPY + 0.25 * 2**2 * DIVERGENCE
    assert expected == pytest.approx(0.650673, abs=1e-6)
    assert float(loss(_targets([LABEL, *TAUGHT]), _targets(LEARNED))) == pytest.approx(expected, rel=1e-6)


def test_probabilities_are_softened_as_the_logits_that_they_come_from():
    logits = np.random.default_rng(0).normal(0, 3, (5, 4)).astype(np.float32)
    probabilities = keras.ops.softmax(logits)
    targets = np.concatenate([np.arange(5.0)[:, None] % 4, logits[::-1]], axis=-1)
    for temperature in (0.5, 1.0, 4.0):
        one = ClassDistillation(temperature, 0.5, from_logits=True)(targets, logits)
        other = ClassDistillation(temperature, 0.5, from_logits=False)(targets, probabilities)
        assert float(one) == pytest.approx(float(other), rel=1e-5)


def test_without_a_share_the_teacher_says_nothing():
    logits = np.random.default_rng(0).normal(0, 3, (6, 3)).astype(np.float32)
    labels = np.arange(6) % 3
    targets = np.concatenate([labels[:, None], logits[::-1]], axis=-1)
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)
    assert float(ClassDistillation(3.0, 0.0, from_logits=True)(targets, logits)) == pytest.approx(float(plain))


def test_at_a_high_temperature_logits_are_matched():
    """Hinton et al. 2015, equation 4: of logits without a mean the gradient becomes their difference by the classes."""
    taught, learned = np.array([[2.0, -1.0, -1.0]]), np.array([[0.5, 0.5, -1.0]])
    targets = np.concatenate([[[0.0]], taught], axis=-1)
    loss = ClassDistillation(100.0, 1.0, from_logits=True)

    def at(logits):
        return float(loss(targets.astype(np.float64), logits))

    step = 0.05
    for index in range(3):
        shift = step * np.eye(3)[index][None]
        slope = (at(learned + shift) - at(learned - shift)) / (2 * step)
        assert slope == pytest.approx((learned - taught)[0, index] / 3, abs=0.02)


def test_every_step_counts_and_windows_have_their_weight():
    loss = ClassDistillation(2.0, 0.25, from_logits=True)
    alone = 0.75 * CROSS_ENTROPY + 0.25 * 2**2 * DIVERGENCE
    # Of the second window the student says what the teacher says: only the label is left.
    same = 0.75 * np.log(4 / 3)
    targets = _targets([LABEL, *TAUGHT], [0.0, np.log(3), 0.0])
    learned = _targets(LEARNED, [np.log(3), 0.0])
    assert float(loss(targets, learned)) == pytest.approx((alone + same) / 2, rel=1e-6)
    assert float(loss(targets, learned, np.array([2.0, 0.5]))) == pytest.approx((2 * alone + same / 2) / 2, rel=1e-6)
    assert float(loss(targets[None], learned[None])) == pytest.approx((alone + same) / 2, rel=1e-6)
    steps = loss(targets[None], learned[None], np.array([[2.0, 0.5]]))
    assert float(steps) == pytest.approx((2 * alone + same / 2) / 2, rel=1e-6)


def test_numbers_by_hand():
    loss = NumberDistillation(0.25)
    # Of two outputs the targets are 3 and 1, the teacher says 2 and 1, the student 1 and 1.
    assert float(loss(_targets([3, 1, 2, 1]), _targets([1, 1]))) == pytest.approx(0.75 * 4 / 2 + 0.25 * 1 / 2)
    steps = loss(_targets([3, 1, 2, 1], [0, 0, 0, 0])[None], _targets([1, 1], [0, 0])[None])
    assert float(steps) == pytest.approx((0.75 * 4 / 2 + 0.25 * 1 / 2) / 2)


def test_the_recipe_says_which_loss_with_which_settings():
    numbers = {"task": "denoising", "classes": None, "model": {"family": "tcn", "params": {"blocks": []}}}
    teaching = {"training": {"teacher": "tcn-tiny", "distillation": {"weight": 0.25}}}
    assert isinstance(loss_of(small.recipe()), keras.losses.SparseCategoricalCrossentropy)
    assert isinstance(loss_of(small.recipe(**numbers)), keras.losses.MeanSquaredError)
    targets, learned = _targets([LABEL, *TAUGHT]), _targets(LEARNED)
    assert isinstance(distillation_loss_of(small.recipe(**numbers, **teaching)), NumberDistillation)
    # A temperature of 2 where none is given.
    expected = ClassDistillation(2.0, 0.25, from_logits=True)(targets, learned)
    assert distillation_loss_of(small.recipe(**teaching))(targets, learned) == expected
    warmer = small.recipe(**teaching).override({"training.distillation.temperature": 5.0})
    expected = ClassDistillation(5.0, 0.25, from_logits=True)(targets, learned)
    assert distillation_loss_of(warmer)(targets, learned) == expected
