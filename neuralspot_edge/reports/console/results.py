"""What the commands of a run did: export, proof, the whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from neuralspot_edge.reports.console.streaming import stream_rows, stream_table
from neuralspot_edge.reports.console.tables import COLOURS, facts, table
from neuralspot_edge.reports.report_json import stream_to_dict
from neuralspot_edge.reports.summary import CHECKS
from neuralspot_edge.reports.values import figure

if TYPE_CHECKING:
    from neuralspot_edge.pipeline import Check, ExportResult, RunResult, VerifyResult
    from neuralspot_edge.pipeline.ladder import Ladder

__all__ = ["export_table", "run_summary", "verify_table"]

_VERDICTS = {"holds": "green", "loses": "yellow", "refused": "dim"}


def export_table(result: ExportResult) -> RenderableType:
    """What an export wrote."""
    rows = facts()
    for name, value in _export_rows(result):
        rows.add_row(name, value)
    parts: list[RenderableType] = [rows]
    if result.ladder is not None:
        parts.append(_ladder_table(result.ladder))
    if result.streaming is not None:
        parts.append(stream_table(stream_to_dict(result.streaming), "stream.tflite"))
    return Group(*parts)


def verify_table(result: VerifyResult) -> RenderableType:
    """The checks, one a row, with their figures and limits."""
    rows = table("check", "status", ("figure", "right"), ("limit", "right"), "detail")
    for check in result.checks:
        rows.add_row(
            CHECKS.get(check.name, check.name),
            Text(check.status, COLOURS[check.status]),
            _measure(check, check.figure),
            _measure(check, check.limit),
            check.detail,
        )
    return rows


def run_summary(result: RunResult) -> RenderableType:
    """A run in one screen: data, model, file, checks, and where the report is."""
    data, training = result.training.data, result.training
    rows = facts(title=result.recipe.name)
    counts = f"{len(data.train)} train, {len(data.validation)} validation, {len(data.test)} held out"
    rows.add_row("data", f"{data.dataset.name}: {counts} windows")
    rows.add_row("model", f"{training.model.count_params():,} parameters")
    best = training.best
    rows.add_row(
        "training", f"{len(training.history)} epochs, best val_loss {best.val_loss:.4f} at epoch {best.number}"
    )
    for name, value in (*_export_rows(result.exported), *_cost_rows(result)):
        rows.add_row(name, value)
    verdict = Text("verified on TensorFlow Lite Micro", "bold green")
    if not result.verified.ok:
        verdict = Text("a gate failed, or nothing is proven", "bold red")
    report = Text(f"report: {result.folder / 'report.html'}", overflow="fold")
    ways = [] if result.exported.ladder is None else [_ladder_table(result.exported.ladder)]
    return Group(rows, *ways, verify_table(result.verified), verdict, report)


def _ladder_table(ladder: Ladder) -> RenderableType:
    """The ways to int8 that were tried, judged on the validation split; the file's own has a star."""
    rows = table(
        "way to int8", "verdict", (ladder.metric, "right"), ("drop", "right"), ("error", "right"), "what was done"
    )
    rows.add_row("float", "", figure(ladder.float_metric_value), "", "", "")
    for rung in ladder.rungs:
        chosen = " *" if rung.method == ladder.method else ""
        colour = _VERDICTS[rung.status]
        figures = (figure(rung.metric_value), figure(rung.drop), figure(rung.error, 3))
        rows.add_row(rung.method + chosen, Text(rung.status, colour), *figures, rung.detail)
    return rows


def _export_rows(result: ExportResult) -> Iterable[tuple[str, str]]:
    operators = ", ".join(f"{count} {kind}" for kind, count in result.operators.items())
    yield "file", f"{result.path}, {result.size_bytes:,} bytes"
    yield "quantization", f"{result.quantization}, {result.io} input and output, calibrated with {result.calibration}"
    yield f"{sum(result.operators.values())} operators", operators
    if others := [path.name for path in result.files if path.parent == result.path.parent][1:]:
        yield "beside it", ", ".join(others)
    if any(path.parent != result.path.parent for path in result.files):
        yield "bundle", str(result.files[-1].parent)


def _cost_rows(result: RunResult) -> Iterable[tuple[str, str]]:
    """The file's cost, and how it does on the target that the recipe names: that stands first in the profile."""
    profile = result.report["profile"]
    totals = profile["totals"]
    if result.exported.streaming is not None:
        yield from stream_rows(stream_to_dict(result.exported.streaming))
    yield "cost", f"{totals['macs']:,} MACs, {totals['arena_bytes']:,} bytes of arena"
    if result.recipe.target:
        target = profile["targets"][0]
        latency = target["latency"]
        time = f", about {latency['milliseconds']:.3g} ms by estimate" if latency else ""
        yield "target", f"{'fits' if target['fits'] else 'does not fit'} {target['name']}{time}"


def _measure(check: Check, value: float | None) -> str:
    return "" if value is None else f"{value:.4g} {check.unit}".rstrip()
