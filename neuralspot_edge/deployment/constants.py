"""What the generated sources say of a model: values worked out here, which the templates only lay out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from neuralspot_edge.deployment.identifiers import c_identifier
from neuralspot_edge.deployment.input_maps import InputMap, input_map
from neuralspot_edge.deployment.literals import C_TYPES
from neuralspot_edge.deployment.operators import OperatorRegistration, operator_registrations
from neuralspot_edge.deployment.settings import DeploymentSettings
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.streams import StreamInfo, stream_info
from neuralspot_edge.graph.view import Graph, load_graph

__all__ = ["ModelConstants", "TensorConstants", "model_constants"]

_HALF_PRECISION = ("float16", "bfloat16")


@dataclass(frozen=True)
class TensorConstants:
    """One input, output or state of the model.

    Attributes:
        role: `input`, `output`, or `state` for what a step graph carries from one call to the next.
        index: Its place among those of its role.
        name: What the model calls it.
        shape: Its dimensions, the batch of 1 included.
        dtype: Its element type in numpy's words.
        scale: Real size of one integer step; None where it is not quantized.
        zero_point: The integer that stands for 0.0; None where it is not quantized.
        map: How an input is made from samples; None for outputs and where there is nothing to compute.
        place: Its place among all inputs or outputs of the file; of a state, that where it goes in.
        next_place: The place of a state's next value among all outputs of the file.
    """

    role: str
    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float | None
    zero_point: int | None
    map: InputMap | None = None
    place: int = 0
    next_place: int = 0

    @property
    def label(self) -> str:
        """What its symbols are called after: `input0`."""
        return f"{self.role}{self.index}"

    @property
    def c_type(self) -> str:
        """Its element type in C."""
        return C_TYPES[self.dtype]

    @property
    def element_count(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes of its elements."""
        return self.element_count * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class ModelConstants:
    """A model as the templates see it.

    Attributes:
        prefix: The identifier that its symbols begin with.
        settings: What the caller said of it.
        content: The `.tflite`.
        inputs: Its inputs in order; the signal alone where it is a step graph.
        outputs: Its outputs in order, those of a step graph without the states.
        registrations: The operators that a resolver must list.
        stream: How a step graph is played; None for a model of whole windows.
        states: What a step graph carries from one call to the next, where it goes in and out.
    """

    prefix: str
    settings: DeploymentSettings
    content: bytes = field(repr=False)
    inputs: tuple[TensorConstants, ...]
    outputs: tuple[TensorConstants, ...]
    registrations: tuple[OperatorRegistration, ...]
    stream: StreamInfo | None = None
    states: tuple[TensorConstants, ...] = ()

    @property
    def macro(self) -> str:
        """The prefix of its macros."""
        return self.prefix.upper()

    @property
    def tensors(self) -> tuple[TensorConstants, ...]:
        """Inputs and outputs, without states."""
        return (*self.inputs, *self.outputs)

    @property
    def state_bytes(self) -> int:
        """Bytes of all states that the runner keeps."""
        return sum(state.size_bytes for state in self.states)


def model_constants(tflite: bytes, settings: DeploymentSettings) -> ModelConstants:
    """Works out what the sources of a model say.

    Args:
        tflite: The content of the file, of any make.
        settings: Name, arena, preprocessing and what else is known of it.

    Returns:
        The constants.

    Raises:
        InputError: The file is not a sound `.tflite`, or TensorFlow Lite Micro cannot run it: 16-bit floats, an
            operator that it lacks, an input or output of a type without numbers; or the settings do not fit it.
    """
    graph = load_graph(tflite)
    _check_precision(graph)
    if settings.arena_bytes <= 0:
        raise InputError(f"arena_bytes must be above 0, received {settings.arena_bytes}: measure the arena first")
    stream = stream_info(graph)
    inputs = range(len(graph.inputs)) if stream is None else (stream.input,)
    outputs = range(len(graph.outputs)) if stream is None else (output.index for output in stream.outputs)
    return ModelConstants(
        prefix=c_identifier(settings.name),
        settings=settings,
        content=read_model(tflite),
        inputs=tuple(
            _tensor("input", i, graph, place, mapping=input_map(graph.inputs[place], settings.preprocessing))
            for i, place in enumerate(inputs)
        ),
        outputs=tuple(_tensor("output", i, graph, place) for i, place in enumerate(outputs)),
        registrations=operator_registrations(graph),
        stream=stream,
        states=tuple(
            _tensor("state", i, graph, state.input, next_place=state.output)
            for i, state in enumerate(stream.states if stream else ())
        ),
    )


def _tensor(
    role: str, index: int, graph: Graph, place: int, *, mapping: InputMap | None = None, next_place: int = 0
) -> TensorConstants:
    is_output = role == "output"
    name = (graph.output_names if is_output else graph.input_names)[place]
    tensor = (graph.outputs if is_output else graph.inputs)[place]
    if tensor.dtype not in C_TYPES:
        raise InputError(f"{role} {name!r} is of type {tensor.dtype}, which has no C type: give the model numbers")
    quantization = tensor.quantization
    if quantization is not None and len(quantization.scale) > 1:
        raise InputError(f"{role} {name!r} has a scale for each channel: TensorFlow Lite Micro takes one for a tensor")
    return TensorConstants(
        role=role,
        index=index,
        name=name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        scale=quantization.scale[0] if quantization else None,
        zero_point=quantization.zero_point[0] if quantization else None,
        map=mapping,
        place=place,
        next_place=next_place,
    )


def _check_precision(graph: Graph) -> None:
    for subgraph in graph.subgraphs:
        for tensor in subgraph.tensors:
            if tensor.dtype in _HALF_PRECISION:
                raise InputError(
                    f"tensor {tensor.name!r} is {tensor.dtype}, for which TensorFlow Lite Micro has no kernels; "
                    "export the model as int8, int16x8 or float32"
                )
