"""Step graphs by hand: a delay line, its state in inputs and outputs or a CIRCULAR_BUFFER; and two kinds of outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers
from graph.tiny_models import quantized, tensor

from neuralspot_edge.graph import StreamInfo, StreamOutput, StreamState, annotate, serialize

SCALE, ZERO_POINT = 0.05, -7
"""The quantization of every tensor that has one."""

_INTEGERS = {"INT8": quantized(SCALE, ZERO_POINT), "INT16": quantized(SCALE, 0), "FLOAT32": None}


def delay_line(
    hop: int = 1, steps: int = 3, channels: int = 2, dtype: str = "INT8", says: Mapping[str, Any] | None = None
) -> bytes:
    """Gives its input back `steps` later: (1, 1, hop, channels) to the same, the state (1, 1, steps, channels).

    The state is the first input and the last output, so that no place is right by luck. `says` changes its metadata.
    """
    ends = [
        _tensor("kept", (1, 1, steps, channels), dtype),
        _tensor("x", (1, 1, hop, channels), dtype),
        _tensor("joined", (1, 1, steps + hop, channels), dtype),
        _tensor("y", (1, 1, hop, channels), dtype),
        _tensor("kept.new", (1, 1, steps, channels), dtype),
    ]
    bounds = [_integers("zero", 0), _integers("hop", hop), _integers("end", steps + hop), _integers("one", 1)]
    zero, middle, end, one = range(len(ends), len(ends) + len(bounds))
    operators = [
        ("CONCATENATION", [0, 1], [2], schema.ConcatenationOptionsT(axis=2)),
        ("STRIDED_SLICE", [2, zero, middle, one], [3], _slice_of_time()),
        ("STRIDED_SLICE", [2, middle, end, one], [4], _slice_of_time()),
    ]
    info = {
        "state": "io",
        "hop": hop,
        "input": 1,
        "axis": 2,
        "outputs": (StreamOutput(0, hop, 2, 1, steps),),
        "states": (StreamState(0, 1),),
    }
    content = _pack([*ends, *bounds], operators, inputs=[0, 1], outputs=[3, 4])
    return annotate(content, metadata=StreamInfo(**{**info, **(says or {})}).to_metadata())


def circular_delay_line(steps: int = 3, channels: int = 2, dtype: str = "INT8") -> bytes:
    """The same of one frame a call, (1, 1, 1, channels), its state in TensorFlow Lite Micro's own operator.

    That takes int8 alone, and would guess after how many calls it gives a value.
    """
    ends = [
        _tensor("x", (1, 1, 1, channels), dtype),
        _tensor("kept", (1, steps + 1, 1, channels), dtype, isVariable=True),
        _tensor("y", (1, 1, 1, channels), dtype),
    ]
    # The buffer's axis of time is the second.
    bounds = [tensor(name, (4,), "INT32", np.array(to, np.int32)) for name, to in _corners(channels).items()]
    operators = [
        ("CIRCULAR_BUFFER", [0], [1], flexbuffers.Dumps({"cycles_max": 1})),
        ("STRIDED_SLICE", [1, 3, 4, 5], [2], schema.StridedSliceOptionsT()),
    ]
    info = StreamInfo("tflm", 1, 0, 1, (StreamOutput(0, 1, 1, 1, steps),))
    content = _pack([*ends, *bounds], operators, inputs=[0], outputs=[2])
    return annotate(content, metadata=info.to_metadata())


def frames_and_mean() -> bytes:
    """Two steps a call of two channels in float32, given back as they are, with a mean over the call: no states."""
    ends = [tensor("x", (1, 1, 2, 2)), tensor("y", (1, 1, 2, 2)), tensor("mean", (1, 2))]
    axes = tensor("axes", (2,), "INT32", np.array([1, 2], np.int32))
    operators = [
        ("RESHAPE", [0], [1], schema.ReshapeOptionsT(newShape=[1, 1, 2, 2])),
        ("MEAN", [0, 3], [2], schema.ReducerOptionsT(keepDims=False)),
    ]
    info = StreamInfo("io", 2, 0, 2, (StreamOutput(0, 2, 2, 1, 0), StreamOutput(1, 1, None, 2, 3)))
    return annotate(_pack([*ends, axes], operators, inputs=[0], outputs=[1, 2]), metadata=info.to_metadata())


def _corners(channels: int) -> dict[str, list[int]]:
    return {"begin": [0, 0, 0, 0], "end": [1, 1, 1, channels], "strides": [1, 1, 1, 1]}


def _tensor(name: str, shape: tuple[int, ...], dtype: str, **fields: Any) -> Any:
    return tensor(name, shape, dtype, quantization=_INTEGERS[dtype], **fields)


def _integers(name: str, time: int) -> Any:
    """A corner of a slice: all of every axis but the third."""
    return tensor(name, (4,), "INT32", np.array([1 if name == "one" else 0] * 2 + [time, int(name == "one")], np.int32))


def _slice_of_time() -> Any:
    return schema.StridedSliceOptionsT(beginMask=0b1011, endMask=0b1011)


def _pack(tensors: list[Any], operators: list[Any], *, inputs: list[int], outputs: list[int]) -> bytes:
    buffers, codes, packed = [schema.BufferT()], [], []
    for constant in (each for each in tensors if each.content is not None):
        constant.buffer = len(buffers)
        buffers.append(schema.BufferT(data=constant.content.tobytes()))
    for kind, reads, writes, options in operators:
        code = getattr(schema.BuiltinOperator, kind, schema.BuiltinOperator.CUSTOM)
        custom = code == schema.BuiltinOperator.CUSTOM
        codes.append(schema.OperatorCodeT(min(code, 127), kind if custom else None, 1, code))
        operator = schema.OperatorT(opcodeIndex=len(codes) - 1, inputs=reads, outputs=writes)
        if custom:
            operator.customOptions = np.frombuffer(bytes(options), np.uint8)
        else:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        packed.append(operator)
    subgraph = schema.SubGraphT(tensors=tensors, inputs=inputs, outputs=outputs, operators=packed, name="main")
    return serialize(schema.ModelT(version=3, operatorCodes=codes, subgraphs=[subgraph], buffers=buffers))
