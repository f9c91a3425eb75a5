"""Small histograms for a table: the values of an activation, with the ends of int8's range.

They are drawn by hand: sixty of Matplotlib's would make the page slow and large.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from neuralspot_edge.reports.quantization import bars
from neuralspot_edge.reports.values import figure

__all__ = ["histogram_svg"]

_BINS = 64
"""Bars of a picture: as many as a report has counts."""

_WIDTH, _HEIGHT = 192, 40
_LEAST = 2
"""Units that the lowest bar has: one value of a million is still there."""


def histogram_svg(activation: Mapping[str, Any]) -> str:
    """The histogram of an activation; heights are logarithmic, and what int8 cuts off has another colour.

    Args:
        activation: `activation` of a layer.

    Returns:
        An `<svg>` element; empty where there is no histogram.
    """
    drawn = bars(activation, _BINS)
    if not drawn:
        return ""
    label = (
        f"values from {figure(activation.get('seen_low'))} to {figure(activation.get('seen_high'))}, int8 has "
        f"{figure(activation['low'])} to {figure(activation['high'])}"
    )
    root = ElementTree.Element("svg", {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img", "aria-label": label})
    ElementTree.SubElement(root, "title").text = label
    for colour, wanted in (("var(--series-1)", False), ("var(--series-2)", True)):
        parts = (_draw(i, bar.height) for i, bar in enumerate(drawn) if bar.height and bar.is_cut_off == wanted)
        _path(root, parts, {"fill": colour})
    _path(root, [f"M0 {_HEIGHT - 0.5}H{_WIDTH}"], {"stroke": "var(--line)"})
    ends = [f"M{_place(activation, activation[end]):.1f} 0V{_HEIGHT}" for end in ("low", "high")]
    _path(root, ends, {"stroke": "var(--ink)", "stroke-width": "1.5"})
    return ElementTree.tostring(root, encoding="unicode")


def _draw(index: int, height: float) -> str:
    width = _WIDTH / _BINS
    rise = max(_LEAST, height * _HEIGHT)
    return f"M{index * width:g} {_HEIGHT}v{-rise:.1f}h{width:g}V{_HEIGHT}z"


def _place(activation: Mapping[str, Any], value: float) -> float:
    """Where a value stands from left to right, half a line within the picture."""
    histogram = activation["histogram"]
    share = (value - histogram["low"]) / (histogram["high"] - histogram["low"])
    return float(min(max(_WIDTH * share, 1), _WIDTH - 1))


def _path(root: ElementTree.Element, parts: Iterable[str], style: Mapping[str, str]) -> None:
    if drawn := "".join(parts):
        ElementTree.SubElement(root, "path", {"d": drawn, **style})
