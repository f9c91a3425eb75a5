"""Hand-written `.tflite` files of several operators and subgraphs: control flow, variables, memory plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from graph.tiny_models import tensor

from neuralspot_edge.graph import serialize


@dataclass(frozen=True)
class Op:
    """An operator by its kind, on the tensors at those indices."""

    kind: str
    inputs: Sequence[int]
    outputs: Sequence[int]
    options: Any = None


@dataclass(frozen=True)
class Body:
    """A subgraph."""

    tensors: list[Any]
    operators: Sequence[Op]
    inputs: Sequence[int]
    outputs: Sequence[int]


def write(*bodies: Body, metadata: Mapping[str, bytes] | None = None) -> bytes:
    """The subgraphs as a file, the main one first."""
    buffers = [schema.BufferT()]
    kinds = list(dict.fromkeys(op.kind for body in bodies for op in body.operators))
    codes = [getattr(schema.BuiltinOperator, kind) for kind in kinds]
    for packed in (packed for body in bodies for packed in body.tensors):
        if packed.content is not None:
            packed.buffer = len(buffers)
            buffers.append(schema.BufferT(data=packed.content.tobytes()))
    entries = []
    for name, content in (metadata or {}).items():
        entries.append(schema.MetadataT(name.encode(), len(buffers)))
        buffers.append(schema.BufferT(data=content))
    model = schema.ModelT(
        version=3,
        operatorCodes=[schema.OperatorCodeT(min(code, 127), None, 1, code) for code in codes],
        subgraphs=[_subgraph(body, kinds) for body in bodies],
        buffers=buffers,
        metadata=entries,
    )
    return serialize(model)


def _subgraph(body: Body, kinds: list[str]) -> Any:
    operators = [
        schema.OperatorT(
            opcodeIndex=kinds.index(op.kind),
            inputs=list(op.inputs),
            outputs=list(op.outputs),
            builtinOptionsType=getattr(schema.BuiltinOptions, type(op.options).__name__[:-1]) if op.options else 0,
            builtinOptions=op.options,
        )
        for op in body.operators
    ]
    return schema.SubGraphT(
        tensors=body.tensors, inputs=list(body.inputs), outputs=list(body.outputs), operators=operators, name="body"
    )


def add(*inputs: int, output: int) -> Op:
    return Op("ADD", inputs, [output], schema.AddOptionsT())


def concatenate(*inputs: int, output: int) -> Op:
    """TFLite Micro looks at its types alone before it runs, so that it joins any shapes into any."""
    return Op("CONCATENATION", inputs, [output], schema.ConcatenationOptionsT())


def floats(*sizes: int) -> list[Any]:
    """Tensors of that many float32 each."""
    return [tensor(f"t{index}", (1, size)) for index, size in enumerate(sizes)]


def loop(limit: int = 3, width: int = 100) -> bytes:
    """WHILE: x doubles as long as a counter is below `limit`; the body takes a mean, which asks for scratch."""
    counter, one = ("i", (1,), "INT32"), np.ones(1, np.int32)
    vector = ("x", (1, width))
    while_ = Op("WHILE", [0, 1], [2, 3], schema.WhileOptionsT(condSubgraphIndex=1, bodySubgraphIndex=2))
    main = Body(
        [tensor(*t) for t in (counter, vector, counter, vector, vector)], [while_, add(3, 3, output=4)], [0, 1], [4]
    )
    below = Body(
        [tensor(*counter), tensor(*vector), tensor("n", (1,), "INT32", one * limit), tensor("c", (1,), "BOOL")],
        [Op("LESS", [0, 2], [3])],
        [0, 1],
        [3],
    )
    parts = [tensor(*t) for t in (counter, vector, counter, vector, ("mean", (1, 1)))]
    parts += [tensor("one", (1,), "INT32", one), tensor("axis", (1,), "INT32", one)]
    mean = Op("MEAN", [3, 6], [4], schema.ReducerOptionsT(keepDims=True))
    body = Body(parts, [add(0, 5, output=2), add(1, 1, output=3), mean], [0, 1], [2, 3])
    return write(main, below, body)


def branch(width: int = 50) -> bytes:
    """IF: x doubled, or doubled twice."""
    if_ = Op("IF", [0, 1], [2], schema.IfOptionsT(thenSubgraphIndex=1, elseSubgraphIndex=2))
    main = Body([tensor("c", (1,), "BOOL"), *floats(width, width, width)], [if_, add(2, 1, output=3)], [0, 1], [3])
    once = Body(floats(width, width), [add(0, 0, output=1)], [0], [1])
    twice = Body(floats(width, width, width), [add(0, 0, output=1), add(1, 1, output=2)], [0], [2])
    return write(main, once, twice)


def running_total(width: int = 7) -> bytes:
    """A resource variable, set to 0 by CALL_ONCE, to which each run adds x."""
    handle = Op("VAR_HANDLE", [], [0], schema.VarHandleOptionsT(sharedName=b"total", container=b""))
    main = Body(
        [tensor("handle", (1,), "RESOURCE"), *floats(width, width, width)],
        [
            Op("CALL_ONCE", [], [], schema.CallOnceOptionsT(initSubgraphIndex=1)),
            handle,
            Op("READ_VARIABLE", [0], [2], schema.ReadVariableOptionsT()),
            add(1, 2, output=3),
            Op("ASSIGN_VARIABLE", [0, 3], [], schema.AssignVariableOptionsT()),
        ],
        [1],
        [3],
    )
    zeros = tensor("zero", (1, width), data=np.zeros((1, width), np.float32))
    assign = Op("ASSIGN_VARIABLE", [0, 1], [], schema.AssignVariableOptionsT())
    return write(main, Body([tensor("handle", (1,), "RESOURCE"), zeros], [handle, assign], [], []))


def chain(*, dead: int = 0, unused: int = 0, offsets: Sequence[int] | None = None) -> bytes:
    """x, a = x + x, b = a + x, y = b + a, each of 160 bytes.

    Args:
        dead: Floats of a tensor that no operator touches.
        unused: Floats of an input that no operator reads.
        offsets: Where each tensor is to lie; -1 leaves it to the planner.
    """
    tensors, inputs = floats(40, 40, 40, 40), [0]
    if dead:
        tensors.append(tensor("dead", (1, dead)))
    if unused:
        inputs.append(len(tensors))
        tensors.append(tensor("unused", (1, unused)))
    operators = [add(0, 0, output=1), add(1, 0, output=2), add(2, 1, output=3)]
    plan = np.array([1, 0, len(tensors), *(offsets or ())], "<i4").tobytes()
    metadata = {"OfflineMemoryAllocation": plan} if offsets else {}
    return write(Body(tensors, operators, inputs, [3]), metadata=metadata)
