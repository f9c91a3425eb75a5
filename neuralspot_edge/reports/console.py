"""Results as tables for a person. Pure functions from values to Rich renderables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from neuralspot_edge.pipeline import Check, ExportResult, RunResult, VerifyResult
    from neuralspot_edge.recipes import Recipe
    from neuralspot_edge.recipes.facts import PresetDescription

__all__ = [
    "dataset_table",
    "export_table",
    "layer_table",
    "preset_table",
    "recipe_table",
    "run_summary",
    "verify_table",
]

_COLOURS = {"passed": "green", "failed": "bold red", "not run": "yellow", "not proven": "bold yellow"}
_CHECKS = {"tflm_vs_litert": "TFLM vs LiteRT", "drop_vs_float": "device vs float"}


def preset_table(presets: Sequence[PresetDescription]) -> RenderableType:
    """The presets: a row of figures each, and below it what it is for, which fits no column of a terminal."""
    rows = [
        (preset.name, f"{preset.task:<14}  {preset.parameters:>10,}  {preset.int8_bytes:>10,}", preset.description)
        for preset in presets
    ]
    return _catalogue(("preset", f"{'task':<14}  parameters  int8 bytes"), rows)


def dataset_table(datasets: Sequence[Mapping[str, Any]]) -> RenderableType:
    """The data sets, in the manner of `preset_table`."""
    rows = [
        (
            entry["name"],
            f"{' '.join(entry['tasks']):<14}  {entry['window']:>6}  {len(entry['channels']):>8}  "
            f"{entry['sampling_rate']:>7g}",
            entry["description"],
        )
        for entry in datasets
    ]
    return _catalogue(("data set", f"{'task':<14}  window  channels       Hz"), rows)


def _catalogue(header: tuple[str, str], rows: Sequence[tuple[str, str, str]]) -> RenderableType:
    if not rows:
        return Text("nothing has such a name; without a pattern all are listed")
    width = max(len(name) for name, _, _ in rows)
    lines: list[RenderableType] = [Text(f"{header[0]:<{width}}  {header[1]}", "bold")]
    for name, figures, description in rows:
        lines.append(Text.assemble((f"{name:<{width}}", "bold cyan"), f"  {figures}"))
        lines.append(Padding(Text(description, "dim"), (0, 0, 0, 4)))
    return Group(*lines)


def recipe_table(recipe: Recipe, facts: Mapping[str, Any]) -> RenderableType:
    """A recipe's fields with all defaults filled in, one a row, then what follows from them."""
    table = _table("field", "value", title=recipe.name)
    for key, value in _flatten(recipe.to_dict()):
        table.add_row(key, value)
    for name, value in facts.items():
        table.add_row(f"({name.replace('_', ' ')})", _show(value))
    return table


def layer_table(layers: Sequence[Mapping[str, Any]]) -> RenderableType:
    """The layers of a model, and the sum of their parameters."""
    table = _table("layer", "kind", "output", ("parameters", "right"))
    for layer in layers:
        shape = " x ".join(map(str, layer["output_shape"]))
        table.add_row(layer["name"], layer["kind"], shape, f"{layer['parameters']:,}")
    table.add_section()
    table.add_row("all", "", "", f"{sum(layer['parameters'] for layer in layers):,}")
    return table


def export_table(result: ExportResult) -> RenderableType:
    """What an export wrote."""
    table = _facts()
    for name, value in _export_rows(result):
        table.add_row(name, value)
    return table


def verify_table(result: VerifyResult) -> RenderableType:
    """The checks, one a row, with their figures and limits."""
    table = _table("check", "status", ("figure", "right"), ("limit", "right"), "detail")
    for check in result.checks:
        table.add_row(
            _CHECKS.get(check.name, check.name),
            Text(check.status, _COLOURS[check.status]),
            _measure(check, check.figure),
            _measure(check, check.limit),
            check.detail,
        )
    return table


def run_summary(result: RunResult) -> RenderableType:
    """A run in one screen: data, model, file, checks, and where the report is."""
    data, training = result.training.data, result.training
    table = _facts(title=result.recipe.name)
    counts = f"{len(data.train)} train, {len(data.validation)} validation, {len(data.test)} held out"
    table.add_row("data", f"{data.dataset.name}: {counts} windows")
    table.add_row("model", f"{training.model.count_params():,} parameters")
    best = training.best
    table.add_row(
        "training", f"{len(training.history)} epochs, best val_loss {best.val_loss:.4f} at epoch {best.number}"
    )
    for name, value in _export_rows(result.exported):
        table.add_row(name, value)
    verdict = Text("verified on TensorFlow Lite Micro", "bold green")
    if not result.verified.ok:
        verdict = Text("a gate failed, or nothing is proven", "bold red")
    report = Text(f"report: {result.folder / 'report.json'}", overflow="fold")
    return Group(table, verify_table(result.verified), verdict, report)


def _export_rows(result: ExportResult) -> Iterable[tuple[str, str]]:
    operators = ", ".join(f"{count} {kind}" for kind, count in result.operators.items())
    yield "file", f"{result.path}, {result.size_bytes:,} bytes"
    yield "quantization", f"{result.quantization}, {result.io} input and output, calibrated with {result.calibration}"
    yield f"{sum(result.operators.values())} operators", operators


def _measure(check: Check, value: float | None) -> str:
    return "" if value is None else f"{value:.4g} {check.unit}".rstrip()


def _flatten(value: Any, place: str = "") -> Iterable[tuple[str, str]]:
    """Nested fields as dotted names, as `--set` takes them; empty ones are left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flatten(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _flatten(item, f"{place}.{index}")
    elif value is not None:
        yield place, _show(value)


def _show(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_show, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "the whole window" if value is None else str(value)


def _facts(title: str | None = None) -> Table:
    table = Table(show_header=False, title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _table(*columns: str | tuple[str, Literal["right"]], title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        name = column if isinstance(column, str) else column[0]
        table.add_column(name, justify="left" if isinstance(column, str) else column[1], overflow="fold")
    return table
