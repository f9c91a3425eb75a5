"""Drops the tensors, buffers and operator codes of a model that nothing uses."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuralspot_edge.graph.flatbuffer import signature_entries

__all__ = ["prune"]

_NO_TENSOR = -1


def prune(model: Any) -> None:
    """Drops what nothing uses, operators whose results nobody reads included.

    Args:
        model: A `ModelT` of one subgraph, changed in place.
    """
    main = model.subgraphs[0]
    main.operators = _useful(main)
    signed = signature_entries(model, 0)
    used = {int(index) for index in (*main.inputs, *main.outputs, *(entry.tensorIndex for entry in signed))}
    for operator in main.operators:
        used.update(int(index) for vector in _vectors(operator) for index in vector)
    kept = sorted(used - {_NO_TENSOR})
    places = {old: new for new, old in enumerate(kept)} | {_NO_TENSOR: _NO_TENSOR}
    main.tensors = [main.tensors[index] for index in kept]
    main.inputs, main.outputs = (_moved(vector, places) for vector in (main.inputs, main.outputs))
    for operator in main.operators:
        operator.inputs, operator.outputs = _moved(operator.inputs, places), _moved(operator.outputs, places)
        if operator.intermediates is not None:
            operator.intermediates = _moved(operator.intermediates, places)
    for entry in signed:
        entry.tensorIndex = places[entry.tensorIndex]
    _drop_buffers(model)
    _drop_codes(model)


def _useful(main: Any) -> list[Any]:
    """The operators on whose results an output depends, in their order."""
    needed = {int(index) for index in main.outputs}
    kept = []
    for operator in reversed(main.operators):
        if needed.intersection(int(index) for index in operator.outputs):
            kept.append(operator)
            needed.update(int(index) for index in operator.inputs)
    return kept[::-1]


def _vectors(operator: Any) -> list[Any]:
    return [vector for vector in (operator.inputs, operator.outputs, operator.intermediates) if vector is not None]


def _moved(vector: Any, places: dict[int, int]) -> Any:
    return np.array([places[int(index)] for index in vector], np.int32)


def _drop_buffers(model: Any) -> None:
    tensors = model.subgraphs[0].tensors
    # Buffer 0 stands for no content.
    kept = sorted({0, *(tensor.buffer for tensor in tensors), *(entry.buffer for entry in model.metadata or ())})
    places = {old: new for new, old in enumerate(kept)}
    model.buffers = [model.buffers[index] for index in kept]
    for holder in (*tensors, *(model.metadata or ())):
        holder.buffer = places[holder.buffer]


def _drop_codes(model: Any) -> None:
    operators = model.subgraphs[0].operators
    kept = sorted({operator.opcodeIndex for operator in operators})
    places = {old: new for new, old in enumerate(kept)}
    model.operatorCodes = [model.operatorCodes[index] for index in kept]
    for operator in operators:
        operator.opcodeIndex = places[operator.opcodeIndex]
