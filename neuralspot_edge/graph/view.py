"""A typed, read-only view of any `.tflite`: tensors with their quantization, operators by name, all subgraphs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.enums import enum_name
from neuralspot_edge.graph.flatbuffer import NO_TENSOR, parse
from neuralspot_edge.graph.metadata import metadata_of
from neuralspot_edge.graph.options import read_options
from neuralspot_edge.graph.quantization import Quantization, read_quantization

__all__ = ["Graph", "Operator", "Signature", "Subgraph", "Tensor", "load_graph"]

_BITS = {
    "int2": 2,
    "int4": 4,
    "uint4": 4,
    **dict.fromkeys(("bool", "int8", "uint8", "float8_e4m3fn", "float8_e5m2"), 8),
    **dict.fromkeys(("int16", "uint16", "float16", "bfloat16"), 16),
    **dict.fromkeys(("int32", "uint32", "float32"), 32),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 64),
    "complex128": 128,
}
_BODIES = {
    "IF": ("then_subgraph_index", "else_subgraph_index"),
    "WHILE": ("cond_subgraph_index", "body_subgraph_index"),
    "CALL_ONCE": ("init_subgraph_index",),
}
_MAX_RANK = 16
_MAX_ELEMENTS = 1 << 40


@dataclass(frozen=True)
class Tensor:
    """One tensor of a subgraph.

    Attributes:
        index: Its place in the subgraph.
        name: Its name in the file; converters name it after the layer.
        shape: Its dimensions as the file fixes them; a free dimension stands as 1.
        dtype: The element type in numpy's words: `int8`, `float32`; `string`, `resource` and such for the others.
        quantization: How its integers stand for real numbers; None where it is not quantized.
        data: The content of a constant, little endian and row-major; None for what is computed.
        is_variable: Whether it keeps its content from one run to the next: the state of an SVDF or LSTM.
        buffer: Place of its content among the file's buffers; constants that share their content share it.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None
    data: bytes | None = field(repr=False)
    is_variable: bool = False
    buffer: int = 0

    @property
    def is_constant(self) -> bool:
        """Whether the file holds its content: weights, biases, shapes, axes."""
        return self.data is not None

    @property
    def element_count(self) -> int:
        """The product of its dimensions; 1 for a scalar."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes of its content in memory; int4 lies two to a byte. 0 for strings, resources and variants."""
        return (self.element_count * _BITS.get(self.dtype, 0) + 7) // 8


@dataclass(frozen=True)
class Operator:
    """One operator of a subgraph.

    Attributes:
        index: Its place in the order of execution.
        kind: Its name in the schema: `CONV_2D`, `ADD`, `CUSTOM`.
        inputs: What it reads, None where an optional input is left out.
        outputs: What it writes.
        custom_code: The name of a custom operator, else an empty string.
        options: The fields of its builtin options in snake_case, with `padding` (`SAME`, `VALID`) and
            `fused_activation_function` (`NONE`, `RELU`, `RELU6`) as names. Empty where the file holds none.
        version: Version of the operator, which grows with the types and options that it takes.
    """

    index: int
    kind: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    custom_code: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    version: int = 1

    @property
    def bodies(self) -> tuple[int, ...]:
        """The subgraphs that it runs, where it is control flow: `IF`, `WHILE`, `CALL_ONCE`."""
        return tuple(self.options[name] for name in _BODIES.get(self.kind, ()) if name in self.options)


@dataclass(frozen=True)
class Subgraph:
    """A list of operators with the tensors that they share.

    Attributes:
        index: Its place in the file; 0 is the one that is run, the others are branches and loop bodies.
        name: Its name in the file, often empty.
        tensors: All its tensors.
        operators: Its operators in the order of execution.
        inputs: The tensors that are given to it.
        outputs: The tensors that it gives.
    """

    index: int
    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True)
class Signature:
    """Names for the inputs and outputs of a subgraph.

    Attributes:
        key: Its own name, such as `serving_default`.
        subgraph_index: The subgraph whose ends it names.
        inputs: What the subgraph is given, by name.
        outputs: What the subgraph gives, by name.
    """

    key: str
    subgraph_index: int
    inputs: Mapping[str, Tensor] = field(hash=False)
    outputs: Mapping[str, Tensor] = field(hash=False)


@dataclass(frozen=True)
class Graph:
    """A whole `.tflite`; its tensors, operators, inputs and outputs are those of the main subgraph.

    Attributes:
        subgraphs: All subgraphs, the main one first.
        input_names: What the inputs are called: the names of the signature where there is one, else the tensors' own.
        output_names: What the outputs are called, in the same way.
        metadata: What the file says of itself, content by name.
        signatures: All signatures, in the file's order.
    """

    subgraphs: tuple[Subgraph, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    metadata: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)
    signatures: tuple[Signature, ...] = ()

    @property
    def main(self) -> Subgraph:
        """The subgraph that an interpreter runs."""
        return self.subgraphs[0]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors of the main subgraph."""
        return self.main.tensors

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators of the main subgraph, in the order of execution."""
        return self.main.operators

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors that the model is given."""
        return self.main.inputs

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """The tensors that the model gives."""
        return self.main.outputs


def load_graph(source: bytes | str | Path) -> Graph:
    """Reads a `.tflite` of any make.

    Args:
        source: A path, or the content itself.

    Returns:
        The view of it.

    Raises:
        InputError: The file cannot be read, is no `.tflite`, is truncated or damaged, or is newer than the schema.
    """
    model = parse(source)
    subgraphs = tuple(_subgraph(model, index) for index in range(len(model.subgraphs)))
    _check_bodies(subgraphs)
    signatures = tuple(_signature(packed, subgraphs) for packed in model.signatureDefs or ())
    main = next((signature for signature in signatures if signature.subgraph_index == 0), None)
    return Graph(
        subgraphs=subgraphs,
        input_names=_friendly_names(subgraphs[0].inputs, main.inputs if main else {}),
        output_names=_friendly_names(subgraphs[0].outputs, main.outputs if main else {}),
        metadata=MappingProxyType(metadata_of(model)),
        signatures=signatures,
    )


def _subgraph(model: Any, index: int) -> Subgraph:
    packed = model.subgraphs[index]
    tensors = tuple(_tensor(model, i, tensor) for i, tensor in enumerate(packed.tensors))
    operators = (_operator(model, i, operator, tensors) for i, operator in enumerate(packed.operators or ()))
    return Subgraph(
        index=index,
        name=_text(packed.name),
        tensors=tensors,
        operators=tuple(operators),
        inputs=tuple(tensors[i] for i in packed.inputs),
        outputs=tuple(tensors[i] for i in packed.outputs),
    )


def _tensor(model: Any, index: int, packed: Any) -> Tensor:
    name, shape = _text(packed.name), _integers(packed.shape)
    _check_shape(name, shape)
    data = model.buffers[packed.buffer].data
    return Tensor(
        index=index,
        name=name,
        shape=shape,
        dtype=enum_name("TensorType", packed.type).lower(),
        quantization=read_quantization(packed.quantization, name, shape),
        data=None if data is None or len(data) == 0 else bytes(data),
        is_variable=bool(packed.isVariable),
        buffer=int(packed.buffer),
    )


def _check_shape(name: str, shape: tuple[int, ...]) -> None:
    """Refuses shapes that no model has, so that sizes and costs stay numbers that one can reckon with."""
    if len(shape) > _MAX_RANK or any(size < 0 for size in shape) or math.prod(shape) > _MAX_ELEMENTS:
        shown = " x ".join(map(str, shape[:_MAX_RANK]))
        raise InputError(f"the model is damaged: tensor {name!r} has the shape {shown}")


def _operator(model: Any, index: int, packed: Any, tensors: tuple[Tensor, ...]) -> Operator:
    code = model.operatorCodes[packed.opcodeIndex]
    # Codes over 126 do not fit the old field, which then holds a placeholder below them.
    kind = enum_name("BuiltinOperator", max(code.builtinCode, code.deprecatedBuiltinCode))
    return Operator(
        index=index,
        kind=kind,
        inputs=tuple(None if i == NO_TENSOR else tensors[i] for i in _integers(packed.inputs)),
        outputs=tuple(tensors[i] for i in _integers(packed.outputs)),
        custom_code=_text(code.customCode) if kind == "CUSTOM" else "",
        options=read_options(packed),
        version=int(code.version),
    )


def _check_bodies(subgraphs: tuple[Subgraph, ...]) -> None:
    """Refuses control flow whose bodies are not there: C++ readers follow the index unseen."""
    for operator in (operator for subgraph in subgraphs for operator in subgraph.operators):
        for index in operator.bodies:
            if not 0 <= index < len(subgraphs):
                raise InputError(
                    f"the model is damaged: it has no subgraph {index} for operator {operator.kind} to run"
                )


def _signature(packed: Any, subgraphs: tuple[Subgraph, ...]) -> Signature:
    tensors = subgraphs[packed.subgraphIndex].tensors
    inputs, outputs = (
        MappingProxyType({_text(entry.name): tensors[entry.tensorIndex] for entry in entries or ()})
        for entries in (packed.inputs, packed.outputs)
    )
    return Signature(_text(packed.signatureKey), int(packed.subgraphIndex), inputs, outputs)


def _friendly_names(tensors: Iterable[Tensor], signed: Mapping[str, Tensor]) -> tuple[str, ...]:
    names = {tensor.index: name for name, tensor in signed.items()}
    return tuple(names.get(tensor.index) or tensor.name for tensor in tensors)


def _text(packed: bytes | None) -> str:
    return (packed or b"").decode(errors="replace")


def _integers(vector: Any) -> tuple[int, ...]:
    return () if vector is None else tuple(int(value) for value in vector)
