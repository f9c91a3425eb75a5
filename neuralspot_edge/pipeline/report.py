"""report.json and report.html in a run's folder: written by a run, and kept true when a later command changes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.files import write_text
from neuralspot_edge.pipeline.folder import PAGE, REPORT
from neuralspot_edge.pipeline.profile import Profile, list_chips, profile
from neuralspot_edge.reports.html import render_html
from neuralspot_edge.reports.report_json import REPORT_SCHEMA_VERSION, describe_export, describe_verification

if TYPE_CHECKING:
    from neuralspot_edge.pipeline.export import ExportResult
    from neuralspot_edge.pipeline.quant_report import QuantReport
    from neuralspot_edge.pipeline.verify import VerifyResult
    from neuralspot_edge.recipes import Recipe

__all__ = ["note_export", "note_verification", "profile_for", "write_report"]


def profile_for(path: Path, recipe: Recipe) -> Profile:
    """The profile of a run's file: on the recipe's target first, then on every chip that is known."""
    return profile(path, [*([recipe.target] if recipe.target else []), *list_chips()])


def write_report(folder: Path, report: dict[str, Any]) -> Path:
    """Writes the facts as report.json, and as the page report.html; returns the page's path."""
    write_text(folder / REPORT, json.dumps(report, indent=2) + "\n")
    return write_text(folder / PAGE, render_html(report))


def note_export(
    folder: Path, recipe: Recipe, exported: ExportResult, quantization: Callable[[], QuantReport | None]
) -> None:
    """Puts a new export into the report of its run, if there is one; what was proven of the old file is dropped.

    Args:
        folder: The run's.
        recipe: Its recipe.
        exported: The new file.
        quantization: Measures what int8 costs it.
    """
    report = _read(folder)
    if report is not None:
        facts = {
            "ok": None,
            "export": describe_export(exported),
            "quantization": None if (measured := quantization()) is None else measured.to_dict(),
            "profile": profile_for(exported.path, recipe).to_dict(),
            "verification": None,
        }
        write_report(folder, report | facts)


def note_verification(folder: Path, verified: VerifyResult) -> None:
    """Puts a new proof into the report of its run, if there is one."""
    report = _read(folder)
    if report is not None:
        write_report(folder, report | {"ok": verified.ok, "verification": describe_verification(verified)})


def _read(folder: Path) -> dict[str, Any] | None:
    """The report; None where there is none. One of an earlier version goes: it would speak of a file that is gone."""
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        version = report["schema_version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if version == REPORT_SCHEMA_VERSION:
        return dict(report)
    if version in range(REPORT_SCHEMA_VERSION):
        (folder / REPORT).unlink()
    return None
