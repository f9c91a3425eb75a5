"""How long a model may take on a core: an estimate from its costs, stated as one.

Each operator takes `macs * per_mac + outputs * per_output + elementwise * per_element` cycles, with the costs of its
class of kernel on that core, and a fixed number for being called. Where a core has no fast kernel for an operator, a
plain loop of its library or TensorFlow Lite Micro's reference kernel runs it: their instructions times the core's
cycles per instruction. Waiting for on-chip memory is in these costs, waiting for an external flash is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralspot_edge.targets.kernels import Work, classify
from neuralspot_edge.targets.loading import load_core, load_reference_kernels
from neuralspot_edge.targets.measurements import count_measurements
from neuralspot_edge.targets.schema import Core, KernelCost, Target

if TYPE_CHECKING:
    from neuralspot_edge.graph.costs import Costs, OperatorCost
    from neuralspot_edge.graph.support import Support

__all__ = ["LatencyEstimate", "estimate_latency", "estimate_work"]

_CPU_BACKENDS = ("tflm", "cmsis-nn")

_WORTH_SAYING = 0.05
"""Share of all cycles from which slow operators are spoken of, and of the largest kind's from which one is named."""


@dataclass(frozen=True)
class LatencyEstimate:
    """An estimate of the time of one run. It is not a measurement.

    Attributes:
        milliseconds: The most likely time.
        low: The shortest that is likely.
        high: The longest that is likely.
        cycles: Clock cycles for `milliseconds`.
        slow_share: Share of the cycles that operators take which have no fast kernel, 0 to 1.
        calibrated: How many published measurements the core's figures were fitted to; 0 is none.
        method: How it was made, one sentence for a person.
    """

    milliseconds: float
    low: float
    high: float
    cycles: int
    slow_share: float
    calibrated: int
    method: str


@dataclass(frozen=True)
class _Cycles:
    """Cycles of one operator, and the band that its kernel has."""

    expected: float
    low: float
    high: float
    is_slow: bool


def estimate_latency(target: Target, costs: Costs, support: Sequence[Support] | None = None) -> LatencyEstimate | None:
    """Estimates the time of one run on the target's core; an NPU beside it is left out.

    Args:
        target: The target.
        costs: What the model costs. Bodies of control flow count once.
        support: What `check_support` says of the model's operators, of one or more backends. Its answers for the
            core's own library decide which operators are fast; without them only class and type do, which takes a
            dilated depthwise convolution for fast. An operator that is refused leaves no estimate.

    Returns:
        The estimate; None where the model does not run.

    Raises:
        InputError: The target's core is not known.
    """
    library = (fast := load_core(target.core).fast) and fast.backend
    if any(verdict.level == "refused" and verdict.backend in _CPU_BACKENDS for verdict in support or ()):
        return None
    slow = {_place(verdict) for verdict in support or () if verdict.backend == library and verdict.level != "fast"}
    works = [_work(cost, may_be_fast=_place(cost) not in slow) for cost in costs.operators]
    return estimate_work(target, works, uncounted=costs.uncounted)


def estimate_work(target: Target, works: Iterable[Work], *, uncounted: Sequence[str] = ()) -> LatencyEstimate:
    """Estimates the time of a list of operators on the target's core.

    Args:
        target: The target.
        works: The operators.
        uncounted: Kinds of operators whose work is not known, to be named in the method.

    Raises:
        InputError: The target's core is not known.
    """
    core, works = load_core(target.core), list(works)
    each = [_cycles(work, core) for work in works]
    fixed = load_reference_kernels().per_inference * core.cycles_per_instruction
    expected = fixed + sum(cycles.expected for cycles in each)
    slow: Counter[str] = Counter()
    for work, cycles in zip(works, each, strict=True):
        if cycles.is_slow:
            slow[work.kind] += round(cycles.expected)
    share = slow.total() / expected
    caveats = []
    if core.fast and share >= _WORTH_SAYING:
        kinds = slow.most_common(3)
        named = ", ".join(kind for kind, count in kinds if count >= _WORTH_SAYING * kinds[0][1])
        caveats.append(f"{share:.0%} of it are operators without a fast kernel ({named})")
    if uncounted:
        caveats.append(f"without {', '.join(uncounted)}, whose work is not known")
    per_millisecond = target.clock_mhz * 1000
    return LatencyEstimate(
        milliseconds=expected / per_millisecond,
        low=(fixed + sum(cycles.low for cycles in each)) / per_millisecond,
        high=(fixed + sum(cycles.high for cycles in each)) / per_millisecond,
        cycles=round(expected),
        slow_share=share,
        calibrated=count_measurements(core.name),
        method="; ".join([_basis(target, core), *caveats, *_notes(target)]),
    )


def _place(item: OperatorCost | Support) -> tuple[int, int]:
    """Which operator of the file it is about."""
    return item.subgraph_index, item.operator.index


def _work(cost: OperatorCost, *, may_be_fast: bool) -> Work:
    operator = cost.operator
    output = operator.outputs[0] if operator.outputs else None
    return Work(
        kind=operator.custom_code or operator.kind,
        kernel=classify(operator, cost.elementwise),
        macs=cost.macs,
        outputs=output.element_count if output else 0,
        elementwise=cost.elementwise,
        dtype=output.dtype if output else "int8",
        may_be_fast=may_be_fast,
    )


def _cycles(work: Work, core: Core) -> _Cycles:
    reference, fast = load_reference_kernels(), core.fast
    called = reference.per_operator * core.cycles_per_instruction
    if fast and work.may_be_fast and work.kernel in fast.cycles and work.dtype in fast.types:
        cycles = _weigh(fast.cycles[work.kernel], work) * _factor(fast.types, work.dtype)
        return _Cycles(called + cycles, called + cycles * fast.band.low, called + cycles * fast.band.high, False)
    factor = _factor(reference.types, work.dtype) * core.cycles_per_instruction
    if work.dtype == "float32" and not core.has_fpu:
        factor *= reference.float_without_fpu
    plain = fast.plain_instructions if fast and work.dtype in fast.types else {}
    cycles = _weigh(plain.get(work.kernel, reference.instructions[work.kernel]), work) * factor
    band = reference.band
    return _Cycles(called + cycles, called + cycles * band.low, called + cycles * band.high, True)


def _weigh(cost: KernelCost, work: Work) -> float:
    return work.macs * cost.per_mac + work.outputs * cost.per_output + work.elementwise * cost.per_element


def _factor(types: Mapping[Any, float], dtype: str) -> float:
    """That of the type; other types, such as int32 and bool, are handled as int8 is."""
    return types.get(dtype, 1.0)


def _basis(target: Target, core: Core) -> str:
    library = core.fast.library if core.fast else "reference"
    count = count_measurements(core.name)
    basis = f"fitted to published times ({count})" if count else "not calibrated: from the core's instruction set"
    return (
        f"estimate, not a measurement: cycles of each operator on {core.name} with {library} kernels at "
        f"{target.clock_mhz:g} MHz, {basis}"
    )


def _notes(target: Target) -> list[str]:
    npu = (
        f"for the CPU alone, nse profile --vela asks ethos-u-vela about the {target.npu.accelerator}"
        if target.npu
        else ""
    )
    return [note for note in (npu, target.note or "") if note]
