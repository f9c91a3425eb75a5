"""Biases that make up for the mean error of what is rounded before them.

Rounded weights and activations shift the mean of a channel, and what reads it takes that for a signal. The shift is
measured and taken off the bias, layer after layer with all layers before rounded and corrected (Nagel et al. 2019,
https://arxiv.org/abs/1906.04721, section 4.2 and appendix D; Finkelstein et al. 2019,
https://arxiv.org/abs/1906.03193).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.graph import Operator
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.quantization.operators import WEIGHTED

if TYPE_CHECKING:
    from neuralspot_edge.quantization.study import Study

__all__ = ["MAX_CORRECTED", "Corrected", "correct_biases"]

MAX_CORRECTED = 128
"""Samples that a correction uses: a mean over them and all their steps is known well enough."""


@dataclass(frozen=True)
class Corrected:
    """A layer whose biases were moved.

    Attributes:
        layer: Its name.
        channel: The channel whose bias moved most.
        steps: By how much, in steps of the layer's output.
    """

    layer: str
    channel: int
    steps: float


def correct_biases(study: Study, samples: Sequence[np.ndarray]) -> tuple[Corrected, ...]:
    """Moves each bias so that the mean of its channel's sums is that of the unrounded model.

    Layers without a bias, or that have one in common with others, stay as they are.

    Args:
        study: The model; its biases change, and its `shifts` tell by how much: unrounded it computes what it did.
        samples: For each input an array (samples, ...), at most `MAX_CORRECTED` of which are used.

    Returns:
        What was moved, most first.
    """
    chosen = [x[:MAX_CORRECTED] for x in samples]
    own, wanted, shifts = _own_biases(study), {}, {}

    def remember(operator: Operator, sums: Any) -> Any:
        wanted[operator.index] = _means(sums)
        return sums

    def correct(operator: Operator, sums: Any) -> Any:
        if operator.index not in own:
            return sums
        shifts[operator.index] = wanted[operator.index] - _means(sums)
        return sums + shifts[operator.index]

    study.follow(chosen, study.rounding(()), remember)
    study.follow(chosen, study.rounding(), correct)
    for index, shift in shifts.items():
        own[index].assign_add(shift)
    study.shifts = {index: study.shifts.get(index, 0.0) + np.asarray(shift) for index, shift in shifts.items()}
    operators = study.layer.graph.operators
    moved = (_told(study, operators[index], np.abs(shift)) for index, shift in shifts.items())
    return tuple(sorted(moved, key=lambda each: -each.steps))


def _means(sums: Any) -> Any:
    """Of each channel."""
    import tensorflow as tf

    return tf.reduce_mean(sums, list(range(len(sums.shape) - 1)))


def _own_biases(study: Study) -> dict[int, Any]:
    """The variable of each bias that one operator alone reads, by that operator."""
    found = {
        operator.index: study.layer.operand(operator.inputs[2])
        for operator in study.layer.graph.operators
        if operator.kind in WEIGHTED and len(operator.inputs) > 2 and operator.inputs[2] is not None
    }
    readers = Counter(id(variable) for variable in found.values())
    return {index: variable for index, variable in found.items() if readers[id(variable)] == 1}


def _told(study: Study, operator: Operator, missing: np.ndarray) -> Corrected:
    place = study.layer.group_of[operator.outputs[0].index]
    channel = int(missing.argmax())
    return Corrected(layer_of(operator), channel, float(missing[channel] / np.asarray(study.layer.scales())[place]))
