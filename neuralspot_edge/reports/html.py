"""report.html: a run or a profile as one self-contained page, without scripts and without a network."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralspot_edge.reports import values
from neuralspot_edge.reports.histograms import histogram_svg
from neuralspot_edge.reports.plots import memory_timeline, training_curve
from neuralspot_edge.reports.quantization import bar_share, decibels, quant_lines, share, spread
from neuralspot_edge.reports.streaming import proof_status, stream_costs, stream_lines, stream_proof
from neuralspot_edge.reports.summary import CHECKS, confusion, judge, peak_layers, tiles
from neuralspot_edge.reports.values import dig

if TYPE_CHECKING:
    import jinja2
    import markupsafe

__all__ = ["render_html"]

# Without the punctuation of the sentence around it.
_LINK = re.compile(r"""(https?://[^\s,;)<>"']*[^\s,;)<>"'.:])""")


@dataclass(frozen=True)
class _Section:
    """A section of the page.

    Attributes:
        name: Of its template and its anchor.
        title: Its heading.
        is_there: Whether a report has what it shows.
    """

    name: str
    title: str
    is_there: Callable[[Mapping[str, Any]], Any]


def _has(*paths: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda report: any(dig(report, *path.split(".")) not in (None, [], {}, "") for path in paths)


# In the order in which a person asks.
_SECTIONS = (
    _Section("gates", "Gates", lambda _: True),
    _Section("accuracy", "Before and after quantization", _has("verification.metric_value", "verification.confusion")),
    _Section("ladder", "Ways to int8", _has("export.ladder")),
    _Section("quantization", "Quantization", _has("quantization.layers", "quantization.advice")),
    _Section("streaming", "Streaming", _has("export.streaming")),
    _Section("training", "Training", _has("training.history")),
    _Section("costs", "Cost by layer", _has("profile.layers")),
    _Section("memory", "Memory", _has("profile.memory.plan", "profile.memory.measured")),
    _Section("support", "Operator support", _has("profile.support")),
    _Section("targets", "Targets", _has("profile.targets")),
    _Section("model", "The file", _has("profile.model", "export")),
    _Section("recipe", "Recipe", _has("recipe")),
    _Section("dataset", "Data", _has("dataset")),
    _Section("versions", "Versions and seed", _has("versions", "training.seed")),
)

_KINDS = {"passed": "good", "failed": "bad", "not proven": "warn", "not run": "idle"}
_VERDICTS = {"holds": "passed", "loses": "not proven", "refused": "not run"}
"""A way to int8 that loses too much is no failure: it is why the next was tried."""
_SIGNS = {"good": "✓", "bad": "✗", "warn": "!", "idle": "○"}


def render_html(report: Mapping[str, Any]) -> str:
    """The page of a report.

    Args:
        report: What report.json holds. Every part may be missing: a page of `{"profile": ...}` alone shows what a
            file costs, and says that nothing was verified.

    Returns:
        One HTML document. It loads nothing and runs nothing.
    """
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            profile=report.get("profile") or {},
            verification=report.get("verification") or {},
            name=str(report.get("name") or dig(report, "profile", "model", "name") or "model"),
            verdict=judge(report),
            tiles=tiles(report),
            sections=[section for section in _SECTIONS if section.is_there(report)],
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("neuralspot_edge.reports"),
        # Names of classes, channels and layers are the user's and may hold HTML.
        autoescape=True,
        # A missing part is empty, and so is what lies in it.
        undefined=jinja2.ChainableUndefined,
        finalize=lambda value: "" if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("change", "count", "figure", "percent", "shape")
    environment.filters.update({name: getattr(values, name) for name in names})
    environment.filters.update(
        yaml=_yaml, linked=_linked, timeline=memory_timeline, curve=training_curve, at_peak=peak_layers
    )
    environment.filters.update(
        stream_lines=stream_lines, stream_costs=stream_costs, stream_proof=stream_proof, proof_status=proof_status
    )
    environment.filters.update(bar_share=bar_share, decibels=decibels, quant_lines=quant_lines, share=share)
    environment.filters.update(histogram=histogram_svg, spread=spread)
    environment.globals.update(checks=CHECKS, confusion=confusion, kinds=_KINDS, signs=_SIGNS, verdicts=_VERDICTS)
    return environment


def _linked(text: str) -> markupsafe.Markup:
    """The text with its addresses as links."""
    import markupsafe

    link = markupsafe.Markup('<a href="{0}" rel="noreferrer">{0}</a>')
    # What was split at is every second part; joining escapes the others.
    parts = (link.format(part) if index % 2 else part for index, part in enumerate(_LINK.split(text)))
    return markupsafe.Markup("").join(parts)


def _yaml(content: Any) -> str:
    import yaml

    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
