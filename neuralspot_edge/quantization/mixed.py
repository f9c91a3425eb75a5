"""Mixed precision: an int8 file in which the activations of some layers are int16.

Where the rounding of one layer's results costs most of what int8 loses, as behind a sum of channels of unequal size, 16
bits for these results alone win it back. Weights stay int8; int16 activations are symmetric, and biases of operators
that take them are int64 (LiteRT 16x8 quantization, https://ai.google.dev/edge/litert/models/post_training_integer_quant_16x8).
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from neuralspot_edge.graph import Graph, Operator, Quantization, Tensor, load_graph, parse, serialize
from neuralspot_edge.graph.flatbuffer import NO_TENSOR
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.graph.prune import prune
from neuralspot_edge.quantization.mixed_plan import CONVERSIONS, ONE_SCALE, Int16Plan, is_activation, plan_int16
from neuralspot_edge.quantization.operators import WEIGHTED, constant

__all__ = ["with_int16_layers"]

_LARGEST = 2**15 - 1
_UNIT = 2.0**-15
_PRESCRIBED = frozenset({"LOGISTIC", "SOFTMAX", "TANH"})
"""Operators whose int16 kernels know one scale of their output, `_UNIT`."""

_FINEST = 2.0**-28
"""The least step unless int8 has a finer one: interpreters count the 6 of a RELU6 in steps, in 32 bits."""

_FINEST_SUM = 2.0**-13
"""The least step of a sum or difference, of its inputs' steps: kernels shift left by 15 bits, and TensorFlow Lite Micro
aborts the process where a result is finer than that."""

_VERSIONS: Mapping[str, int] = {"LEAKY_RELU": 2, "QUANTIZE": 2}
"""Versions of operators with int16; of all others TensorFlow's converter writes those that they have in int8."""


def with_int16_layers(tflite: bytes, layers: Collection[str]) -> bytes:
    """A finished int8 file in which the activations that some layers compute are int16.

    What reads them runs in int16 as well, and gives int8 to those that read it in turn. Operators that only move values
    move int16. A QUANTIZE stands where the type changes. Inputs and outputs of the model keep their type.

    Args:
        tflite: The content of an int8 file.
        layers: Names of layers, as `Study.layers` has them.

    Returns:
        The content of the new file; the same as before where no layer is named.

    Raises:
        InputError: The file is none of int8; there is no such layer; or one of its operators, or one that reads what it
            computes, does not run in int16.
    """
    if not layers:
        return tflite
    graph = load_graph(tflite)
    return _Rewriting(parse(tflite), graph, plan_int16(graph, layers)).write()


class _Rewriting:
    """Writes the operators of a graph anew, in the types that a plan gives them.

    A tensor of the graph keeps its place in int8, and has another one where it is int16.

    Args:
        model: The `ModelT`, changed in place.
        graph: The same, as a view.
        plan: What becomes int16.
    """

    def __init__(self, model: Any, graph: Graph, plan: Int16Plan) -> None:
        self._model, self._graph, self._plan = model, graph, plan
        self._main = model.subgraphs[0]
        self._int8_operators = list(self._main.operators)
        self._main.operators = []
        self._names = {tensor.index: layer_of(o) or tensor.name for o in graph.operators for tensor in o.outputs}
        self._wide: dict[int, tuple[int, float]] = {}
        self._others: dict[tuple[int, float], int] = {}
        self._only_wide: set[int] = set()

    def write(self) -> bytes:
        """The content of the new file."""
        for operator in self._graph.operators:
            if operator.index in self._plan.operators:
                self._write_wide(operator)
            else:
                self._write_as_it_is(operator)
        for tensor in self._graph.outputs:
            self._narrow(tensor)
        prune(self._model)
        return serialize(self._model)

    def _write_as_it_is(self, operator: Operator) -> None:
        """A conversion reads what is there; all else reads int8."""
        inputs = [NO_TENSOR if tensor is None else tensor.index for tensor in operator.inputs]
        for place, tensor in enumerate(operator.inputs):
            if tensor is None or tensor.index not in self._only_wide:
                continue
            inputs[place] = self._wide[tensor.index][0] if operator.kind in CONVERSIONS else self._narrow(tensor)
        self._append(operator, inputs, [tensor.index for tensor in operator.outputs])

    def _write_wide(self, operator: Operator) -> None:
        inputs = [NO_TENSOR if tensor is None else tensor.index for tensor in operator.inputs]
        ends = {place: tensor for place, tensor in enumerate(operator.inputs) if is_activation(tensor)}
        if operator.kind in CONVERSIONS:
            ends = {place: tensor for place, tensor in ends.items() if tensor.index in self._only_wide}
        if operator.kind in WEIGHTED:
            del ends[1]
        common = self._common_scale(ends.values()) if operator.kind in ONE_SCALE else None
        scales = []
        for place, tensor in ends.items():
            inputs[place], scale = self._read(tensor, common)
            scales.append(scale)
        if operator.kind in WEIGHTED and len(inputs) > 2 and inputs[2] != NO_TENSOR:
            inputs[2] = self._wide_bias(operator, scales[0])
        outputs = [self._made(tensor, common or _scale_of(operator, tensor, scales)) for tensor in operator.outputs]
        self._append(operator, inputs, outputs)

    def _common_scale(self, ends: Collection[Tensor]) -> float:
        """The scale of an operator that has one for all its ends: the coarsest of them, so that nothing saturates."""
        known = [self._wide[tensor.index][1] for tensor in ends if tensor.index in self._wide]
        return max(known or map(_int16_scale, ends))

    def _read(self, tensor: Tensor, scale: float | None) -> tuple[int, float]:
        """A tensor in int16, at a scale where one is wanted, and its scale."""
        if tensor.index not in self._wide:
            self._wide[tensor.index] = self._widened(tensor, scale or _int16_scale(tensor))
        index, known = self._wide[tensor.index]
        if scale is None or scale == known:
            return index, known
        if (tensor.index, scale) not in self._others:
            self._others[tensor.index, scale] = self._converted(tensor, index, scale)
        return self._others[tensor.index, scale], scale

    def _widened(self, tensor: Tensor, scale: float) -> tuple[int, float]:
        """An int8 tensor in int16."""
        if not tensor.is_constant:
            return self._converted(tensor, tensor.index, scale), scale
        assert tensor.quantization is not None
        values = Quantization((scale,), (0,)).quantize(tensor.quantization.dequantize(constant(tensor)), np.int16)
        return self._constant(tensor, values, [scale]), scale

    def _converted(self, tensor: Tensor, source: int, scale: float) -> int:
        index = self._add(tensor, "INT16", [scale])
        self._quantize(source, index)
        return index

    def _narrow(self, tensor: Tensor) -> int:
        """A tensor in int8."""
        if tensor.index in self._only_wide:
            self._only_wide.remove(tensor.index)
            self._quantize(self._wide[tensor.index][0], tensor.index)
        return tensor.index

    def _made(self, tensor: Tensor, scale: float) -> int:
        """Where an operator that runs in int16 writes an output."""
        self._wide[tensor.index] = self._add(tensor, "INT16", [scale]), scale
        self._only_wide.add(tensor.index)
        return self._wide[tensor.index][0]

    def _wide_bias(self, operator: Operator, scale: float) -> int:
        """The bias at the scale that the sums have now: kernels add it to them as it is."""
        source, kernel, bias = operator.inputs[:3]
        assert source is not None
        assert source.quantization is not None
        assert kernel is not None
        assert kernel.quantization is not None
        assert bias is not None
        values = np.rint(constant(bias) * (np.float64(source.quantization.scale[0]) / scale))
        scales = np.float64(scale) * np.array(kernel.quantization.scale)
        return self._constant(bias, values.astype(np.int64), scales.tolist())

    def _constant(self, tensor: Tensor, values: np.ndarray, scales: Sequence[float]) -> int:
        from ai_edge_litert import schema_py_generated as schema

        index = self._add(tensor, values.dtype.name.upper(), scales)
        self._main.tensors[index].buffer = len(self._model.buffers)
        self._model.buffers.append(schema.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        return index

    def _add(self, tensor: Tensor, dtype: str, scales: Sequence[float]) -> int:
        """A tensor of the shape of another; its layer is told by its name, see `layer_of`."""
        from ai_edge_litert import schema_py_generated as schema

        packed = copy.copy(self._main.tensors[tensor.index])
        packed.type, packed.buffer = getattr(schema.TensorType, dtype), 0
        packed.name = f"{self._names.get(tensor.index, tensor.name)}/{dtype.lower()}".encode()
        packed.quantization = schema.QuantizationParametersT(
            scale=np.array(scales, np.float32), zeroPoint=np.zeros(len(scales), np.int64)
        )
        self._main.tensors.append(packed)
        return len(self._main.tensors) - 1

    def _quantize(self, source: int, output: int) -> None:
        from ai_edge_litert import schema_py_generated as schema

        code = self._code(schema.BuiltinOperator.QUANTIZE, _VERSIONS["QUANTIZE"])
        self._main.operators.append(
            schema.OperatorT(
                opcodeIndex=code,
                inputs=np.array([source], np.int32),
                outputs=np.array([output], np.int32),
                builtinOptionsType=schema.BuiltinOptions.QuantizeOptions,
                builtinOptions=schema.QuantizeOptionsT(),
            )
        )

    def _append(self, operator: Operator, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        packed = copy.copy(self._int8_operators[operator.index])
        packed.inputs, packed.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        if operator.index in self._plan.operators:
            packed.builtinOptions = _int16_options(operator, packed.builtinOptions)
            code = self._model.operatorCodes[packed.opcodeIndex]
            kind = max(code.builtinCode, code.deprecatedBuiltinCode)
            packed.opcodeIndex = self._code(kind, max(code.version, _VERSIONS.get(operator.kind, 1)))
        self._main.operators.append(packed)

    def _code(self, kind: int, version: int) -> int:
        from ai_edge_litert import schema_py_generated as schema

        codes = self._model.operatorCodes
        for index, code in enumerate(codes):
            if (max(code.builtinCode, code.deprecatedBuiltinCode), code.version) == (kind, version):
                return index
        codes.append(schema.OperatorCodeT(deprecatedBuiltinCode=kind, builtinCode=kind, version=version))
        return len(codes) - 1


def _int16_scale(tensor: Tensor) -> float:
    """The step by which int16 covers the int8 range of a tensor, symmetrically."""
    assert tensor.quantization is not None
    (scale,), (zero_point,) = tensor.quantization.scale, tensor.quantization.zero_point
    step = scale * max(128 + zero_point, 127 - zero_point) / _LARGEST
    return float(np.float32(max(step, min(scale, _FINEST))))


def _scale_of(operator: Operator, tensor: Tensor, scales: Sequence[float]) -> float:
    """The scale of an int16 output, from those of the inputs where they limit it."""
    if operator.kind in _PRESCRIBED:
        return _UNIT
    if operator.kind in ("ADD", "SUB"):
        return max(_int16_scale(tensor), max(scales) * _FINEST_SUM)
    return _int16_scale(tensor)


def _int16_options(operator: Operator, packed: Any) -> Any:
    """The options of an operator, as TensorFlow's converter writes them for int16."""
    from ai_edge_litert import schema_py_generated as schema

    options = copy.copy(packed)
    if hasattr(options, "potScaleInt16"):
        options.potScaleInt16 = False
    if hasattr(options, "quantizedBiasType"):
        options.quantizedBiasType = schema.TensorType.INT64
    quantization = operator.outputs[0].quantization
    begins_at_zero = quantization is not None and quantization.zero_point == (-128,)
    none, relu = schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU
    if operator.kind in (*WEIGHTED, "ADD", "SUB", "MUL") and begins_at_zero and options.fusedActivationFunction == none:
        # Below 0 int8 has no values, which may be all that keeps them out: a hard sigmoid has lost its RELU6.
        options.fusedActivationFunction = relu
    return options
