"""A report in one screen: what was proven, and the few figures that a person asks for first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from neuralspot_edge.reports.values import count, dig, figure, is_number, kilobytes, percent, si

__all__ = ["CHECKS", "Confusion", "Tile", "Verdict", "confusion", "judge", "peak_layers", "tiles"]

CHECKS = {
    "tflm_vs_litert": "TFLM vs LiteRT",
    "drop_vs_float": "file vs float",
    "stream_vs_window": "step vs window",
    "stream_tflm_vs_litert": "step: TFLM vs LiteRT",
}
"""The checks of a proof, as a person reads them."""


@dataclass(frozen=True)
class Verdict:
    """What was proven of a file.

    Attributes:
        status: As that of a check; `passed` only where TensorFlow Lite Micro itself was played and no gate failed.
        title: In one line.
        detail: What it rests on.
    """

    status: Literal["passed", "failed", "not proven", "not run"]
    title: str
    detail: str


@dataclass(frozen=True)
class Tile:
    """A key figure.

    Attributes:
        label: What it is, with its unit.
        value: The figure.
        note: One line on it, may be empty.
    """

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix to be shown.

    Attributes:
        title: Whose outputs they are.
        classes: Names of rows and columns.
        counts: Rows are true classes, columns are predicted ones.
        shares: The counts as shares of their row, 0 to 1.
        recalls: For each row the share of its diagonal, as a person reads it.
    """

    title: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    recalls: tuple[str, ...]


def judge(report: Mapping[str, Any]) -> Verdict:
    """The verdict on a report; what was not tried is never called proven."""
    checks = list(dig(report, "verification", "checks") or ())
    statuses = {check.get("name"): check.get("status") for check in checks}
    if "failed" in statuses.values():
        failed = (str(name) for name, status in statuses.items() if status == "failed")
        names = ", ".join(CHECKS.get(name, name) for name in failed)
        return Verdict("failed", f"A gate failed: {names}", _details(checks, "failed"))
    if "not proven" in statuses.values():
        return Verdict("not proven", "Not proven on TensorFlow Lite Micro", _details(checks, "not proven"))
    if statuses.get("tflm_vs_litert") == "passed":
        return Verdict("passed", "Verified on TensorFlow Lite Micro", _extent(report))
    return Verdict("not run", "Not verified", "No real input was played through TensorFlow Lite Micro.")


def tiles(report: Mapping[str, Any]) -> tuple[Tile, ...]:
    """The key figures that the report has."""
    return tuple(_tiles(report))


def peak_layers(profile: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The layers that run while the most memory is needed."""
    layers: Sequence[Mapping[str, Any]] = profile.get("layers") or ()
    peak = dig(profile, "memory", "plan", "peak_operators") or ()
    return tuple(layers[int(index)] for index in peak if is_number(index) and 0 <= index < len(layers))


def confusion(report: Mapping[str, Any]) -> tuple[Confusion, ...]:
    """The confusion matrices that the report has, the file's own first."""
    names = dig(report, "dataset", "classes") or dig(report, "recipe", "classes") or ()
    titles = {"confusion": dig(report, "export", "quantization") or "the file", "float_confusion": "float model"}
    matrices = ((title, dig(report, "verification", key)) for key, title in titles.items())
    return tuple(_confusion(title, matrix, names) for title, matrix in matrices if matrix)


def _details(checks: Sequence[Mapping[str, Any]], status: str) -> str:
    return "; ".join(str(check["detail"]) for check in checks if check.get("status") == status and check.get("detail"))


def _extent(report: Mapping[str, Any]) -> str:
    verification = report["verification"]
    windows, values, differing = (verification.get(key) for key in ("samples", "output_values", "differing_values"))
    if not all(map(is_number, (windows, values, differing))):
        return ""
    return f"{count(windows)} windows played; {count(differing)} of {count(values)} output values differ from LiteRT."


def _tiles(report: Mapping[str, Any]) -> Iterator[Tile]:
    verification, totals = report.get("verification") or {}, dig(report, "profile", "totals") or {}
    if is_number(verification.get("metric_value")):
        kind = dig(report, "export", "quantization") or "file's"
        label = f"{kind} {verification.get('metric') or 'metric'}"
        yield Tile(label, figure(verification["metric_value"]), _beside_float(verification))
    if is_number(dig(report, "quantization", "sqnr_db")) and dig(report, "quantization", "method") != "qat":
        yield Tile("SQNR of the outputs", f"{report['quantization']['sqnr_db']:.1f} dB", "int8 beside unrounded")
    size = dig(report, "export", "size_bytes") or dig(report, "profile", "model", "size_bytes")
    if is_number(size):
        yield Tile("file, bytes", count(size), kilobytes(size))
    if is_number(totals.get("arena_bytes")):
        origin = "read on x86-64" if dig(report, "profile", "memory", "measured") else "planned"
        yield Tile("arena, bytes", count(totals["arena_bytes"]), f"{kilobytes(totals['arena_bytes'])}, {origin}")
    if is_number(totals.get("macs")):
        what = "call" if dig(report, "profile", "model", "streaming") else "window"
        yield Tile(f"MACs for one {what}", si(totals["macs"]), count(totals["macs"]))
    if is_number(dig(report, "export", "streaming", "step_graph", "macs")):
        streaming = report["export"]["streaming"]
        note = f"{figure(streaming.get('times_fewer_macs'), 3)} times fewer than a window's"
        yield Tile("MACs for one call, streamed", si(streaming["step_graph"]["macs"]), note)
    if is_number(dig(report, "training", "parameters")):
        yield Tile("parameters", count(report["training"]["parameters"]))


def _beside_float(verification: Mapping[str, Any]) -> str:
    if not is_number(verification.get("float_metric_value")):
        return ""
    drops = (check for check in verification.get("checks") or () if check.get("name") == "drop_vs_float")
    drop = dig(next(drops, None), "figure")
    return f"float {figure(verification['float_metric_value'])}" + (f", drop {figure(drop)}" if is_number(drop) else "")


def _confusion(title: str, matrix: Sequence[Sequence[int]], names: Sequence[str]) -> Confusion:
    is_named = len(names) == len(matrix)
    sums = [sum(row) for row in matrix]
    return Confusion(
        title=title,
        classes=tuple(map(str, names)) if is_named else tuple(str(index) for index in range(len(matrix))),
        counts=tuple(tuple(row) for row in matrix),
        shares=tuple(tuple(value / (total or 1) for value in row) for row, total in zip(matrix, sums, strict=True)),
        recalls=tuple(percent(row[index], total) for index, (row, total) in enumerate(zip(matrix, sums, strict=True))),
    )
