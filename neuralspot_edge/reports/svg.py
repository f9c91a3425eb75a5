"""Matplotlib's figures as inline SVG that takes its colours and its font from the page around it.

Figures are drawn in placeholder colours. On the way into the page each becomes a CSS variable, so that one picture
suits light, dark and print.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ACCENT", "ACCENT_PALE", "GRID", "GROUND", "INK", "MUTED", "SECOND", "SECOND_PALE", "inline_svg", "style"]

INK, MUTED, GRID, GROUND = "#fe0101", "#fe0102", "#fe0103", "#fe0104"
ACCENT, ACCENT_PALE, SECOND, SECOND_PALE = "#fe0105", "#fe0106", "#fe0107", "#fe0108"

_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--line)",
    GROUND: "var(--ground)",
    ACCENT: "var(--series-1)",
    ACCENT_PALE: "var(--series-1-pale)",
    SECOND: "var(--series-2)",
    SECOND_PALE: "var(--series-2-pale)",
}
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_FONT_FAMILY = re.compile(r"\s*font-family:[^;]*;?")
_REFERENCE = re.compile(r"(^#|url\(#)([\w.-]+)")
_NO_ROTATION = re.compile(r"rotate\(-?0 .*\)")


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib's settings for figures that go through `inline_svg`; draw inside of the block.

    They begin from Matplotlib's defaults, so that a style of the user's own changes no picture.
    """
    import matplotlib as mpl

    settings: dict[Any, Any] = {
        "axes.axisbelow": True,
        "axes.edgecolor": MUTED,
        "axes.grid": True,
        "axes.labelcolor": MUTED,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.size": 12.5,
        "grid.color": GRID,
        "hatch.linewidth": 1.2,
        "svg.fonttype": "none",
        "svg.hashsalt": "neuralspot_edge",
        # A dollar sign in a name is no formula.
        "text.parse_math": False,
        "text.color": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
    }
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield


def inline_svg(figure: Figure, name: str, title: str, tooltips: Mapping[str, str] | None = None) -> str:
    """A figure as an `<svg>` element to put into a page.

    Args:
        figure: What was drawn within `style()`.
        name: Begins every id, so that two pictures can stand on one page.
        title: What a screen reader says of it.
        tooltips: Texts by the `gid` of the artists that show them.

    Returns:
        The element, without XML prologue, fonts, fixed size, date or ids that nothing refers to.
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(drawn.getvalue())
    _strip_prologue(root)
    elements = list(root.iter())
    _add_tooltips(elements, tooltips or {})
    for element in elements:
        _restyle(element)
    # Last: by now the only # that begins a value is that of a reference.
    _rename_ids(elements, name)
    root.attrib = {"viewBox": root.get("viewBox", ""), "role": "img", "aria-label": title}
    return ElementTree.tostring(root, encoding="unicode")


def _strip_prologue(root: ElementTree.Element) -> None:
    """HTML needs no namespaces, and a `<style>` of Matplotlib's would hold for the whole page."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        element.tail = None
        element.text = element.text if element.tag == "text" else None
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("metadata", "style"):
                parent.remove(child)


def _add_tooltips(elements: list[ElementTree.Element], tooltips: Mapping[str, str]) -> None:
    for element in elements:
        text = tooltips.get(element.get("id", ""))
        if text is not None:
            title = ElementTree.Element("title")
            title.text = text
            element.insert(0, title)


def _rename_ids(elements: list[ElementTree.Element], name: str) -> None:
    """Keeps the ids that something refers to, and makes them the picture's own."""
    values = (value for element in elements for value in element.attrib.values())
    used = {match[2] for value in values for match in _REFERENCE.finditer(value)}
    for element in elements:
        for key, value in element.attrib.items():
            element.set(key, _REFERENCE.sub(rf"\g<1>{name}-\g<2>", value))
        identity = element.attrib.pop("id", None)
        if identity in used:
            element.set("id", f"{name}-{identity}")


def _restyle(element: ElementTree.Element) -> None:
    if _NO_ROTATION.fullmatch(element.get("transform", "")):
        del element.attrib["transform"]
    for key, value in element.attrib.items():
        text = _FONT_FAMILY.sub("", value) if key == "style" else value
        for placeholder, variable in _VARIABLES.items():
            text = text.replace(placeholder, variable)
        element.set(key, " ".join(_LONG_NUMBER.sub(_round, text).split()))


def _round(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0")
