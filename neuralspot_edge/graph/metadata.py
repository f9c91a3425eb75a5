"""What a `.tflite` says about itself beside its graph: metadata entries, and names for its inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import parse, serialize

__all__ = ["annotate", "metadata_of", "read_metadata"]

SIGNATURE_KEY = "serving_default"
"""The key under which TensorFlow's own converter stores the names of inputs and outputs."""


def read_metadata(source: bytes | str | Path) -> dict[str, bytes]:
    """All metadata entries of a `.tflite`, the converter's own among them.

    Args:
        source: A path, or the content itself.

    Returns:
        Content by name.

    Raises:
        InputError: The file cannot be read, or is not a sound `.tflite`.
    """
    return metadata_of(parse(source))


def metadata_of(model: Any) -> dict[str, bytes]:
    """All metadata entries of a `ModelT`, content by name."""
    content = ((entry, model.buffers[entry.buffer].data) for entry in model.metadata or ())
    return {_name(entry): b"" if data is None else bytes(data) for entry, data in content}


def annotate(
    tflite: bytes,
    *,
    metadata: Mapping[str, bytes] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> bytes:
    """Adds metadata and names to a `.tflite`; the graph and its weights stay as they are.

    Args:
        tflite: The content of the file.
        metadata: Entries to add; one of the same name is replaced, all others stay.
        input_names: Names for the inputs of the main subgraph, in its order. They become a signature, which replaces
            that of the same key; a converter that is given a frozen function writes none.
        output_names: Names for its outputs. Tensors keep their own names where only one of the two is given.

    Returns:
        The content of the new file, its buffers aligned to 16 bytes.

    Raises:
        InputError: The file is not a sound `.tflite`, or the names do not fit: wrong count, or one name twice.
    """
    model = parse(tflite)
    for name, content in (metadata or {}).items():
        _set_metadata(model, name, content)
    if input_names is not None or output_names is not None:
        _set_signature(model, input_names, output_names)
    return serialize(model)


def _set_metadata(model: Any, name: str, content: bytes) -> None:
    from ai_edge_litert import schema_py_generated as schema

    others = [entry for entry in model.metadata or () if _name(entry) != name]
    replaced = [entry.buffer for entry in model.metadata or () if _name(entry) == name]
    used = {entry.buffer for entry in others} | {t.buffer for s in model.subgraphs for t in s.tensors} | {0}
    free = next((index for index in replaced if index not in used), None)
    if free is None:
        free = len(model.buffers)
        model.buffers.append(schema.BufferT())
    model.buffers[free].data = np.frombuffer(content, np.uint8)
    model.metadata = [*others, schema.MetadataT(name.encode(), free)]


def _set_signature(model: Any, input_names: Sequence[str] | None, output_names: Sequence[str] | None) -> None:
    from ai_edge_litert import schema_py_generated as schema

    main = model.subgraphs[0]
    signature = schema.SignatureDefT(
        inputs=_tensor_maps(main, main.inputs, input_names, "input"),
        outputs=_tensor_maps(main, main.outputs, output_names, "output"),
        signatureKey=SIGNATURE_KEY,
    )
    others = [s for s in model.signatureDefs or () if s.signatureKey != SIGNATURE_KEY.encode()]
    model.signatureDefs = [signature, *others]


def _tensor_maps(subgraph: Any, tensors: Any, names: Sequence[str] | None, role: str) -> list[Any]:
    from ai_edge_litert import schema_py_generated as schema

    chosen = [subgraph.tensors[index].name for index in tensors] if names is None else list(names)
    if len(chosen) != len(tensors):
        raise InputError(f"{role}_names has {len(chosen)} names, the model has {len(tensors)} {role}s")
    if len(set(chosen)) < len(chosen):
        raise InputError(f"{role}_names {chosen} holds a name twice; every {role} needs its own")
    return [schema.TensorMapT(name, int(index)) for name, index in zip(chosen, tensors, strict=True)]


def _name(entry: Any) -> str:
    return (entry.name or b"").decode(errors="replace")
