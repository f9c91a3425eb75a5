"""`Study`: a model as its int8 file computes it and as it was before, and everything between the two.

The graph is that of the device with the float weights in it. Each place where int8 rounds can be left unrounded, so
that what a single layer costs is seen and not guessed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Operator, Tensor, load_graph
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.quantization.calibration import check_calibration
from neuralspot_edge.quantization.float_weights import find_float_weights, find_gates
from neuralspot_edge.quantization.measures import batches
from neuralspot_edge.quantization.operators import WEIGHTED, convolve, is_weight, kernel_from_file, kernels_of
from neuralspot_edge.quantization.placement import MOVES
from neuralspot_edge.quantization.runs import FakeQuantRun

if TYPE_CHECKING:
    import keras

    from neuralspot_edge.quantization.int8_layer import Int8Graph
    from neuralspot_edge.recipes.quantizations import Io

__all__ = ["INPUT", "Played", "Study"]

INPUT = "input"
"""The layer that stands for the rounding of the model's inputs."""

Change = Callable[[Operator, Any], Any]
"""From the sums of an operator with a kernel, a tensor (samples, ..., channels), to those that are gone on with."""


@dataclass(frozen=True)
class Played:
    """What a graph holds while it runs.

    Attributes:
        outputs: The model's outputs, an array (samples, ...) for each.
        tensors: Every activation, (samples, ...), by the index of its tensor; copies that operators only move are left
            out.
        sums: What the operators with a kernel give before their activation, (samples, ..., channels), by the index of
            the tensor that they write.
    """

    outputs: tuple[np.ndarray, ...]
    tensors: Mapping[int, np.ndarray]
    sums: Mapping[int, np.ndarray]


class Study:
    """An int8 file with the float weights that it was made from.

    Attributes:
        layer: The graph; its variables are the float weights and the ranges, and may be changed.
        layers: What rounds, in the order of execution: `input`, then for each layer the tensors that it computes and
            the weights that it reads, by the layer's name.
        gates: The outputs of its hard sigmoids, which their ranges keep between 0 and 1.

    Args:
        layer: A built graph, its variables as they are wanted.
        gates: The outputs of its hard sigmoids, see `FloatWeights`.
    """

    def __init__(self, layer: Int8Graph, gates: frozenset[int] = frozenset()) -> None:
        self.layer = layer
        self.layers = _rounding(layer)
        self.gates = gates
        self._shifts: Mapping[int, np.ndarray] = {}
        self._compiled: dict[bool, Any] = {}

    @property
    def shifts(self) -> Mapping[int, np.ndarray]:
        """What biases were moved by to make up for rounding, by operator: the unrounded model is without it."""
        return self._shifts

    @shifts.setter
    def shifts(self, shifts: Mapping[int, np.ndarray]) -> None:
        if shifts is not self._shifts:
            self._shifts = shifts
            self._compiled.clear()

    @classmethod
    def of(
        cls,
        model: keras.Model,
        calibration: np.ndarray | Sequence[np.ndarray],
        *,
        io: Io = "int8",
        window: int | None = None,
    ) -> Study:
        """The study of a float model that is quantized after training.

        Args:
            model: A functional or built Sequential model.
            calibration: For each input an array (samples, ...) from the training split.
            io: Type of the inputs and outputs of the file: `int8`, or `float32`.
            window: The length in steps that an unknown time axis gets.

        Raises:
            InputError: The model is of a kind that does not export, or has an operator that is not known here.
            ConversionError: The model does not convert to int8.
        """
        samples = check_calibration(model, calibration, window)
        tflite = convert(model, ConversionSettings("int8", io), samples, window=window)
        return cls.of_files(tflite, convert(model, ConversionSettings("float32"), window=window))

    @classmethod
    def of_files(cls, tflite: bytes, floating: bytes) -> Study:
        """The study of an int8 file, with the weights of the float file of the same model.

        Raises:
            InputError: An operator is not known.
            ConversionError: The files are not of one model.
        """
        from neuralspot_edge.quantization.int8_layer import Int8Graph

        layer = Int8Graph(tflite, name="study")
        layer.build(None)
        found = find_float_weights(layer.graph, load_graph(floating))
        _assign(layer, found.values)
        return cls(layer, found.gates)

    @classmethod
    def of_trained(cls, trained: keras.Model, model: keras.Model, window: int | None = None) -> Study:
        """The study of a model that was trained in int8: what it would compute unrounded, with the weights it learned.

        Args:
            trained: What `quantize_aware` gave.
            model: The float model that it was made from.
            window: As of `quantize_aware`.
        """
        from neuralspot_edge.quantization.int8_layer import Int8Graph

        layer = next(layer for layer in trained.layers if isinstance(layer, Int8Graph))
        floating = convert(model, ConversionSettings("float32"), window=window)
        return cls(layer, find_gates(layer.graph, load_graph(floating)))

    def rounding(self, layers: Iterable[str] | None = None) -> np.ndarray:
        """Where to round, a 1 or a 0 for each tensor of the file.

        Args:
            layers: Names from `layers`; None is all of them.

        Raises:
            InputError: There is no such layer.
        """
        mask = np.zeros(len(self.layer.graph.tensors), np.float32)
        for name in self.layers if layers is None else layers:
            if name not in self.layers:
                raise InputError(f"layers: there is no {name!r} that rounds, there are {', '.join(self.layers)}")
            mask[list(self.layers[name])] = 1
        return mask

    def outputs(self, samples: Sequence[np.ndarray], rounding: np.ndarray) -> tuple[np.ndarray, ...]:
        """The outputs alone, see `play`."""
        return tuple(self._run(samples, rounding, everything=False)[0])

    def play(self, samples: Sequence[np.ndarray], rounding: np.ndarray) -> Played:
        """Runs samples and keeps all that is computed.

        Args:
            samples: For each input an array (samples, ...), as the model takes them.
            rounding: Where to round, see `rounding`: all zeros is the float model, all ones the int8 one.
        """
        outputs, tensors, sums = self._run(samples, rounding, everything=True)
        return Played(tuple(outputs), tensors, sums)

    def follow(self, samples: Sequence[np.ndarray], rounding: np.ndarray, change: Change) -> None:
        """Runs samples, all at once, and lets `change` put other sums in the place of what a kernel gives.

        Args:
            samples: As of `play`.
            rounding: As of `play`.
            change: Called with each operator that has a kernel, in the order of execution, and its sums.
        """
        import tensorflow as tf

        run = _StudyRun(self, tf.constant(rounding), change)
        run([tf.constant(x) for x in samples])

    def set_ends(self, ends: np.ndarray) -> None:
        """Gives the activations other ranges.

        Args:
            ends: The least and the largest value of each of the layer's groups, (groups, 2). Those that kernels
                prescribe stay.
        """
        known = np.asarray(self.layer.ends()) == 0
        self.layer.set_ends(ends)
        if (known != (np.asarray(self.layer.ends()) == 0)).any():
            self._compiled.clear()  # Which ends are 0 is compiled; how far the others reach is not.

    def to_tflite(self) -> bytes:
        """The int8 file with the weights and ranges that the graph has now."""
        return self.layer.to_tflite()

    def _run(self, samples: Sequence[np.ndarray], rounding: np.ndarray, *, everything: bool) -> Any:
        import tensorflow as tf

        if everything not in self._compiled:
            step = functools.partial(self._step, everything=everything)
            # AutoGraph would take most of the time, for control flow that there is none of.
            self._compiled[everything] = tf.function(step, autograph=False)
        run = self._compiled[everything]
        parts = [
            tf.nest.map_structure(np.asarray, run([tf.constant(x) for x in batch], rounding))
            for batch in batches(samples)
        ]
        return tf.nest.map_structure(lambda *arrays: np.concatenate(arrays), *parts)

    def _step(self, inputs: Sequence[Any], mask: Any, everything: bool) -> Any:
        run = _StudyRun(self, mask)
        outputs = run(inputs)
        return (outputs, run.rounded, run.sums) if everything else (outputs, {}, {})


class _StudyRun(FakeQuantRun):
    """Real values, rounded where `mask` says so; the results of a softmax or sigmoid too."""

    def __init__(self, study: Study, mask: Any, change: Change | None = None) -> None:
        super().__init__(study.layer)
        self._study, self._mask, self._change = study, mask, change
        self._outputs = set()
        self.rounded: dict[int, Any] = {}
        self.sums: dict[int, Any] = {}

    def _rounded(self, tensor: Tensor, x: Any) -> Any:
        import tensorflow as tf

        if tensor.index in self._study.gates:
            x = tf.clip_by_value(x, 0.0, 1.0)
        x = self._chosen(tensor, super()._rounded(tensor, x), x)
        if not tensor.is_constant:
            self.rounded[tensor.index] = x
        return x

    def _sums(self, operator: Operator, x: Any) -> Any:
        source, kernel = operator.inputs[:2]
        assert source is not None
        assert kernel is not None
        weights = self._layer.weights_of(operator, self._scale(source))
        sums = convolve(operator, x, self._chosen(kernel, _nearest(weights.kernel, weights.scales), weights.kernel))
        if weights.bias is not None:
            real = weights.bias - self._study.shifts.get(operator.index, 0.0)
            sums += self._chosen(kernel, _nearest(weights.bias, weights.sum_scales), real)
        if self._change is not None:
            sums = self._change(operator, sums)
        self.sums[operator.outputs[0].index] = sums
        return sums

    def _rounded_weight(self, operator: Operator, values: Any, scales: Any) -> Any:
        kernel = operator.inputs[next(iter(kernels_of(operator)))]
        assert kernel is not None
        return self._chosen(kernel, _nearest(values, scales), values)

    def _rounded_state(self, tensor: Tensor, x: Any) -> Any:
        return self._chosen(tensor, super()._rounded_state(tensor, x), x)

    def _chosen(self, tensor: Tensor, rounded: Any, real: Any) -> Any:
        import tensorflow as tf

        return tf.where(self._mask[tensor.index] > 0, rounded, real)


def _assign(layer: Int8Graph, values: Mapping[int, np.ndarray]) -> None:
    for operator in layer.graph.operators:
        for place, tensor in enumerate(operator.inputs):
            if tensor is not None and tensor.index in values:
                is_kernel = operator.kind in WEIGHTED and place == 1
                array = values[tensor.index]
                layer.operand(tensor).assign(kernel_from_file(operator, array) if is_kernel else array)


def _nearest(values: Any, scale: Any) -> Any:
    import tensorflow as tf

    return tf.round(values / scale) * scale


def _rounding(layer: Int8Graph) -> dict[str, frozenset[int]]:
    """The tensors that round, by layer."""
    graph = layer.graph
    found: dict[str, set[int]] = {INPUT: {tensor.index for tensor in graph.inputs}}
    for operator in graph.operators:
        if operator.kind in MOVES:
            continue
        places = {tensor.index for tensor in operator.outputs}
        read = [tensor for tensor in operator.inputs if tensor is not None]
        places |= {tensor.index for tensor in read if is_weight(tensor) or tensor.is_variable}
        name = layer_of(operator) or f"{operator.kind} {operator.index}"
        found.setdefault(name, set()).update(places)
    return {name: frozenset(places) for name, places in found.items()}
