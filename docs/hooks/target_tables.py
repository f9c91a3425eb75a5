"""Tables of the targets: chips, cores, estimates beside published times, and the keys of a target file."""

from __future__ import annotations

import re

from tables import code, table

from neuralspot_edge.targets import list_targets, load_core, load_measurements, load_target
from neuralspot_edge.targets.latency import estimate_work
from neuralspot_edge.targets.measurements import Measurement, works_of
from neuralspot_edge.targets.schema import Reserve, Target

__all__ = ["chips", "cores", "fields", "measurements", "sources"]

_KIB = 1024


def chips() -> str:
    """The chips with their memory."""
    header = ("target", "what it is", "core", "MHz", "flash, KiB", "RAM, KiB", "NPU", "memories")
    return table(header, [_chip(target) for target in map(load_target, list_targets()) if target.name != target.core])


def cores() -> str:
    """The cores with the costs of their kernels."""
    header = ("core", "what it is", "fast kernels", "cycles a MAC", "cycles an output", "cycles an instruction")
    return table(header, [_core(name) for name in list_targets() if load_target(name).core == name])


def measurements() -> str:
    """Published times beside the estimates for them."""
    times = ("published, ms", "estimate, ms", "estimate / published", "band, ms")
    header = ("core", "workload", "device and runtime", *times)
    every = load_measurements().measurements
    fitted = table(header, [_measurement(each) for each in every if each.fitted])
    others = table((*header, "why"), [(*_measurement(each), each.note) for each in every if not each.fitted])
    return f"{fitted}\n\nTimes that the costs are not fitted to, all longer than the estimates:\n\n{others}"


def sources() -> str:
    """Where the figures of each target come from."""
    lines = []
    for name in list_targets():
        target, core = load_target(name), load_core(load_target(name).core)
        kernels = f" Kernels: {core.fast.source}." if core.fast and target.name == core.name else ""
        lines.append(f"- {code(name)}: {_linked(target.source + '.' + kernels)}")
    return "\n".join(lines)


def fields() -> str:
    """The keys of a target file."""
    rows = []
    for prefix, model in (("", Target), ("reserve.", Reserve)):
        for name, field in model.model_fields.items():
            default = "**required**" if field.is_required() else field.default
            is_plain = isinstance(default, str | int)
            rows.append((code(prefix + name), default if is_plain else "", field.description))
    return table(("key", "default", "meaning"), rows)


def _chip(target: Target) -> tuple[str, ...]:
    names = "<br>".join(code(name) for name in (target.name, *target.aliases))
    npu = f"{target.npu.accelerator}, {target.npu.clock_mhz:g} MHz" if target.npu else ""
    memory = [f"{size // _KIB:,}" if size else "" for size in (target.flash_bytes, target.ram_bytes)]
    return names, target.description, code(target.core), f"{target.clock_mhz:g}", *memory, npu, target.memory or ""


def _core(name: str) -> tuple[str, ...]:
    core = load_core(name)
    names = "<br>".join(code(each) for each in (core.name, *core.aliases))
    instruction = f"{core.cycles_per_instruction:g}"
    if core.fast is None:
        return names, core.description, "none", "", "", instruction
    with_macs = {kernel: cost for kernel, cost in core.fast.cycles.items() if cost.per_mac}
    kinds = " / ".join(kernel.replace("_", " ") for kernel in with_macs)
    macs = " / ".join(f"{cost.per_mac:g}" for cost in with_macs.values())
    outputs = " / ".join(f"{cost.per_output:g}" for cost in with_macs.values())
    return names, core.description, f"{core.fast.library}: {kinds}", macs, outputs, instruction


def _measurement(each: Measurement) -> tuple[str, ...]:
    estimate = estimate_work(load_target(each.core).replace(clock_mhz=each.clock_mhz), works_of(each))
    return (
        code(each.core),
        each.workload,
        f"[{each.device}, {each.clock_mhz:g} MHz]({each.source}); {each.runtime}",
        f"{each.milliseconds:.4g}",
        f"{estimate.milliseconds:.4g}",
        f"{estimate.milliseconds / each.milliseconds:.2f}",
        f"{estimate.low:.4g} to {estimate.high:.4g}",
    )


def _linked(text: str) -> str:
    return re.sub(r"https?://[^\s,;]+[^\s,.;:]", r"<\g<0>>", text)
