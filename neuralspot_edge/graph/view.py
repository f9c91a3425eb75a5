"""A typed, read-only view of any `.tflite`: tensors with their quantization, operators by name, all subgraphs."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import NO_TENSOR, parse
from neuralspot_edge.graph.quantization import Quantization

__all__ = ["Graph", "Operator", "Subgraph", "Tensor", "load_graph"]


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
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None
    data: bytes | None = field(repr=False)

    @property
    def is_constant(self) -> bool:
        """Whether the file holds its content: weights, biases, shapes, axes."""
        return self.data is not None


@dataclass(frozen=True)
class Operator:
    """One operator of a subgraph.

    Attributes:
        index: Its place in the order of execution.
        kind: Its name in the schema: `CONV_2D`, `ADD`, `CUSTOM`.
        inputs: What it reads, None where an optional input is left out.
        outputs: What it writes.
        custom_code: The name of a custom operator, else an empty string.
    """

    index: int
    kind: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    custom_code: str = ""


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
class Graph:
    """A whole `.tflite`; its tensors, operators, inputs and outputs are those of the main subgraph.

    Attributes:
        subgraphs: All subgraphs, the main one first.
        input_names: What the inputs are called: the names of the signature where there is one, else the tensors' own.
        output_names: What the outputs are called, in the same way.
    """

    subgraphs: tuple[Subgraph, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]

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
    main, signature = subgraphs[0], _main_signature(model)
    return Graph(
        subgraphs=subgraphs,
        input_names=_friendly_names(main.inputs, signature.inputs if signature else ()),
        output_names=_friendly_names(main.outputs, signature.outputs if signature else ()),
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
    data = model.buffers[packed.buffer].data
    return Tensor(
        index=index,
        name=name,
        shape=shape,
        dtype=_enum_name("TensorType", packed.type).lower(),
        quantization=_quantization(packed.quantization, name, shape),
        data=None if data is None or len(data) == 0 else bytes(data),
    )


def _quantization(packed: Any, name: str, shape: tuple[int, ...]) -> Quantization | None:
    if packed is None or packed.scale is None or len(packed.scale) == 0:
        return None
    scale = tuple(float(value) for value in packed.scale)
    zero_point = _integers(packed.zeroPoint) or (0,) * len(scale)
    if len(scale) == len(zero_point) == 1:
        return Quantization(scale, zero_point)
    axis = packed.quantizedDimension
    if not (0 <= axis < len(shape) and len(scale) == len(zero_point) == shape[axis]):
        raise InputError(f"the model is damaged: the scales of tensor {name!r} do not fit its shape {shape}")
    return Quantization(scale, zero_point, axis)


def _operator(model: Any, index: int, packed: Any, tensors: tuple[Tensor, ...]) -> Operator:
    code = model.operatorCodes[packed.opcodeIndex]
    # Codes over 126 do not fit the old field, which then holds a placeholder below them.
    kind = _enum_name("BuiltinOperator", max(code.builtinCode, code.deprecatedBuiltinCode))
    return Operator(
        index=index,
        kind=kind,
        inputs=tuple(None if i == NO_TENSOR else tensors[i] for i in _integers(packed.inputs)),
        outputs=tuple(tensors[i] for i in _integers(packed.outputs)),
        custom_code=_text(code.customCode) if kind == "CUSTOM" else "",
    )


def _main_signature(model: Any) -> Any:
    return next((s for s in model.signatureDefs or () if s.subgraphIndex == 0), None)


def _friendly_names(tensors: Iterable[Tensor], entries: Iterable[Any] | None) -> tuple[str, ...]:
    named = {entry.tensorIndex: _text(entry.name) for entry in entries or ()}
    return tuple(named.get(tensor.index) or tensor.name for tensor in tensors)


def _text(packed: bytes | None) -> str:
    return (packed or b"").decode(errors="replace")


def _integers(vector: Any) -> tuple[int, ...]:
    return () if vector is None else tuple(int(value) for value in vector)


@functools.cache
def _enum_names(enum: str) -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    return {value: name for name, value in vars(getattr(schema, enum)).items() if isinstance(value, int)}


def _enum_name(enum: str, value: int) -> str:
    try:
        return _enum_names(enum)[value]
    except KeyError:
        raise InputError(f"the model holds a {enum} {value} that ai-edge-litert does not know; update it") from None
