"""`.tflite` bytes to the schema's objects and back.

Two kinds of readers meet a file. The schema's Python reader, used here, cannot harm the process whatever the bytes are,
so any file may be given to `parse`. The C++ readers behind the interpreters dereference what they find; they get a file
only after `parse` took it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import read_bytes

__all__ = ["parse", "read_model", "serialize", "signature_entries"]

FILE_IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
NO_TENSOR = -1


def read_model(source: bytes | str | Path) -> bytes:
    """The bytes of a `.tflite`, from a file or as given, seen to begin like one.

    Args:
        source: A path, or the content itself.

    Returns:
        The content.

    Raises:
        InputError: The file cannot be read, or is of another kind.
    """
    content = read_bytes(source, "model") if isinstance(source, str | Path) else bytes(source)
    if content[4:8] != FILE_IDENTIFIER:
        raise InputError(f"{_named(source)} is not a .tflite model: the mark TFL3 is missing at byte 4")
    return content


def parse(source: bytes | str | Path) -> Any:
    """Reads a `.tflite` into the mutable objects of `ai_edge_litert.schema_py_generated`.

    Args:
        source: A path, or the content itself.

    Returns:
        A `ModelT` in which every index leads somewhere. Its arrays are read-only views of the content.

    Raises:
        InputError: The file cannot be read, is not a `.tflite`, is truncated or damaged, or keeps its weights outside
            the flatbuffer (files over 2 GB).
    """
    from ai_edge_litert import schema_py_generated as schema

    content = _Bounded(read_model(source))
    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    except Exception as error:  # The generated reader raises whatever the bytes lead it to.
        raise InputError(f"{_named(source)} is truncated or damaged: its flatbuffer cannot be read") from error
    _check(model, _named(source))
    return model


def serialize(model: Any) -> bytes:
    """Writes the schema's objects as a `.tflite` whose buffers are aligned for a device that maps the file.

    The generated `Pack` ignores `force_align: 16` of `Buffer.data`: weights would land at odd addresses, which costs
    cycles on a Cortex-M and faults where a kernel loads words.

    Args:
        model: A `ModelT`, left as it is.

    Returns:
        The content of the file; the data of every buffer starts at a multiple of 16 bytes, and equal vectors and
        strings are there once.
    """
    from neuralspot_edge.graph.packing import AlignedBuffer, SharingBuilder

    packed = copy.copy(model)
    packed.buffers = [AlignedBuffer(buffer) for buffer in model.buffers]
    builder = SharingBuilder(1024 + sum(len(b.data) for b in model.buffers if b.data is not None))
    builder.Finish(packed.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


class _Bounded(bytes):
    """Bytes whose slices end inside them: the reader would take a string that a truncated file lacks as a short one."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice) and not 0 <= key.start <= key.stop <= len(self):
            raise IndexError(key)
        return super().__getitem__(key)


def _named(source: bytes | str | Path) -> str:
    return str(source) if isinstance(source, str | Path) else "the given content"


def _check(model: Any, name: str) -> None:
    """Refuses a model whose parts are missing or whose indices lead nowhere: C++ readers follow them unseen."""
    if model.version != SCHEMA_VERSION:
        raise InputError(f"{name} has schema version {model.version}, known is {SCHEMA_VERSION}")
    for part in ("subgraphs", "buffers"):
        if not _complete(getattr(model, part)):
            raise InputError(f"{name} is damaged: its {part} are missing")
    # A model that gives its input back has no operators, and then no codes for any.
    if not _complete(model.operatorCodes) and any(subgraph.operators for subgraph in model.subgraphs):
        raise InputError(f"{name} is damaged: its operatorCodes are missing")
    if model.externalBuffers or any(buffer.offset or buffer.size for buffer in model.buffers):
        raise InputError(f"{name} keeps weights outside its flatbuffer (over 2 GB), which no microcontroller can hold")
    for index, subgraph in enumerate(model.subgraphs):
        for problem in _subgraph_problems(model, subgraph):
            raise InputError(f"{name} is damaged: subgraph {index} {problem}")
    for entry in model.metadata or ():
        if entry is None or not _within((entry.buffer,), model.buffers):
            raise InputError(f"{name} is damaged: a metadata entry has no buffer")
    for signature in model.signatureDefs or ():
        if signature is None or not _signature_leads_somewhere(model, signature):
            raise InputError(f"{name} is damaged: a signature names a tensor that does not exist")


def signature_entries(model: Any, subgraph: int) -> list[Any]:
    """What signatures say of a subgraph of a `ModelT`: entries with a name and the place of a tensor."""
    signatures = (each for each in model.signatureDefs or () if each.subgraphIndex == subgraph)
    return [entry for each in signatures for entry in (*(each.inputs or ()), *(each.outputs or ()))]


def _subgraph_problems(model: Any, subgraph: Any) -> Iterator[str]:
    """What is wrong with a subgraph in the words of a message; each check rests on those before it."""
    tensors, operators = subgraph.tensors, subgraph.operators or ()
    if not _complete(tensors) or None in operators:
        yield "lacks tensors or operators"
    if subgraph.inputs is None or subgraph.outputs is None:
        yield "lacks inputs or outputs"
    if not _within((tensor.buffer for tensor in tensors), model.buffers):
        yield "has a tensor without a buffer"
    if not _within(_indices(subgraph.inputs, subgraph.outputs), tensors):
        yield "has an input or output that is no tensor"
    if not _within((operator.opcodeIndex for operator in operators), model.operatorCodes):
        yield "has an operator without a code"
    for operator in operators:
        used = [i for i in _indices(operator.inputs) if i != NO_TENSOR]
        if not _within([*used, *_indices(operator.outputs, operator.intermediates)], tensors):
            yield "has an operator on tensors that do not exist"


def _signature_leads_somewhere(model: Any, signature: Any) -> bool:
    if not _within((signature.subgraphIndex,), model.subgraphs):
        return False
    entries = [*(signature.inputs or ()), *(signature.outputs or ())]
    tensors = model.subgraphs[signature.subgraphIndex].tensors
    return None not in entries and _within((entry.tensorIndex for entry in entries), tensors)


def _indices(*vectors: Any) -> list[int]:
    """The indices in several vectors of a schema object, any of which may be absent."""
    return [int(index) for vector in vectors if vector is not None for index in vector]


def _within(indices: Iterable[int], items: Any) -> bool:
    return all(0 <= index < len(items) for index in indices)


def _complete(items: Any) -> bool:
    return bool(items) and None not in items
