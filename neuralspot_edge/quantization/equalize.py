"""Cross-layer equalization: channels of like size, so that a step of int8 suits all of them.

What one kernel writes is made smaller channel by channel, and the weights of those that read it larger, so that the
model computes what it did (Nagel et al. 2019, https://arxiv.org/abs/1906.04721, section 4.1). Theirs weighs the weights
of the first kernel against those of the second. Here kernels have a step for each channel that they write, which no
factor harms; what suffers is the activation between the two, whose channels share a step. So the channels' sizes in the
activation stand in the place of the first kernel's, as in Meller et al. 2019 (https://arxiv.org/abs/1902.01917).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.graph import Operator, Tensor
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.quantization.channel_groups import ChannelGroup, group_channels
from neuralspot_edge.quantization.operators import WEIGHTED
from neuralspot_edge.quantization.range_rules import measure_ends, play_unrounded

if TYPE_CHECKING:
    from neuralspot_edge.quantization.study import Study

__all__ = ["Equalized", "equalize"]

_MOST = 1024.0
"""The largest factor of a channel, and the largest that counts between two: a channel that was hardly ever seen active
would otherwise be cut off where it is."""

_ROUNDS = 100
_SETTLED = 0.01
"""The largest change of any factor in a round, as a logarithm, that ends the rounds."""


@dataclass(frozen=True)
class Equalized:
    """Channels that were brought to like size.

    Attributes:
        layers: The layers that write them.
        factor: By how much the channel that was made smallest was moved against that which was made largest.
    """

    layers: tuple[str, ...]
    factor: float


def equalize(study: Study, samples: Sequence[np.ndarray]) -> tuple[Equalized, ...]:
    """Equalizes channels wherever kernels write and read them, and measures all ranges anew.

    Args:
        study: The model; its weights and ranges change, and unrounded it computes what it did.
        samples: For each input an array (samples, ...).

    Returns:
        What was changed, the widest first.
    """
    groups = group_channels(study.layer.graph, study.gates | _of_shared_weights(study))
    if not groups:
        return ()
    sizes = _channel_sizes(study, samples)
    kernels = {
        operator.index: np.asarray(study.layer.operand(_kernel(operator)), np.float64)
        for group in groups
        for operator in (*group.writers, *group.readers)
    }
    balances = [_Balance(group, sizes, kernels) for group in groups]
    for _ in range(_ROUNDS):
        if max(balance.move() for balance in balances) < _SETTLED:
            break
    _assign(study, balances, kernels)
    study.set_ends(measure_ends(study, samples, "max"))
    found = (_told(balance) for balance in balances)
    return tuple(sorted((each for each in found if each.factor > 1 + _SETTLED), key=lambda each: -each.factor))


class _Balance:
    """The channels of a group on their way to like size.

    Args:
        group: The group.
        sizes: The largest |value| of each channel, by tensor.
        kernels: The weights by operator, changed in place.
    """

    def __init__(self, group: ChannelGroup, sizes: Mapping[int, np.ndarray], kernels: dict[int, np.ndarray]) -> None:
        self.group = group
        self.factors = np.ones(group.channels)
        self._kernels = kernels
        self._sizes = [sizes[index] for index in sorted(group.tensors) if index in sizes]

    def move(self) -> float:
        """Divides activations by a factor for each channel, and multiplies what reads them; tells how much, in logs."""
        written, read = self._shares_of_activations(), self._shares_of_weights()
        wanted = _bounded(written) if read is None else np.sqrt(_bounded(written) / _bounded(read))
        # A channel that is always 0, or that nothing reads, stays as it is.
        wanted = np.where((written > 0) & (True if read is None else read > 0), wanted, 1.0)
        factors = np.clip(self.factors * wanted, 1 / _MOST, _MOST)
        change, self.factors = factors / self.factors, factors
        for operator in self.group.writers:
            self._kernels[operator.index] = self._kernels[operator.index] / change
        for operator in self.group.readers:
            self._kernels[operator.index] = self._kernels[operator.index] * _for_reader(operator, change)
        return float(np.abs(np.log(change)).max())

    def _shares_of_activations(self) -> np.ndarray:
        """How large each channel is beside the largest with which it shares steps."""
        shares = [_share(sizes / self.factors) for sizes in self._sizes]
        for operator in self.group.writers:
            if not _is_per_channel(operator):
                shares.append(_share(_over_all_but_last(self._kernels[operator.index])))
        return np.asarray(np.max(shares, axis=0))

    def _shares_of_weights(self) -> np.ndarray | None:
        """How large the weights of each channel are beside those with which they share steps; None if beside none."""
        shares = []
        for operator in self.group.readers:
            kernel, is_per_channel = self._kernels[operator.index], _is_per_channel(operator)
            if operator.kind != "DEPTHWISE_CONV_2D":
                sizes = np.abs(kernel).reshape(-1, *kernel.shape[-2:]).max(axis=0)
                shares.append(_share(sizes, axis=0 if is_per_channel else None).max(axis=1))
            elif not is_per_channel:
                shares.append(_share(_over_all_but_last(kernel)).reshape(self.group.channels, -1).max(axis=1))
        return np.asarray(np.max(shares, axis=0)) if shares else None


def _assign(study: Study, balances: Sequence[_Balance], kernels: Mapping[int, np.ndarray]) -> None:
    layer = study.layer
    operators = {operator.index: operator for operator in layer.graph.operators}
    for index, kernel in kernels.items():
        layer.operand(_kernel(operators[index])).assign(kernel)
    for balance in balances:
        for operator in balance.group.writers:
            bias = _bias(operator)
            if bias is not None:
                variable = layer.operand(bias)
                variable.assign(np.asarray(variable, np.float64) / balance.factors)


def _of_shared_weights(study: Study) -> set[int]:
    """What operators read and write that have a weight with others in common."""
    layer = study.layer
    weighted = [operator for operator in layer.graph.operators if operator.kind in WEIGHTED]
    weights = {o.index: [id(layer.operand(t)) for t in (_kernel(o), _bias(o)) if t is not None] for o in weighted}
    readers = Counter(weight for each in weights.values() for weight in each)
    shared = [operator for operator in weighted if any(readers[weight] > 1 for weight in weights[operator.index])]
    return {t.index for o in shared for t in (o.inputs[0], o.outputs[0]) if t is not None}


def _channel_sizes(study: Study, samples: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
    """The largest |value| of each channel in the unrounded model, by tensor."""
    found: dict[int, np.ndarray] = {}
    for played in play_unrounded(study, samples):
        for index, values in played.tensors.items():
            sizes = _over_all_but_last(np.asarray(values, np.float64))
            found[index] = np.maximum(found.get(index, sizes), sizes)
    return found


def _told(balance: _Balance) -> Equalized:
    names = tuple(dict.fromkeys(layer_of(operator) for operator in balance.group.writers))
    return Equalized(names, float(balance.factors.max() / balance.factors.min()))


def _for_reader(operator: Operator, factors: np.ndarray) -> np.ndarray:
    """Factors in a shape that fits the channels that a kernel takes."""
    if operator.kind != "DEPTHWISE_CONV_2D":
        return factors[:, None]
    return np.repeat(factors, _kernel(operator).shape[-1] // len(factors))


def _share(sizes: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Beside the largest along an axis, or of all."""
    largest = sizes.max(axis=axis, keepdims=True)
    return np.asarray(np.divide(sizes, largest, out=np.zeros_like(sizes), where=largest > 0))


def _bounded(shares: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(shares, 1 / _MOST))


def _over_all_but_last(values: np.ndarray) -> np.ndarray:
    """The largest |value| of each channel."""
    return np.asarray(np.abs(values).reshape(-1, values.shape[-1]).max(axis=0))


def _is_per_channel(operator: Operator) -> bool:
    quantization = _kernel(operator).quantization
    assert quantization is not None
    return len(quantization.scale) > 1


def _kernel(operator: Operator) -> Tensor:
    kernel = operator.inputs[1]
    assert kernel is not None
    return kernel


def _bias(operator: Operator) -> Tensor | None:
    return operator.inputs[2] if len(operator.inputs) > 2 else None
