"""The figure of the page on WaveNet, as SVG that takes its colours from the page."""

from __future__ import annotations

__all__ = ["gated_unit"]

_BOX_WIDTH, _BOX_HEIGHT = 128, 30
_LEFT, _MIDDLE, _RIGHT, _HEAD = 100, 172, 244, 432
"""Centres of the columns: filter, unit, gate, head."""


def gated_unit() -> str:
    """One unit, and the head that the outputs of all units go to."""
    parts = [
        _text(_MIDDLE, 12, "input of the unit"),
        _line(f"M {_MIDDLE} 18 V 40 M {_LEFT} 40 H {_RIGHT}"),
        *(_arrow(f"M {x} 40", x, 56, "down") for x in (_LEFT, _RIGHT)),
        *(_box(x, 56, "dilated conv", is_main=True) for x in (_LEFT, _RIGHT)),
        *(_arrow(f"M {x} 86", x, 102, "down") for x in (_LEFT, _RIGHT)),
        _box(_LEFT, 102, "tanh"),
        _box(_RIGHT, 102, "sigmoid"),
        _arrow(f"M {_LEFT} 132 V 160", _MIDDLE - 11, 160, "right"),
        _arrow(f"M {_RIGHT} 132 V 160", _MIDDLE + 11, 160, "left"),
        _circle(160, "×"),  # noqa: RUF001 - the sign of multiplication is meant
        _arrow(f"M {_MIDDLE} 171", _MIDDLE, 204, "down"),
        _box(_MIDDLE, 204, "1x1 conv", is_main=True),
        _arrow(f"M {_MIDDLE} 234", _MIDDLE, 252, "down"),
        _circle(263, "+"),
        _arrow(f"M {_MIDDLE} 28 H 18 V 263", _MIDDLE - 11, 263, "right", kind="skip"),
        _arrow(f"M {_MIDDLE} 274", _MIDDLE, 296, "down"),
        _text(_MIDDLE, 310, "to the next unit"),
        *_head_parts(),
    ]
    title = "A gated unit: tanh of one dilated convolution times the sigmoid of another, then the sums of all units"
    shape = 'viewBox="0 0 516 316" width="516" height="316"'
    svg = f'<svg class="nse-figure" {shape} role="img"><title>{title}</title>{"".join(parts)}</svg>'
    caption = "A gated unit of the <code>full</code> variant, and the head that the products of all units go to"
    return f'<figure class="nse-wide">{svg}<figcaption>{caption}</figcaption></figure>'


def _head_parts() -> list[str]:
    """From the product of the unit to the right, and down."""
    steps = ("1x1 conv of all units", "ReLU, 1x1 conv, ReLU", "1x1 conv to classes")
    tops = (174, 218, 262)
    return [
        _arrow(f"M {_MIDDLE} 189", _HEAD - _BOX_WIDTH / 2 - 16, 189, "right"),
        *(_arrow(f"M {_HEAD} {top - 14}", _HEAD, top, "down") for top in (tops[1], tops[2])),
        *(_box(_HEAD, top, text, is_main=True, extra=32) for top, text in zip(tops, steps, strict=True)),
        _text(_HEAD, 310, "output"),
    ]


def _box(x: float, top: float, text: str, *, is_main: bool = False, extra: float = 0) -> str:
    width = _BOX_WIDTH + extra
    kind = "box main" if is_main else "box"
    rectangle = f'<rect class="{kind}" x="{x - width / 2}" y="{top}" width="{width}" height="{_BOX_HEIGHT}" rx="4"/>'
    return rectangle + _text(x, top + _BOX_HEIGHT / 2 + 4, text)


def _circle(y: float, sign: str) -> str:
    return f'<circle class="box" cx="{_MIDDLE}" cy="{y}" r="11"/>{_text(_MIDDLE, y + 5, sign)}'


def _line(path: str) -> str:
    return f'<path class="flow" d="{path}"/>'


def _arrow(start: str, x: float, y: float, towards: str, kind: str = "flow") -> str:
    """A line from where `start` ends, straight to its head."""
    back = {"down": ((-4, -6), (4, -6)), "right": ((-6, -4), (-6, 4)), "left": ((6, -4), (6, 4))}[towards]
    corners = " ".join(f"{x + dx},{y + dy}" for dx, dy in ((0, 0), *back))
    last = f"V {y}" if towards == "down" else f"H {x}"
    return f'<path class="{kind}" d="{start} {last}"/><polygon class="head" points="{corners}"/>'


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle">{text}</text>'
