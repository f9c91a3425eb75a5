"""LiteRT on this machine: with the reference kernels the cross-check of TFLite Micro."""

from __future__ import annotations

import math
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.view import Graph, load_graph
from neuralspot_edge.interpreters.litert_trial import LiteRtTrial, try_litert
from neuralspot_edge.interpreters.tensors import TensorSpec
from neuralspot_edge.interpreters.tflite_api import Kernels, TfliteApiInterpreter, allocate, open_native
from neuralspot_edge.processes import shared

__all__ = ["LiteRtInterpreter", "specs", "verify_content"]


class LiteRtInterpreter(TfliteApiInterpreter):
    """Runs a `.tflite` with ai-edge-litert.

    A content is loaded in a process of its own before this process loads it, so that a file on which LiteRT crashes is
    an error; this is remembered, so that loading it again is quick.

    Args:
        source: A path, or the content itself.
        kernels: `reference` for the kernels that define what an operator gives; `optimized` for the ones that a desktop
            takes by itself, XNNPACK among them: fast, not exact, and known to fail on some graphs.

    Raises:
        InputError: The file cannot be read, is not a sound `.tflite`, or holds what LiteRT does not run.
    """

    def __init__(self, source: bytes | str | Path, *, kernels: Kernels = "reference") -> None:
        shared(LiteRtTrial)
        graph, content = load_graph(source), read_model(source)
        try_litert(content, kernels)
        from ai_edge_litert import interpreter as package

        native = open_native(package, content, kernels)
        allocate(native)
        super().__init__(native, *specs(graph))


def specs(graph: Graph) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """The inputs and outputs of a graph, under the names that it gives them."""
    inputs = zip(graph.input_names, graph.inputs, strict=True)
    outputs = zip(graph.output_names, graph.outputs, strict=True)
    return (
        tuple(TensorSpec(name, tensor.shape, tensor.dtype, tensor.quantization) for name, tensor in inputs),
        tuple(TensorSpec(name, tensor.shape, tensor.dtype, tensor.quantization) for name, tensor in outputs),
    )


def verify_content(content: bytes, graph: Graph) -> None:
    """Puts a file to LiteRT's checks: TFLite Micro has none and crashes on a damaged file.

    Args:
        content: The content of the file.
        graph: The view of it. Custom operators are not put to the test: each interpreter has its own.

    Raises:
        InputError: The file is not sound.
    """
    custom = any(operator.custom_code for subgraph in graph.subgraphs for operator in subgraph.operators)
    shapes = try_litert(content, "reference", allocating=not custom)
    if custom:
        return
    for tensor, computed in zip(graph.tensors, shapes, strict=False):
        # LiteRT works shapes out anew, TFLite Micro reads and writes as far as the file says. Rank 0: not known yet.
        # A smaller one passes: dilated convolutions converted with a free batch have it, and run wrong on a device too.
        if computed and math.prod(tensor.shape) > math.prod(computed):
            raise InputError(f"the model is damaged: tensor {tensor.name!r} is {tensor.shape}, computed are {computed}")
