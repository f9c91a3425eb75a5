"""Every operator of a model against the table of one backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.graph.support.cmsis_nn import judge_cmsis_nn
from neuralspot_edge.graph.support.ethos_u import judge_ethos_u
from neuralspot_edge.graph.support.remedies import remedy_for
from neuralspot_edge.graph.support.tflm import judge_tflm
from neuralspot_edge.graph.support.verdict import Support, Verdict
from neuralspot_edge.graph.view import Graph, Operator
from neuralspot_edge.suggestions import unknown_name

__all__ = ["BACKENDS", "check_support"]

BACKENDS: Mapping[str, Callable[[Operator], Verdict]] = {
    "tflm": judge_tflm,
    "cmsis-nn": judge_cmsis_nn,
    "ethos-u55": judge_ethos_u,
    "ethos-u65": judge_ethos_u,
}
"""TFLite Micro with its reference kernels, with Arm's CMSIS-NN kernels, and with an Ethos-U beside the processor.

The two Ethos-U take the same operators: https://pypi.org/project/ethos-u-vela, `SUPPORTED_OPS.md`.
"""


def check_support(graph: Graph, backend: str) -> tuple[Support, ...]:
    """Says of each operator whether a backend takes it.

    Args:
        graph: Any model.
        backend: A name of `BACKENDS`.

    Returns:
        One answer for each operator, subgraph by subgraph in the order of execution.

    Raises:
        InputError: The backend is unknown, or an operator lacks an input or output that it cannot do without.
    """
    if backend not in BACKENDS:
        raise InputError(unknown_name("backend", backend, BACKENDS))
    return tuple(
        _support(operator, backend, subgraph.index) for subgraph in graph.subgraphs for operator in subgraph.operators
    )


def _support(operator: Operator, backend: str, subgraph_index: int) -> Support:
    verdict = BACKENDS[backend](operator)
    return Support(
        operator=operator,
        backend=backend,
        level=verdict.level,
        reason=verdict.reason,
        remedy=remedy_for(operator, verdict),
        layer=layer_of(operator),
        subgraph_index=subgraph_index,
    )
