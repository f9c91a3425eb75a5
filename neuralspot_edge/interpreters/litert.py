"""LiteRT on this machine: with the reference kernels the cross-check of TFLite Micro."""

from __future__ import annotations

import math
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.view import Graph, load_graph
from neuralspot_edge.interpreters.tensors import TensorSpec
from neuralspot_edge.interpreters.tflite_api import Kernels, TfliteApiInterpreter, allocate, open_native

__all__ = ["LiteRtInterpreter", "specs", "verify_content"]


class LiteRtInterpreter(TfliteApiInterpreter):
    """Runs a `.tflite` with ai-edge-litert.

    Args:
        source: A path, or the content itself.
        kernels: `reference` for the kernels that define what an operator gives; `optimized` for the ones that a desktop
            takes by itself, XNNPACK among them: fast, not exact, and known to fail on some graphs.

    Raises:
        InputError: The file cannot be read, is not a sound `.tflite`, or holds what LiteRT does not run.
    """

    def __init__(self, source: bytes | str | Path, *, kernels: Kernels = "reference") -> None:
        from ai_edge_litert import interpreter as package

        # The view comes first: it refuses the damaged files on which LiteRT itself would crash.
        graph = load_graph(source)
        native = open_native(package, read_model(source), kernels)
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
    from ai_edge_litert import interpreter as package

    native = open_native(package, content, "reference")
    if any(operator.custom_code for subgraph in graph.subgraphs for operator in subgraph.operators):
        return
    allocate(native)
    for tensor, detail in zip(graph.tensors, native.get_tensor_details(), strict=False):
        # LiteRT works shapes out anew, TFLite Micro reads and writes as far as the file says. Rank 0: not known yet.
        # A smaller one passes: dilated convolutions converted with a free batch have it, and run wrong on a device too.
        if len(detail["shape"]) > 0 and math.prod(tensor.shape) > math.prod(map(int, detail["shape"])):
            computed = tuple(map(int, detail["shape"]))
            raise InputError(f"the model is damaged: tensor {tensor.name!r} is {tensor.shape}, computed are {computed}")
