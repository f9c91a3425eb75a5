"""The layers whose results are worth int16: those of whose rounding most of the model's error comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.quantization.mixed_plan import plan_int16, rounding_layers
from neuralspot_edge.quantization.placement import MOVES
from neuralspot_edge.quantization.study import Study

__all__ = ["bottlenecks"]

LEAST_SHARE = 0.2
"""Of the mean square error, below which 16 bits are not worth their memory and time."""


def bottlenecks(study: Study, samples: Sequence[np.ndarray], most: int) -> tuple[str, ...]:
    """The layers that `with_int16_layers` helps most, chosen one after the other, as few as are worth it.

    A layer is worth it where the rounding of what it computes, not of its weights, makes at least a fifth of the mean
    square error of the model's outputs against those without any rounding. What goes from a layer straight into an int8
    output of the model is rounded there in any case.

    Args:
        study: The int8 model and what it was before.
        samples: For each input an array (samples, ...), as the model takes them.
        most: The most layers.

    Returns:
        Names from `study.layers`, the most costly first; none where the error has no such cause.
    """
    rounding = study.rounding()
    expected = study.outputs(samples, np.zeros_like(rounding))
    curable = _curable(study)

    def error(mask: np.ndarray) -> float:
        return _error(study.outputs(samples, mask), expected)

    total = current = error(rounding)
    chosen: list[str] = []
    while len(chosen) < most and len(chosen) < len(curable):
        masks = {name: _without(rounding, tensors) for name, tensors in curable.items() if name not in chosen}
        errors = {name: error(mask) for name, mask in masks.items()}
        best = min(errors, key=lambda name: errors[name])
        if current - errors[best] < LEAST_SHARE * total or not total:
            break
        chosen.append(best)
        rounding, current = masks[best], errors[best]
    return tuple(chosen)


def _curable(study: Study) -> dict[str, list[int]]:
    """What would be int16 of each layer that can be, without what becomes an int8 output of the model."""
    graph = study.layer.graph
    given = {tensor.index for tensor in graph.outputs}
    for operator in reversed(graph.operators):
        if operator.kind in MOVES and any(tensor.index in given for tensor in operator.outputs):
            given.update(tensor.index for tensor in operator.inputs if tensor is not None)
    found = {}
    for name, operators in rounding_layers(graph).items():
        computed = {tensor.index for operator in operators for tensor in operator.outputs} - given
        if computed and _runs_in_int16(study, name):
            found[name] = sorted(computed)
    return found


def _runs_in_int16(study: Study, name: str) -> bool:
    try:
        plan_int16(study.layer.graph, [name])
    except InputError:
        return False
    return True


def _without(rounding: np.ndarray, tensors: Sequence[int]) -> np.ndarray:
    mask = rounding.copy()
    mask[list(tensors)] = 0
    return mask


def _error(received: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> float:
    """The mean square error, that of each output in parts of its variance."""
    return float(
        sum(np.mean((one - other) ** 2) / (np.var(other) or 1.0) for one, other in zip(received, expected, strict=True))
    )
