"""What a file costs: layer by layer, in memory, on each backend and each target. From the JSON form of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neuralspot_edge.reports.console.tables import Name, facts, table
from neuralspot_edge.reports.streaming import stream_lines
from neuralspot_edge.reports.summary import peak_layers
from neuralspot_edge.reports.values import NOTHING, change, count, dig, figure, shape, si

__all__ = ["cost_table", "profile_table", "target_table"]

_FITS = {True: Text("fits", "green"), False: Text("does not fit", "bold red")}
_NO_LIMITS = Text("no limits", "dim")
_FEW = 3
_LEVELS = {"refused": "bold red", "runs": "yellow"}


def profile_table(profile: Mapping[str, Any]) -> RenderableType:
    """A profile in full: the model, its costs, its memory, what does not run, and where it fits."""
    parts = [_model(profile), cost_table(profile), _memory(profile), *_support(profile)]
    if profile.get("targets"):
        parts.append(target_table(profile))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts[:-1]), parts[-1])


def cost_table(profile: Mapping[str, Any]) -> RenderableType:
    """The cost of each layer, short enough for 80 columns, and the totals in full."""
    rows = _cost_columns()
    layers, totals = profile.get("layers") or (), profile.get("totals") or {}
    for layer in layers:
        dimensions = shape(layer.get("output_shape"), "x")
        rows.add_row(
            count(layer.get("index")),
            Name(layer.get("name") or ""),
            Name(layer.get("operator") or "", least=17),
            Name(dimensions, least=9),
            *_costs(layer),
            _bytes(layer.get("live_bytes")),
        )
    rows.add_section()
    rows.add_row("", "all", "", "", *_costs(totals), "")
    words = {"macs": "MACs", "elementwise": "elementwise operations", "arena_bytes": "bytes of arena"}
    line = ", ".join(f"{count(totals[key])} {what}" for key, what in words.items() if totals.get(key) is not None)
    uncounted = dig(profile, "model", "uncounted")
    if uncounted:
        line += f"; not counted, since their arithmetic is not known: {', '.join(uncounted)}"
    return Group(rows, Text(line))


def target_table(profile: Mapping[str, Any]) -> RenderableType:
    """Fit and estimated time on each target, and how the time was estimated."""
    targets = profile.get("targets") or ()
    rows = table("target", "core", "fits", ("flash left", "right"), ("RAM left", "right"), ("ms (estimate)", "right"))
    for target in targets:
        rows.add_row(
            Name(str(target.get("name"))),
            Name(str(target.get("core"))),
            _FITS.get(target.get("fits"), _NO_LIMITS),
            count(target.get("flash_margin_bytes")),
            count(target.get("ram_margin_bytes")),
            _latency(target),
        )
    return Group(rows, *(Text(note, "dim") for note in _target_notes(targets)))


def _target_notes(targets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The small print in words where a few targets were asked for; of all of them it would hide the table."""
    yield from (f"{target.get('name')}: {_npu(target['npu'])}" for target in targets if target.get("npu"))
    if len(targets) > _FEW:
        yield "Times are estimates, not measurements; --target NAME tells how one is made, and what does not fit."
        return
    for target in targets:
        if target.get("detail"):
            yield f"{target.get('name')}: {target['detail']}."
        if method := dig(target, "latency", "method"):
            yield f"{target.get('name')}: {method}"


def _npu(npu: Mapping[str, Any]) -> str:
    line = (
        f"{npu['accelerator']} by vela {npu['version']}: {npu['milliseconds']:.3g} ms (estimate), "
        f"{count(npu['sram_used_bytes'])} bytes of SRAM, {count(npu['npu_operators'])} operators on the NPU"
    )
    on_cpu = ", ".join(f"{operator['kind']} ({operator['reason']})" for operator in npu["cpu_operators"])
    return f"{line}; on the CPU: {on_cpu}" if on_cpu else line


def _model(profile: Mapping[str, Any]) -> RenderableType:
    model = profile.get("model") or {}
    rows = facts()
    rows.add_row("model", f"{model.get('name') or 'model'}, {count(model.get('size_bytes'))} bytes")
    for key in ("inputs", "outputs"):
        rows.add_row(key, "; ".join(_tensor(end) for end in model.get(key) or () if not end.get("is_state")))
    if streaming := model.get("streaming"):
        rows.add_row("streaming", "; ".join(f"{name} {value}" for name, value in stream_lines(streaming)))
    operators = model.get("operators") or {}
    listed = ", ".join(f"{number} {kind}" for kind, number in operators.items())
    rows.add_row(f"{sum(operators.values())} operators", listed)
    return rows


def _tensor(tensor: Mapping[str, Any]) -> str:
    words = f"{tensor.get('name')} {shape(tensor.get('shape'), ' x ')} {tensor.get('dtype')}"
    if tensor.get("scale") is None:
        return words
    return f"{words}, scale {figure(tensor['scale'])}, zero point {tensor.get('zero_point')}"


def _cost_columns() -> Table:
    # One space between columns, figures never cut: at 80 columns only the layer's name gives way.
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    made.add_column("#", justify="right", no_wrap=True, vertical="bottom")
    for header in ("layer", "operator", "output"):
        made.add_column(header)
    for header in ("MACs", "elem.\nops", "weight\nbytes", "activ.\nbytes", "live\nbytes"):
        made.add_column(header, justify="right", no_wrap=True)
    return made


def _costs(row: Mapping[str, Any]) -> tuple[str, ...]:
    counts = (si(row.get(key)) for key in ("macs", "elementwise"))
    return (*counts, *(_bytes(row.get(key)) for key in ("weight_bytes", "activation_bytes")))


def _bytes(value: Any) -> str:
    return count(value) if value is None or value < 1_000_000 else si(value)


def _memory(profile: Mapping[str, Any]) -> RenderableType:
    plan, measured, cortex_m = (dig(profile, "memory", key) or {} for key in ("plan", "measured", "cortex_m"))
    columns = ("plan", "TFLM, x86-64", "difference", "Cortex-M, calculated")
    rows = table("arena, bytes", *((column, "right") for column in columns))
    for name, key in (
        ("tensors and scratch", "tensor_bytes"),
        ("  of it scratch", "scratch_bytes"),
        ("persistent", "persistent_bytes"),
        ("all", "total_bytes"),
        ("to load", "loading_bytes"),
    ):
        figures = plan.get(key), measured.get(key)
        rows.add_row(name, *map(count, figures), change(figures[1], figures[0]), count(cortex_m.get(key)))
    notes = [] if measured else [dig(profile, "memory", "measured_detail")]
    notes += [_peak(profile), dig(profile, "memory", "note")]
    return Group(rows, *(Text(note, "dim") for note in notes if note))


def _peak(profile: Mapping[str, Any]) -> str:
    layers = peak_layers(profile)
    named = [f"{layer.get('index')} {layer.get('operator')} {layer.get('name')}" for layer in layers[:_FEW]]
    more = f" and {len(layers) - _FEW} more" if len(layers) > _FEW else ""
    return f"The peak is at operator {', '.join(named)}{more}." if named else ""


def _support(profile: Mapping[str, Any]) -> Iterator[RenderableType]:
    backends = profile.get("support") or ()
    if not backends:
        return
    rows = table("backend", ("fast", "right"), ("run", "right"), ("refused", "right"))
    for backend in backends:
        levels = (count(backend.get(level)) for level in ("fast", "runs", "refused"))
        rows.add_row(str(backend.get("backend")), *levels)
    problems = [problem for backend in backends for problem in _problems(backend)]
    yield Group(rows, *problems)


def _problems(backend: Mapping[str, Any]) -> Iterator[RenderableType]:
    """A line for each reason, with the operators that it holds for; refusals first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for problem in backend.get("problems") or ():
        key = tuple(str(problem.get(name) or "") for name in ("level", "operator", "reason", "remedy"))
        groups.setdefault(key, []).append(f"{problem.get('operator_index')} {problem.get('layer')}")
    for (level, operator, reason, remedy), places in sorted(groups.items(), key=lambda it: it[0][0] != "refused"):
        yield Text.assemble(f"{backend.get('backend')} ", (level, _LEVELS.get(level, "")), f" {operator}: {reason}")
        yield Padding(Text("; ".join(filter(None, (f"at {', '.join(places)}", remedy))), "dim"), (0, 0, 0, 4))


def _latency(target: Mapping[str, Any]) -> str:
    latency = target.get("latency") or {}
    if latency.get("milliseconds") is None:
        return NOTHING
    low, best, high = (figure(latency.get(key), 2) for key in ("low", "milliseconds", "high"))
    return f"{best} ({low}-{high})"
