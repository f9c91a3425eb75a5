"""Tensors that must stand for the same numbers by the same integers, whatever was measured of each.

The quantizer carries the scale of a concatenation back to what is concatenated, but not into the hidden state of the
LSTM that wrote it, whose kernel then reads what it wrote by another scale. So all of them are given one range before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Range", "quantization_of", "unite_ranges"]

Range = tuple[float, float]

_SAME_VALUES = (
    "CONCATENATION",
    "EXPAND_DIMS",
    "GATHER",
    "MAX_POOL_2D",
    "PACK",
    "PAD",
    "RESHAPE",
    "REVERSE_V2",
    "SLICE",
    "SPLIT",
    "SQUEEZE",
    "STRIDED_SLICE",
    "TRANSPOSE",
    "UNPACK",
)
"""Operators whose outputs have the quantization of their inputs."""

_UNITED = ("PACK", "REVERSE_V2")
"""Those of them that have one range wherever they are: the quantizer puts a QUANTIZE before each input of a PACK, and
gives the output of a REVERSE_V2, whose kernels copy the integers, a scale of its own."""

_FIXED: Mapping[str, Range] = {"TANH": (-1.0, 127 / 128), "LOGISTIC": (0.0, 255 / 256)}
"""Ranges that the int8 kernels prescribe for their output."""


def unite_ranges(model: Any, ranges: Mapping[int, Range], groups: Sequence[Iterable[int]]) -> dict[int, Range]:
    """The ranges with those of each group united, and with those of tensors that only move a group's values.

    Args:
        model: A float `ModelT`.
        ranges: The range of each activation, by tensor index.
        groups: Tensors that belong together, by index.
    """
    united = dict(ranges)
    seeds = [*(set(group) for group in groups), *(_ends(operator, ranges) for operator in _find(model, _UNITED))]
    links = [*seeds, *(_ends(operator, ranges) for operator in _find(model, _SAME_VALUES))]
    fixed = {int(o.outputs[0]): limits for kind, limits in _FIXED.items() for o in _find(model, (kind,))}
    for seed in seeds:
        together = _connected(seed, links)
        lows, highs = zip(*(ranges[index] for index in together), strict=True)
        common = _prescribed((min(lows), max(highs)), {fixed[index] for index in together & fixed.keys()})
        united.update(dict.fromkeys(together, common))
    return united


def quantization_of(tensor: Any) -> tuple[tuple[float, ...], ...]:
    """Scales and zero points of a schema tensor, nothing where it has none."""
    packed = tensor.quantization
    if packed is None or packed.scale is None:
        return ()
    return tuple(map(float, packed.scale)), tuple(map(float, packed.zeroPoint))


def _find(model: Any, kinds: Sequence[str]) -> list[Any]:
    """The operators of some kinds."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    numbers, codes = {getattr(BuiltinOperator, kind) for kind in kinds}, model.operatorCodes
    found = {i for i, code in enumerate(codes) if max(code.builtinCode, code.deprecatedBuiltinCode) in numbers}
    return [operator for operator in model.subgraphs[0].operators if operator.opcodeIndex in found]


def _ends(operator: Any, ranges: Mapping[int, Range]) -> set[int]:
    """Inputs and outputs that have a range."""
    return {int(index) for index in (*operator.inputs, *operator.outputs)} & ranges.keys()


def _connected(group: set[int], links: Sequence[set[int]]) -> set[int]:
    """All that is linked to the group over any number of links."""
    while True:
        grown = group.union(*(link for link in links if link & group))
        if grown == group:
            return group
        group = grown


def _prescribed(measured: Range, limits: set[Range]) -> Range:
    """The range of the kernel that writes the values, where there is one and what is measured keeps to it."""
    for low, high in limits:
        if low <= measured[0] and measured[1] <= 1:
            return low, high
    return measured
