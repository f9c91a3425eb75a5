"""A profile as JSON values: what `nse profile --format json` prints and report.json holds."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from neuralspot_edge.graph.stream_facts import stream_facts
from neuralspot_edge.graph.streams import stream_info
from neuralspot_edge.interpreters.arena import X86_NOTE
from neuralspot_edge.reports.report_json import jsonable

if TYPE_CHECKING:
    from neuralspot_edge.graph import Tensor
    from neuralspot_edge.graph.costs import OperatorCost
    from neuralspot_edge.graph.support import Support
    from neuralspot_edge.pipeline.profile import Profile, TargetProfile

__all__ = ["PROFILE_SCHEMA_VERSION", "profile_to_dict"]

PROFILE_SCHEMA_VERSION = 1
"""Version of the shape of a profile."""


def profile_to_dict(profile: Profile) -> dict[str, Any]:
    """All facts of a profile as JSON values."""
    graph = profile.graph
    stream = stream_info(graph)
    states = stream.states if stream else ()
    kinds = Counter(operator.custom_code or operator.kind for operator in graph.operators)
    return {
        "schema_version": PROFILE_SCHEMA_VERSION,
        "model": {
            "name": profile.name,
            "size_bytes": profile.size_bytes,
            "inputs": _ends(graph.input_names, graph.inputs, {state.input for state in states}),
            "outputs": _ends(graph.output_names, graph.outputs, {state.output for state in states}),
            "streaming": jsonable(stream_facts(graph)),
            "operators": dict(kinds.most_common()),
            "uncounted": list(profile.costs.uncounted),
        },
        "totals": jsonable(profile.totals),
        "layers": _layers(profile),
        "memory": _memory(profile),
        "support": [_support(backend, verdicts) for backend, verdicts in profile.support.items()],
        "targets": [_target(each) for each in profile.targets],
    }


def _ends(names: Sequence[str], tensors: Sequence[Tensor], states: Container[int]) -> list[dict[str, Any]]:
    return [
        {**_end(name, tensor), "is_state": place in states}
        for place, (name, tensor) in enumerate(zip(names, tensors, strict=True))
    ]


def _end(name: str, tensor: Tensor) -> dict[str, Any]:
    quantization = tensor.quantization
    return {
        "name": name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "scale": quantization.scale[0] if quantization else None,
        "zero_point": quantization.zero_point[0] if quantization else None,
    }


def _layers(profile: Profile) -> list[dict[str, Any]]:
    return [_layer(cost, profile.plan.live_bytes) for cost in profile.layers]


def _layer(cost: OperatorCost, live_bytes: Sequence[int]) -> dict[str, Any]:
    operator = cost.operator
    output = operator.outputs[0] if operator.outputs else None
    return {
        "index": operator.index,
        "subgraph": cost.subgraph_index,
        "operator": operator.custom_code or operator.kind,
        "name": output.name if output else "",
        "output_shape": list(output.shape) if output else [],
        "dtype": output.dtype if output else "",
        "macs": cost.macs,
        "elementwise": cost.elementwise,
        "weight_bytes": cost.weight_bytes,
        "activation_bytes": cost.activation_bytes,
        # A body has no time of its own: it runs while the operator runs that calls it.
        "live_bytes": live_bytes[operator.index] if cost.subgraph_index == 0 else None,
    }


def _memory(profile: Profile) -> dict[str, Any]:
    plan, cortex_m = profile.plan, jsonable(profile.cortex_m_plan)
    for part in ("allocations", "live_bytes"):
        del cortex_m[part]  # they are the same as on x86-64
    return {
        "plan": {**jsonable(plan), "total_bytes": plan.total_bytes, "peak_operators": list(plan.peak_operators)},
        "measured": jsonable(profile.reading),
        "measured_detail": profile.reading_detail,
        "cortex_m": {**cortex_m, "total_bytes": profile.cortex_m_plan.total_bytes},
        "note": X86_NOTE,
    }


def _support(backend: str, verdicts: Iterable[Support]) -> dict[str, Any]:
    verdicts = tuple(verdicts)
    levels = Counter(verdict.level for verdict in verdicts)
    return {
        "backend": backend,
        **{level: levels[level] for level in ("fast", "runs", "refused")},
        "problems": [
            {
                "operator_index": verdict.operator.index,
                "operator": verdict.operator.custom_code or verdict.operator.kind,
                "layer": verdict.layer,
                "level": verdict.level,
                "reason": verdict.reason,
                "remedy": verdict.remedy,
            }
            for verdict in verdicts
            if verdict.level != "fast" and verdict.reason
        ],
    }


def _target(each: TargetProfile) -> dict[str, Any]:
    target, fit = each.target, {**jsonable(each.fit)}
    fit.pop("target", None)
    return {
        "name": target.name,
        "description": target.description,
        "core": target.core,
        "clock_mhz": target.clock_mhz,
        **fit,
        "latency": jsonable(each.latency) if dataclasses.is_dataclass(each.latency) else None,
        "npu": jsonable(each.npu),
        "source": target.source,
    }
