"""Ways to damage a `.tflite`: in its bytes, and in its fields through the schema's objects."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from neuralspot_edge.graph import parse, serialize

__all__ = ["BYTE_MUTATIONS", "FIELD_MUTATIONS", "mutate"]

NUMBERS = (0, 1, -1, 2, 3, 7, 127, 128, 255, 256, 4096, 65535, 65536, 2**24, 2**27, 2**31 - 1, -(2**31))


def mutate(corpus: Sequence[bytes], rng: random.Random) -> bytes:
    """One of the files with one to three things wrong."""
    content = rng.choice(corpus)
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 3)):
            content = rng.choice(BYTE_MUTATIONS)(content, corpus, rng)
        return content
    model = parse(content)
    for _ in range(rng.randint(1, 3)):
        rng.choice(FIELD_MUTATIONS)(model, rng)
    try:
        return serialize(model)
    except Exception:  # The schema's writer takes no number that does not fit its field.
        return _set_bytes(content, corpus, rng)


def _set_bytes(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _set_number(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    place = rng.randrange(len(content) // 4) * 4
    number = rng.choice(NUMBERS).to_bytes(4, "little", signed=True)
    return content[:place] + number + content[place + 4 :]


def _truncate(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    return content[: rng.randrange(8, len(content))]


def _splice(content: bytes, corpus: Sequence[bytes], rng: random.Random) -> bytes:
    donor = rng.choice(corpus)
    start, length, place = rng.randrange(len(donor)), rng.randint(1, 200), rng.randrange(len(content))
    return content[:place] + donor[start : start + length] + content[place + length :]


def _wipe(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    place, length = rng.randrange(len(content)), rng.randint(1, 64)
    return (
        content[:place]
        + bytes([rng.choice((0, 255))]) * len(content[place : place + length])
        + content[place + length :]
    )


BYTE_MUTATIONS = (_set_bytes, _set_number, _truncate, _splice, _wipe)


def _any_of(items: Any, rng: random.Random) -> Any:
    return rng.choice(items) if items is not None and len(items) else None


def _tensor(model: Any, rng: random.Random) -> Any:
    return rng.choice(rng.choice(model.subgraphs).tensors)


def _operator(model: Any, rng: random.Random) -> Any:
    return _any_of([o for subgraph in model.subgraphs for o in subgraph.operators or ()], rng)


def _changed(values: Any, rng: random.Random, candidates: Sequence[int]) -> list[int]:
    """A list with an element set, added or left out."""
    changed = [] if values is None else [int(value) for value in values]
    place = rng.randrange(len(changed) + 1)
    match rng.choice(("set", "set", "add", "drop")):
        case "set" if place < len(changed):
            changed[place] = rng.choice(candidates)
        case "drop":
            del changed[place : place + 1]
        case _:
            changed.insert(place, rng.choice(candidates))
    return changed


def _change_shape(model: Any, rng: random.Random) -> None:
    tensor = _tensor(model, rng)
    tensor.shape = _changed(tensor.shape, rng, NUMBERS)


def _change_type(model: Any, rng: random.Random) -> None:
    _tensor(model, rng).type = rng.randrange(24)


def _change_storage(model: Any, rng: random.Random) -> None:
    tensor = _tensor(model, rng)
    if rng.random() < 0.3:
        tensor.isVariable = not tensor.isVariable
    else:
        tensor.buffer = rng.randrange(len(model.buffers) + 1)


def _change_quantization(model: Any, rng: random.Random) -> None:
    tensor = _tensor(model, rng)
    if tensor.quantization is None or rng.random() < 0.2:
        tensor.quantization = _tensor(model, rng).quantization
        return
    match rng.choice(("scale", "zero", "axis")):
        case "scale":
            values = [] if tensor.quantization.scale is None else list(tensor.quantization.scale)
            tensor.quantization.scale = [rng.choice((0.0, 1e-30, 1.0, -1.0, 1e30, float("nan"), float("inf"), *values))]
        case "zero":
            tensor.quantization.zeroPoint = _changed(tensor.quantization.zeroPoint, rng, NUMBERS)
        case "axis":
            tensor.quantization.quantizedDimension = rng.choice(NUMBERS)


def _change_wiring(model: Any, rng: random.Random) -> None:
    subgraph = rng.choice(model.subgraphs)
    node = _any_of([*(subgraph.operators or ()), subgraph], rng)
    name = rng.choice(("inputs", "inputs", "outputs"))
    setattr(node, name, _changed(getattr(node, name), rng, range(-1, len(subgraph.tensors))))


def _change_code(model: Any, rng: random.Random) -> None:
    code = _any_of(model.operatorCodes, rng)
    if code is not None:
        code.builtinCode = rng.randrange(210)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)


def _change_options(model: Any, rng: random.Random) -> None:
    operator = _operator(model, rng)
    if operator is None:
        return
    if operator.builtinOptions is None or rng.random() < 0.1:
        other = _operator(model, rng)
        operator.builtinOptions, operator.builtinOptionsType = other.builtinOptions, other.builtinOptionsType
        return
    name = _any_of([name for name, value in vars(operator.builtinOptions).items() if isinstance(value, int)], rng)
    if name is not None:
        setattr(operator.builtinOptions, name, rng.choice((*NUMBERS, 2, 3)))


def _change_order(model: Any, rng: random.Random) -> None:
    operators = rng.choice(model.subgraphs).operators
    if operators:
        chosen = rng.randrange(len(operators))
        moved = operators[chosen] if rng.random() < 0.3 else operators.pop(chosen)
        if rng.random() < 0.6:
            operators.insert(rng.randrange(len(operators) + 1), moved)


def _change_content(model: Any, rng: random.Random) -> None:
    buffer = rng.choice(model.buffers)
    data = b"" if buffer.data is None else bytes(buffer.data)
    buffer.data = rng.choice((None, data[: len(data) // 2], data + data, rng.randbytes(len(data)), rng.randbytes(16)))


def _plan_offline(model: Any, rng: random.Random) -> None:
    count = sum(len(subgraph.tensors) for subgraph in model.subgraphs)
    numbers = [
        1,
        0,
        rng.choice((count, count, 0, 2**31 - 1)),
        *(rng.choice((-1, -1, 0, 64, *NUMBERS)) for _ in range(count)),
    ]
    model.buffers.append(schema.BufferT(data=b"".join(n.to_bytes(4, "little", signed=True) for n in numbers)))
    model.metadata = [*(model.metadata or ()), schema.MetadataT(b"OfflineMemoryAllocation", len(model.buffers) - 1)]


FIELD_MUTATIONS = (
    *(_change_shape, _change_shape, _change_type, _change_storage, _change_quantization, _change_wiring),
    *(_change_wiring, _change_code, _change_options, _change_options, _change_order, _change_content, _plan_offline),
)
