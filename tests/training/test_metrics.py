import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes.specs import Task
from neuralspot_edge.training import metric_of
from neuralspot_edge.training.metrics import (
    METRICS,
    accuracy,
    area_under_roc,
    bits_per_token,
    confusion_matrix,
    cross_entropy,
    macro_f1,
    mean_squared_error,
    perplexity,
)


def _one_hot(predicted: np.ndarray, classes: int = 4) -> np.ndarray:
    return np.eye(classes)[predicted]


def test_accuracy_by_hand():
    assert accuracy(np.array([0, 1, 2, 2]), _one_hot(np.array([0, 1, 1, 2]))) == 0.75
    steps = np.array([[0, 1], [1, 1]])
    assert accuracy(steps, _one_hot(np.array([[0, 0], [1, 0]]))) == 0.5


def test_macro_f1_by_hand():
    # Class 0: 1 hit of 2 predicted and 1 true: 2/3. Class 1: 1 hit, 1 predicted, 2 true: 2/3. Class 3: never predicted.
    figure = macro_f1(np.array([0, 1, 1, 3]), _one_hot(np.array([0, 0, 1, 1])))
    assert figure == pytest.approx((2 / 3 + 2 / 4 + 0) / 3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_scores_of_classes_are_those_of_scikit_learn(pairs):
    from sklearn import metrics

    targets, predicted = np.array(pairs).T
    assert accuracy(targets, _one_hot(predicted)) == pytest.approx(metrics.accuracy_score(targets, predicted))
    expected = metrics.f1_score(targets, predicted, average="macro", zero_division=0)
    assert macro_f1(targets, _one_hot(predicted)) == pytest.approx(expected)
    counts = metrics.confusion_matrix(targets, predicted, labels=range(4))
    assert np.array_equal(confusion_matrix(targets, _one_hot(predicted)), counts)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=2, max_size=40))
def test_area_under_roc_is_that_of_scikit_learn_with_ties(pairs):
    from sklearn import metrics

    targets, scores = np.array(pairs).T
    if len(set(targets)) == 1:
        assert area_under_roc(targets, scores) == 0.5
    else:
        assert area_under_roc(targets, scores) == pytest.approx(metrics.roc_auc_score(targets, scores))


def test_area_under_roc_by_hand():
    targets = np.array([0, 0, 1, 1])
    assert area_under_roc(targets, np.array([1.0, 2.0, 3.0, 4.0])) == 1
    assert area_under_roc(targets, np.array([4.0, 3.0, 2.0, 1.0])) == 0
    assert area_under_roc(targets, np.array([1.0, 3.0, 2.0, 4.0])) == 0.75
    assert area_under_roc(targets, np.array([1.0, 2.0, 2.0, 2.0])) == 0.75


def test_mean_squared_error_by_hand_and_over_axes_of_length_1():
    assert mean_squared_error(np.array([[1.0], [2.0]]), np.array([2.0, 4.0])) == 2.5
    assert mean_squared_error(np.zeros((2, 3, 1)), np.full((2, 1, 3), 2.0)) == 4


def test_a_fair_die_has_the_entropy_of_its_sides():
    targets, equal = np.arange(8).reshape(2, 4), np.full((2, 4, 8), 3.0)
    assert cross_entropy(targets, equal) == pytest.approx(np.log(8))
    assert bits_per_token(targets, equal) == pytest.approx(3)
    assert perplexity(targets, equal) == pytest.approx(8)
    assert bits_per_token(targets, np.full((2, 4, 8), 0.125)) == pytest.approx(3)


@pytest.mark.parametrize("probabilities", [True, False])
def test_cross_entropy_is_that_of_keras(probabilities):
    import keras

    generator = np.random.default_rng(0)
    outputs, targets = generator.normal(scale=5, size=(6, 7, 5)).astype(np.float32), generator.integers(0, 5, (6, 7))
    if probabilities:
        outputs = np.array(keras.ops.softmax(outputs))
        outputs[0, 0] = [1, 0, 0, 0, 0]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not probabilities)
    assert cross_entropy(targets, outputs) == pytest.approx(float(loss(targets, outputs)), rel=1e-4)


@pytest.mark.parametrize(
    ("function", "targets", "outputs"),
    [
        (cross_entropy, (4, 1), (4, 3)),
        (accuracy, (4, 1), (4, 3)),
        (accuracy, (3, 3), (3, 3)),
        (macro_f1, (2, 3), (3, 2, 4)),
        (mean_squared_error, (2, 3), (3, 2)),
        (mean_squared_error, (2,), (2, 3)),
    ],
)
def test_shapes_that_numpy_would_broadcast_are_refused(function, targets, outputs):
    with pytest.raises(ValueError, match="of shape"):
        function(np.zeros(targets, int), np.zeros(outputs))


def test_every_task_has_a_metric():
    assert set(METRICS) == set(Task.__args__)
    assert metric_of("segmentation").name == "macro_f1"
    with pytest.raises(InputError, match="unknown task 'clasification': did you mean 'classification'"):
        metric_of("clasification")


def test_anomaly_is_judged_by_the_reconstruction_error():
    metric, inputs = metric_of("anomaly"), np.zeros((4, 5, 2))
    outputs = inputs + np.array([0.1, 0.3, 0.2, 0.9])[:, None, None]
    assert metric.function(np.array([0, 1, 0, 1]), outputs, inputs) == 1
    assert metric.function(np.array([1, 0, 0, 1]), outputs, inputs) == 0.5
    with pytest.raises(ValueError, match="of shape"):
        metric.function(np.zeros((4, 5), int), outputs, inputs)


def test_drop_is_absolute_for_scores_and_relative_for_errors():
    assert metric_of("classification").drop(0.9, 0.85) == pytest.approx(0.05)
    assert metric_of("classification").drop(0.9, 0.95) == pytest.approx(-0.05)
    assert metric_of("denoising").drop(0.2, 0.25) == pytest.approx(0.25)
    assert metric_of("regression").drop(0.2, 0.1) == pytest.approx(-0.5)
    assert metric_of("regression").drop(0.0, 0.0) == 0
    assert metric_of("regression").drop(0.0, 0.1) > 1e6
