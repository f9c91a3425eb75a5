"""A step graph while it is written: the window graph's tensors on other extents, and operators put anew."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.graph.enums import enum_name
from neuralspot_edge.graph.prune import prune
from neuralspot_edge.graph.view import Operator

__all__ = ["Draft"]


class Draft:
    """A `ModelT` without operators, whose tensors are those of a window graph by the same indices.

    Args:
        model: The window graph's `ModelT`, which is changed.

    Attributes:
        model: The model under construction.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._main = model.subgraphs[0]
        self._window_operators = list(self._main.operators or ())
        self._main.operators = []
        self._same: dict[int, int] = {}
        self._sizes: dict[tuple[int, ...], int] = {}

    def shape(self, index: int) -> tuple[int, ...]:
        """The shape of a tensor as it is by now."""
        return tuple(int(size) for size in self._main.tensors[index].shape)

    def dtype(self, index: int) -> str:
        """The type of a tensor, as numpy calls it."""
        return enum_name("TensorType", self._main.tensors[index].type).lower()

    def name(self, index: int) -> str:
        """The name of a tensor."""
        return (self._main.tensors[index].name or b"").decode(errors="replace")

    def resize(self, index: int, axis: int, size: int) -> None:
        """Gives a tensor another extent along one axis."""
        shape = list(self.shape(index))
        shape[axis] = size
        self._set_shape(self._main.tensors[index], shape)

    def stands_for(self, index: int) -> int:
        """The tensor that holds what a tensor of the window graph holds; mostly itself."""
        while index in self._same:
            index = self._same[index]
        return index

    def add(self, name: str, shape: Sequence[int], like: int, *, variable: bool = False) -> int:
        """A new tensor of the type and quantization of another."""
        tensor = copy.copy(self._main.tensors[like])
        tensor.name, tensor.buffer, tensor.isVariable = name.encode(), 0, variable
        self._set_shape(tensor, shape)
        return self._append(tensor)

    def constant(self, name: str, values: npt.NDArray[Any], like: int | None = None) -> int:
        """A constant; of the type and quantization of another tensor, or plain int32 sizes or axes."""
        from ai_edge_litert import schema_py_generated as schema

        tensor = (
            copy.copy(self._main.tensors[like]) if like is not None else schema.TensorT(type=schema.TensorType.INT32)
        )
        values = np.ascontiguousarray(values if like is not None else np.asarray(values, np.int32))
        tensor.name, tensor.isVariable, tensor.buffer = name.encode(), False, len(self.model.buffers)
        self._set_shape(tensor, values.shape)
        self.model.buffers.append(schema.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        return self._append(tensor)

    def ones(self, name: str, shape: Sequence[int], like: int) -> int:
        """A constant of ones, by which a product leaves integers as they are: its scale is 1."""
        from ai_edge_litert import schema_py_generated as schema

        packed = self._main.tensors[like]
        index = self.constant(name, np.ones(tuple(shape), self.dtype(like)), like)
        if packed.quantization is not None and packed.quantization.scale is not None:
            self._main.tensors[index].quantization = schema.QuantizationParametersT(
                scale=np.ones(1, np.float32), zeroPoint=np.zeros(1, np.int64)
            )
        return index

    def copy(self, operator: Operator, inputs: Sequence[int], *, padding: str | None = None) -> None:
        """Writes an operator of the window graph, from other tensors to its own outputs."""
        from ai_edge_litert import schema_py_generated as schema

        packed = copy.copy(self._window_operators[operator.index])
        packed.inputs = [-1 if index == -1 else self.stands_for(index) for index in inputs]
        if padding is not None:
            packed.builtinOptions = copy.copy(packed.builtinOptions)
            packed.builtinOptions.padding = getattr(schema.Padding, padding)
        self._main.operators.append(packed)

    def reshape(self, source: int, output: int) -> None:
        """Writes a tensor's content in the shape of another tensor, which may be its own already."""
        if self.shape(source) == self.shape(output):
            self._same[output] = source
            return
        shape = self.shape(output)
        self.put("RESHAPE", [source, self.sizes(shape)], output, {"newShape": list(shape)})

    def pad(self, source: int, axis: int, before: int, after: int) -> int:
        """A tensor with zeros around it."""
        amounts = np.zeros((len(self.shape(source)), 2), np.int32)
        amounts[axis] = before, after
        shape = list(self.shape(source))
        shape[axis] += before + after
        output = self.add(f"{self.name(source)}.pad", shape, source)
        self.put("PAD", [source, self.constant(f"{self.name(source)}.pad", amounts)], output, {})
        return output

    def slice(
        self, source: int, begin: Sequence[int], sizes: Sequence[int], strides: Sequence[int] = (), name: str = ""
    ) -> int:
        """A part of a tensor, of its neighbouring places unless there are strides."""
        output = self.add(name or f"{self.name(source)}.part", sizes, source)
        if set(strides) <= {1}:
            self.put("SLICE", [source, self.sizes(begin), self.sizes(sizes)], output, {})
            return output
        ends = [first + (size - 1) * stride + 1 for first, size, stride in zip(begin, sizes, strides, strict=True)]
        self.put("STRIDED_SLICE", [source, *map(self.sizes, (begin, ends, strides))], output, {})
        return output

    def sizes(self, values: Sequence[int]) -> int:
        """A constant list of sizes, places or axes; equal ones are one tensor."""
        key = tuple(values)
        if key not in self._sizes:
            self._sizes[key] = self.constant(f"sizes{len(self._sizes) or ''}", np.array(key))
        return self._sizes[key]

    def put(
        self,
        kind: str,
        inputs: Sequence[int],
        output: int,
        options: Mapping[str, Any] | None = None,
        *,
        custom_code: str = "",
        custom_options: bytes = b"",
    ) -> None:
        """Writes a new operator.

        Args:
            kind: Its name in the schema.
            inputs: The tensors that it reads.
            output: The tensor that it writes.
            options: The fields of its builtin options; None where it has none.
            custom_code: The name of a custom operator.
            custom_options: Its options as it reads them.
        """
        from ai_edge_litert import schema_py_generated as schema

        packed = schema.OperatorT(
            opcodeIndex=self._code(kind, custom_code),
            inputs=[self.stands_for(index) for index in inputs],
            outputs=[output],
        )
        if options is not None:
            title = _OPTIONS[kind]
            packed.builtinOptionsType = getattr(schema.BuiltinOptions, title)
            packed.builtinOptions = getattr(schema, f"{title}T")(**options)
        if custom_options:
            packed.customOptions = np.frombuffer(custom_options, np.uint8)
        self._main.operators.append(packed)

    def finish(self, inputs: Sequence[int], outputs: Sequence[int]) -> Any:
        """Sets the ends and drops what nothing uses.

        Returns:
            The `ModelT`.
        """
        self._main.inputs = np.array(inputs, np.int32)
        self._main.outputs = np.array([self.stands_for(index) for index in outputs], np.int32)
        self.model.signatureDefs = []
        prune(self.model)
        return self.model

    def _append(self, tensor: Any) -> int:
        self._main.tensors.append(tensor)
        return len(self._main.tensors) - 1

    def _set_shape(self, tensor: Any, shape: Sequence[int]) -> None:
        tensor.shape, tensor.shapeSignature = np.array(shape, np.int32), None

    def _code(self, kind: str, custom_code: str) -> int:
        from ai_edge_litert import schema_py_generated as schema

        number = getattr(schema.BuiltinOperator, kind)
        for index, code in enumerate(self.model.operatorCodes):
            known = max(code.builtinCode, code.deprecatedBuiltinCode)
            if known == number and (code.customCode or b"").decode() == custom_code:
                return index
        name = custom_code.encode() or None
        self.model.operatorCodes.append(
            schema.OperatorCodeT(
                deprecatedBuiltinCode=min(number, _PLACEHOLDER), builtinCode=number, customCode=name, version=1
            )
        )
        return len(self.model.operatorCodes) - 1


_OPTIONS = {
    "CONCATENATION": "ConcatenationOptions",
    "MUL": "MulOptions",
    "PAD": "PadOptions",
    "RESHAPE": "ReshapeOptions",
    "SLICE": "SliceOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
}
_PLACEHOLDER = 127
"""What the old field of an operator's code holds where the code does not fit into it."""
