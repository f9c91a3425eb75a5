"""The one figure by which each task is judged, for a float model and for its int8 form alike. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.suggestions import unknown_name

__all__ = [
    "METRICS",
    "Metric",
    "accuracy",
    "area_under_roc",
    "bits_per_token",
    "confusion_matrix",
    "cross_entropy",
    "macro_f1",
    "mean_squared_error",
    "metric_of",
    "perplexity",
]


@dataclass(frozen=True)
class Metric:
    """A task's metric.

    Attributes:
        name: Its name in reports.
        title: What it means, for a person.
        higher_is_better: Whether a larger figure is a better one.
        function: `(targets, outputs, inputs) -> float`; outputs as the model gives them, inputs as it gets them.
    """

    name: str
    title: str
    higher_is_better: bool
    function: Callable[[np.ndarray, np.ndarray, np.ndarray], float]

    def drop(self, reference: float, figure: float) -> float:
        """How much worse `figure` is than `reference`: absolute for scores, relative to the reference for errors."""
        if self.higher_is_better:
            return reference - figure
        return (figure - reference) / max(reference, float(np.finfo(np.float32).tiny))


def accuracy(targets: np.ndarray, outputs: np.ndarray) -> float:
    """Share of right answers; `outputs` (..., classes), `targets` (...).

    Raises:
        ValueError: The shapes do not fit; NumPy would broadcast some of them to a wrong figure.
    """
    _check_shape(targets, outputs.shape[:-1])
    return float((outputs.argmax(axis=-1) == targets).mean())


def confusion_matrix(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """How often each true class (row) was given each answer (column); `outputs` (..., classes), `targets` (...).

    Returns:
        Counts, (classes, classes).

    Raises:
        ValueError: The shapes do not fit.
    """
    _check_shape(targets, outputs.shape[:-1])
    counts = np.zeros((outputs.shape[-1],) * 2, np.int64)
    np.add.at(counts, (targets.ravel(), outputs.argmax(axis=-1).ravel()), 1)
    return counts


def macro_f1(targets: np.ndarray, outputs: np.ndarray) -> float:
    """Mean over the classes that occur of the F1 score; `outputs` (..., classes), `targets` (...).

    A class occurs where it is a target or was predicted, as scikit-learn's `f1_score(average="macro")` counts.

    Raises:
        ValueError: The shapes do not fit.
    """
    _check_shape(targets, outputs.shape[:-1])
    predicted, targets = outputs.argmax(axis=-1).ravel(), targets.ravel()
    scores = []
    for label in np.union1d(targets, predicted):
        hits = np.sum((predicted == label) & (targets == label))
        scores.append(2 * hits / (np.sum(predicted == label) + np.sum(targets == label)))
    return float(np.mean(scores))


def cross_entropy(targets: np.ndarray, outputs: np.ndarray) -> float:
    """Mean of -ln p of the right class; `outputs` (..., classes) logits or probabilities, `targets` (...).

    Outputs that are all in [0, 1] are taken as probabilities, and no probability as less than 1e-7, as Keras does: the
    int8 form of a softmax has nothing between 0 and 1/256.

    Raises:
        ValueError: The shapes do not fit.
    """
    _check_shape(targets, outputs.shape[:-1])
    values = outputs.astype(np.float64)
    if values.min() >= 0 and values.max() <= 1:
        log_p = np.log(np.clip(values, _LEAST_PROBABILITY, 1))
    else:
        shifted = values - values.max(axis=-1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-np.take_along_axis(log_p, targets[..., None], axis=-1).mean())


def bits_per_token(targets: np.ndarray, outputs: np.ndarray) -> float:
    """The cross entropy in bits: the bits per character of a model of characters. See `cross_entropy`."""
    return cross_entropy(targets, outputs) / math.log(2)


def perplexity(targets: np.ndarray, outputs: np.ndarray) -> float:
    """The number e to the power of the cross entropy, by which models of words are judged. See `cross_entropy`."""
    return math.exp(cross_entropy(targets, outputs))


def mean_squared_error(targets: np.ndarray, outputs: np.ndarray) -> float:
    """Mean of the squared differences; both of one shape, but for axes of length 1.

    Raises:
        ValueError: The shapes do not fit.
    """
    _check_shape(np.squeeze(targets), np.squeeze(outputs).shape)
    return float(np.mean(np.square(outputs.reshape(targets.shape).astype(np.float64) - targets)))


def area_under_roc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Probability that a positive case scores higher than a negative one, ties counted half.

    The rank form of Mann and Whitney (1947), https://doi.org/10.1214/aoms/1177730491; 0.5 where a kind is missing.
    """
    positive, negative = scores[targets == 1], scores[targets == 0]
    if not len(positive) or not len(negative):
        return 0.5
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).mean() / (2 * len(negative)))


def _check_shape(targets: np.ndarray, shape: tuple[int, ...]) -> None:
    if targets.shape != shape:
        raise ValueError(f"targets of shape {targets.shape} where {shape} are needed")


def _reconstruction_auc(targets: np.ndarray, outputs: np.ndarray, inputs: np.ndarray) -> float:
    """Area under the curve of the reconstruction error of each window; `targets` 1 for an anomaly."""
    _check_shape(targets, inputs.shape[:1])
    errors = np.square(outputs.reshape(inputs.shape) - inputs).reshape(len(inputs), -1).mean(axis=1)
    return area_under_roc(targets, errors)


_LEAST_PROBABILITY = 1e-7

_MSE = Metric("mse", "mean squared error", False, lambda y, out, _: mean_squared_error(y, out))

METRICS: dict[str, Metric] = {
    "classification": Metric("accuracy", "share of windows classified right", True, lambda y, out, _: accuracy(y, out)),
    "segmentation": Metric("macro_f1", "F1 score, mean over the classes", True, lambda y, out, _: macro_f1(y, out)),
    "regression": _MSE,
    "denoising": _MSE,
    "forecasting": _MSE,
    "anomaly": Metric("auc", "area under the ROC curve of the reconstruction error", True, _reconstruction_auc),
    "language": Metric(
        "bits_per_token",
        "cross entropy in bits per character or word; 2 to its power is the perplexity",
        False,
        lambda y, out, _: bits_per_token(y, out),
    ),
}


def metric_of(task: str) -> Metric:
    """The metric of a task.

    Raises:
        InputError: There is no such task.
    """
    if task not in METRICS:
        raise InputError(unknown_name("task", task, METRICS))
    return METRICS[task]
