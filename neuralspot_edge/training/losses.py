"""The loss of each task, and that of a model which learns from a teacher as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes import DistillationSpec
from neuralspot_edge.recipes.consistency import CLASS_TASKS

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["ClassDistillation", "NumberDistillation", "distillation_loss_of", "ends_in_softmax", "loss_of"]

_LEAST_PROBABILITY = 1e-7


class ClassDistillation(keras.losses.Loss):  # type: ignore[misc]
    """Cross entropy with the labels, and divergence from a teacher's softened outputs.

    `(1 - weight) * CE(label, p) + weight * T^2 * KL(q_T, p_T)` with `p_T = softmax(logits / T)`, and `q_T` the same of
    the teacher: Hinton et al. 2015 (https://arxiv.org/abs/1503.02531, section 2). Their cross entropy with the soft
    targets has the same gradient and is larger by the entropy of `q_T`; the divergence is 0 where the student is the
    teacher. `T^2` keeps the share of the gradients as it is when the temperature is another.

    Args:
        temperature: T, above 0.
        weight: Share of the teacher, 0 to 1.
        from_logits: Whether the student ends in logits, otherwise in probabilities.
    """

    def __init__(self, temperature: float, weight: float, *, from_logits: bool) -> None:
        super().__init__(name="class_distillation")
        self._temperature = temperature
        self._weight = weight
        self._from_logits = from_logits

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each window or step; `y_true` (..., 1 + classes) the label, then the teacher's logits."""
        ops, temperature = keras.ops, self._temperature
        labels, of_teacher = ops.cast(y_true[..., 0], "int32"), y_true[..., 1:]
        # The logarithm of a softmax is logits but for a constant, which the next softmax takes away.
        logits = y_pred if self._from_logits else ops.log(ops.clip(y_pred, _LEAST_PROBABILITY, 1))
        of_labels = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        taught, learned = ops.log_softmax(of_teacher / temperature), ops.log_softmax(logits / temperature)
        divergence = ops.sum(ops.exp(taught) * (taught - learned), axis=-1)
        return (1 - self._weight) * of_labels + self._weight * temperature**2 * divergence


class NumberDistillation(keras.losses.Loss):  # type: ignore[misc]
    """Mean square of the difference to the target, and to what the teacher says.

    Args:
        weight: Share of the teacher, 0 to 1.
    """

    def __init__(self, weight: float) -> None:
        super().__init__(name="number_distillation")
        self._weight = weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each window or step; `y_true` (..., 2 * outputs) the targets, then the teacher's outputs."""
        ops = keras.ops
        targets, of_teacher = ops.split(y_true, 2, axis=-1)
        to_targets = ops.mean(ops.square(y_pred - targets), axis=-1)
        to_teacher = ops.mean(ops.square(y_pred - of_teacher), axis=-1)
        return (1 - self._weight) * to_targets + self._weight * to_teacher


def loss_of(recipe: Recipe) -> keras.losses.Loss:
    """The loss of a recipe's task.

    Raises:
        InputError: The task has classes, and the model's output is no score of them.
    """
    if recipe.task in CLASS_TASKS:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=not ends_in_softmax(recipe))
    return keras.losses.MeanSquaredError()


def distillation_loss_of(recipe: Recipe, how: DistillationSpec | None = None) -> keras.losses.Loss:
    """The loss of a model that has a teacher, whose outputs stand behind the targets.

    Args:
        recipe: The recipe.
        how: How the teacher is learned from; None is as the recipe says.

    Raises:
        InputError: See `loss_of`.
    """
    how = how or recipe.training.distillation or DistillationSpec()
    if recipe.task in CLASS_TASKS:
        return ClassDistillation(how.class_temperature, how.weight, from_logits=not ends_in_softmax(recipe))
    return NumberDistillation(how.weight)


def ends_in_softmax(recipe: Recipe) -> bool:
    """Whether the model of a task with classes ends in probabilities; otherwise in logits.

    Raises:
        InputError: It ends in another activation.
    """
    params = recipe.params
    activation = getattr(params, "output_activation", None)
    if activation not in (None, "softmax", "linear"):
        raise InputError(f"model.params.output_activation: {activation!r} does not suit {recipe.task}; leave it out")
    return activation == "softmax" or (activation is None and not getattr(params, "use_logits", True))
