"""What a `.tflite` of any make costs, what runs it, and where it fits: known before a board is flashed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Graph, load_graph, read_model
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.graph.costs import Costs, OperatorCost, count_costs
from neuralspot_edge.graph.memory import CORTEX_M, MemoryPlan, plan_memory
from neuralspot_edge.graph.support import Support, check_support
from neuralspot_edge.interpreters import available
from neuralspot_edge.interpreters.arena import ArenaReading, measure_graph
from neuralspot_edge.interpreters.tflm_trial import start_tflm
from neuralspot_edge.targets import (
    Fit,
    LatencyEstimate,
    NpuEstimate,
    Target,
    check_fit,
    estimate_latency,
    estimate_npu,
    list_targets,
    load_target,
)

__all__ = ["Profile", "TargetProfile", "Totals", "find_targets", "list_chips", "profile"]

BACKENDS = ("tflm", "cmsis-nn")
"""Whose operators every profile looks at; those of a target's NPU join them."""


@dataclass(frozen=True)
class Totals:
    """The figures of a whole model.

    Attributes:
        macs: Multiply-accumulate operations of one run.
        elementwise: All other arithmetic of one run, in operations.
        weight_bytes: Constants that the operators read, each counted once.
        activation_bytes: What the operators read and write beside the constants.
        arena_bytes: Working memory: TensorFlow Lite Micro's own reading on this machine, the plan's where it has none.
    """

    macs: int
    elementwise: int
    weight_bytes: int
    activation_bytes: int
    arena_bytes: int


@dataclass(frozen=True)
class TargetProfile:
    """A model on a chip or a core.

    Attributes:
        target: The chip or core.
        fit: Whether it fits, with the margins.
        latency: A stated estimate; None where the core's speed is not known.
        npu: What vela says of the NPU beside the core; None where it was not asked, or there is none.
    """

    target: Target
    fit: Fit
    latency: LatencyEstimate | None
    npu: NpuEstimate | None = None


@dataclass(frozen=True)
class Profile:
    """All that is known of a file.

    Attributes:
        name: What the file calls itself, or its file name.
        size_bytes: Its size.
        graph: Its operators and tensors.
        costs: The costs of each operator.
        plan: The memory plan as TensorFlow Lite Micro makes it on this kind of machine, x86-64.
        cortex_m_plan: The same calculated for a Cortex-M, whose pointers are half as long.
        reading: What TensorFlow Lite Micro says on this machine; None where it cannot run the file.
        reading_detail: How it was read, or why not.
        support: Which operators run, on each backend.
        targets: The file on each target that was asked for.
    """

    name: str
    size_bytes: int
    graph: Graph
    costs: Costs
    plan: MemoryPlan
    cortex_m_plan: MemoryPlan
    reading: ArenaReading | None
    reading_detail: str
    support: Mapping[str, tuple[Support, ...]]
    targets: tuple[TargetProfile, ...]

    @property
    def layers(self) -> tuple[OperatorCost, ...]:
        """The cost of each operator of the main subgraph."""
        return self.costs.operators

    @property
    def totals(self) -> Totals:
        """The figures of the whole model."""
        costs = self.costs
        arena = self.reading.total_bytes if self.reading else self.plan.total_bytes
        return Totals(costs.macs, costs.elementwise, costs.weight_bytes, costs.activation_bytes, arena)

    @property
    def runs(self) -> bool:
        """Whether TensorFlow Lite Micro runs it: no operator is refused, and the interpreter, if any, took it."""
        takes_it = self.reading is not None or "TflmInterpreter" not in available()
        return takes_it and all(support.level != "refused" for support in self.support["tflm"])

    def to_dict(self) -> dict[str, Any]:
        """The profile as JSON values, as in report.json."""
        from neuralspot_edge.reports.profile_json import profile_to_dict

        return profile_to_dict(self)


def profile(
    tflite: bytes | str | Path,
    target: str | Path | Sequence[str | Path] | None = None,
    *,
    name: str | None = None,
    vela: bool = False,
) -> Profile:
    """Analyses a `.tflite` of any make, without TensorFlow.

    Args:
        tflite: The file, or its content.
        target: Where it is to run: a chip (`apollo4`), a core (`cortex-m4`), a pattern (`stm32*`), the path of a
            target file, or several of these. None names none.
        name: What to call it; None takes what the file calls itself, or its file name.
        vela: Whether ethos-u-vela is asked about the targets that have an NPU, some seconds each.

    Returns:
        The costs, the memory, the support and the fit. `to_dict()` gives the values of report.json.

    Raises:
        InputError: The file cannot be read or is damaged, a target is not known, or vela is not installed or refuses
            the file.
    """
    start_tflm()  # gets ready while the graph is read
    content = read_model(tflite)
    graph = load_graph(content)
    targets = find_targets([target] if isinstance(target, str | Path) else target or ())
    costs, plan = count_costs(graph), plan_memory(graph)
    reading, detail = _read_arena(content, graph)
    support = {backend: check_support(graph, backend) for backend in _backends(targets)}
    # What loading takes for a while may be more than what is in use afterwards.
    arena_bytes = max(plan.loading_bytes, reading.total_bytes if reading else 0)
    on_targets = tuple(_on_target(each, len(content), arena_bytes, costs, support) for each in targets)
    if vela:
        on_targets = tuple(
            replace(on, npu=estimate_npu(content, on.target)) if on.target.npu else on for on in on_targets
        )
    return Profile(
        name=name or _name(tflite, graph),
        size_bytes=len(content),
        graph=graph,
        costs=costs,
        plan=plan,
        cortex_m_plan=plan_memory(graph, CORTEX_M),
        reading=reading,
        reading_detail=detail,
        support=support,
        targets=on_targets,
    )


def find_targets(names: Sequence[str | Path]) -> tuple[Target, ...]:
    """The targets of those names, patterns or paths, each once.

    Raises:
        InputError: There is none of a name, no name matches a pattern, or a target file is wrong.
    """
    found: dict[str, Target] = {}
    for name in names:
        matches: Sequence[str | Path] = [name]
        if isinstance(name, str) and any(sign in name for sign in "*?["):
            matches = list_targets(name)
            if not matches:
                raise InputError(f"target: no name matches {name!r}; nse list --targets shows all")
        for match in matches:
            target = load_target(match)
            found[target.name] = target
    return tuple(found.values())


def list_chips() -> tuple[str, ...]:
    """The targets that are chips: a bare core has no memory to fit into."""
    return tuple(name for name in list_targets() if load_target(name).ram_bytes is not None)


def _name(source: bytes | str | Path, graph: Graph) -> str:
    card = ModelCard.in_metadata(graph.metadata)
    if card is not None and card.name:
        return card.name
    return "model" if isinstance(source, bytes) else Path(source).stem


def _read_arena(content: bytes, graph: Graph) -> tuple[ArenaReading | None, str]:
    try:
        return measure_graph(content, graph), "read from TensorFlow Lite Micro's interpreter on this machine (x86-64)"
    except InputError as error:
        return None, str(error)


def _backends(targets: Sequence[Target]) -> tuple[str, ...]:
    npus = dict.fromkeys(target.npu.backend for target in targets if target.npu is not None)
    return (*BACKENDS, *npus)


def _on_target(
    target: Target, model_bytes: int, arena_bytes: int, costs: Costs, support: Mapping[str, tuple[Support, ...]]
) -> TargetProfile:
    verdicts = [verdict for each in support.values() for verdict in each]
    latency = estimate_latency(target, costs, verdicts)
    return TargetProfile(target, check_fit(target, model_bytes, arena_bytes), latency)
