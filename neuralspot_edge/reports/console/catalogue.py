"""What there is to choose from: presets, data sets and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from neuralspot_edge.recipes.facts import PresetDescription

__all__ = ["dataset_table", "preset_table", "target_catalogue"]


def preset_table(presets: Sequence[PresetDescription]) -> RenderableType:
    """The presets: a row of figures each, and below it task and purpose, which fit no column of a terminal."""
    rows = [
        (
            preset.name,
            f"{preset.parameters:>10,}  {preset.macs:>10,}  {preset.int8_bytes:>10,}  {preset.arena_bytes:>7,}",
            f"{preset.task}: {preset.description}" if preset.description else preset.task,
        )
        for preset in presets
    ]
    return _catalogue(("preset", "parameters        MACs  int8 bytes    arena"), rows)


def dataset_table(datasets: Sequence[Mapping[str, Any]]) -> RenderableType:
    """The data sets, in the manner of `preset_table`."""
    rows = [
        (
            entry["name"],
            f"{' '.join(entry['tasks']):<14}  {entry['window']:>6}  {len(entry['channels']) or '-':>8}  "
            f"{'-' if entry['sampling_rate'] is None else format(entry['sampling_rate'], 'g'):>7}",
            entry["description"],
        )
        for entry in datasets
    ]
    return _catalogue(("data set", f"{'task':<14}  window  channels       Hz"), rows)


def target_catalogue(targets: Sequence[Mapping[str, Any]]) -> RenderableType:
    """The chips and cores, in the manner of `preset_table`; a core has no memory of its own."""
    rows = [
        (
            entry["name"],
            f"{entry['core']:<12}  {entry['clock_mhz']:>5g}  {_kib(entry['flash_bytes']):>9}  "
            f"{_kib(entry['ram_bytes']):>7}",
            entry["description"],
        )
        for entry in targets
    ]
    return _catalogue(("target", f"{'core':<12}    MHz  flash KiB  RAM KiB"), rows)


def _kib(size: int | None) -> str:
    return "" if size is None else f"{size / 1024:,.0f}"


def _catalogue(header: tuple[str, str], rows: Sequence[tuple[str, str, str]]) -> RenderableType:
    if not rows:
        return Text("nothing has such a name; without a pattern all are listed")
    width = max(len(name) for name, _, _ in rows)
    lines: list[RenderableType] = [Text(f"{header[0]:<{width}}  {header[1]}", "bold")]
    for name, figures, description in rows:
        lines.append(Text.assemble((f"{name:<{width}}", "bold cyan"), f"  {figures}"))
        lines.append(Padding(Text(description, "dim"), (0, 0, 0, 4)))
    return Group(*lines)
