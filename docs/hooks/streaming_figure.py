"""The figures of the page on streaming, as SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from neuralspot_edge.streaming.timeline import Signal

__all__ = ["delay", "window_and_step"]

_STEPS = 12
_LEFT, _COLUMN, _ROW, _TOP, _BELOW = 92, 22, 44, 32, 30


@dataclass(frozen=True)
class _Level:
    """A row of frames: the input, or what a convolution gives.

    Attributes:
        label: What stands before the row.
        newest: The last frame that is known.
        kept: Frames before it that are read again.
        inputs: The frames of the row below that the newest one is computed from.
    """

    label: str
    newest: int
    kept: range
    inputs: tuple[int, ...] = ()


def window_and_step() -> str:
    """A call of the window graph, and the same of the step graph."""
    kernel, dilations = 2, (1, 2, 4)
    levels = _levels(kernel, dilations, "causal")
    every = len(dilations) * _STEPS
    kept = sum(len(level.kept) for level in levels)
    window = [
        *(_edge(step - tap * dilation, row, step) for row, step, dilation, tap in _all_edges(kernel, dilations)),
        *_dots(levels, lambda *_: "seen"),
    ]
    captions = (
        f"Window graph: {every} frames computed for a new one",
        f"Step graph: {len(dilations)} frames computed, {kept} kept as states",
    )
    drawings = (window, [*_newest_edges(levels), *_dots(levels, _state)])
    figures = zip(drawings, captions, strict=True)
    return _figures((_svg(levels, parts, text), text) for parts, text in figures)


def delay() -> str:
    """A block of two convolutions that see both sides, and its shortcut."""
    levels = _levels(3, (1, 2), "same")
    output, below = levels[-1], levels[0]
    late = below.newest - output.newest
    shortcut = _column(output.newest), _row(0), _row(len(levels) - 1)
    parts = [
        *_newest_edges(levels),
        f'<path class="skip" stroke-dasharray="4 3" d="M {shortcut[0]} {shortcut[1]} V {shortcut[2]}"/>',
        *_dots(levels, _state),
        *_bracket(output.newest, below.newest, _row(len(levels) - 1) - 14, f"delay {late}"),
    ]
    caption = (
        f"Kernel 3, dilations 1 and 2, <code>same</code>: the frame of {late} steps ago is the newest that is known. "
        "The shortcut (dashed) waits as long, so the input is kept as long"
    )
    return _figures([(_svg(levels, parts, f"The output lags {late} steps behind the input"), caption)])


def _levels(kernel: int, dilations: Sequence[int], padding: str) -> list[_Level]:
    """The rows as the streaming code itself counts their frames."""
    signal = Signal(source=0, axis=1, frames=_STEPS, window=_STEPS)
    newest, readers = [signal.newest(_STEPS)], []
    for dilation in dilations:
        reach = (kernel - 1) * dilation
        ahead = reach // 2 if padding == "same" else 0
        signal = signal.padded(reach - ahead, ahead).after(kernel, dilation=dilation)
        newest.append(signal.newest(_STEPS))
        readers.append(tuple(newest[-1] + ahead - tap * dilation for tap in range(kernel)))
    oldest = [min(frames) for frames in readers]
    if padding == "same":
        oldest[0] = min(oldest[0], newest[-1])
    labels = ("input", *(f"dilation {dilation}" for dilation in dilations))
    starts = (*oldest, newest[-1])
    return [
        _Level(label, last, range(start, last), frames)
        for label, last, start, frames in zip(labels, newest, starts, ((), *readers), strict=True)
    ]


def _all_edges(kernel: int, dilations: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    for row, dilation in enumerate(dilations):
        for step in range(_STEPS):
            for tap in range(kernel):
                if step >= tap * dilation:
                    yield row, step, dilation, tap


def _newest_edges(levels: Sequence[_Level]) -> Iterator[str]:
    for row, level in enumerate(levels[1:]):
        for source in level.inputs:
            yield _edge(source, row, level.newest, "seen")


def _state(level: _Level, step: int) -> str:
    if step > level.newest:
        return "unseen"
    if step == level.newest:
        return "seen"
    return "kept" if step in level.kept else "gone"


def _dots(levels: Sequence[_Level], kind: Callable[[_Level, int], str]) -> Iterator[str]:
    for row, level in enumerate(levels):
        for step in range(_STEPS):
            name = kind(level, step)
            if name != "unseen":
                radius = 2 if name == "gone" else 5.5
                yield f'<circle class="{name}" cx="{_column(step)}" cy="{_row(row)}" r="{radius}"/>'


def _bracket(first: int, last: int, y: float, text: str) -> Iterator[str]:
    """Over the columns from `first` to `last`."""
    begin, end = _column(first), _column(last)
    yield f'<path class="flow" d="M {begin} {y + 5} V {y} H {end} V {y + 5}"/>'
    yield f'<text x="{(begin + end) / 2}" y="{y - 5}" text-anchor="middle">{text}</text>'


def _edge(source: int, row: int, step: int, kind: str = "flow") -> str:
    ends = f'x1="{_column(source)}" y1="{_row(row)}" x2="{_column(step)}" y2="{_row(row + 1)}"'
    return f'<line class="{kind}" {ends}/>'


def _svg(levels: Sequence[_Level], parts: Iterable[str], title: str) -> str:
    top, width = _row(len(levels) - 1) - _TOP, _column(_STEPS)
    notes = [f'<text class="note" x="2" y="{_row(row) + 4}">{level.label}</text>' for row, level in enumerate(levels)]
    notes.append(f'<text class="note" x="{_column(0) - 6}" y="{_BELOW - 6}">time →</text>')
    shape = f'viewBox="0 {top} {width} {_BELOW - top}" width="{width}" height="{_BELOW - top}"'
    return f'<svg class="nse-figure" {shape} role="img"><title>{title}</title>{"".join((*parts, *notes))}</svg>'


def _figures(drawings: Iterable[tuple[str, str]]) -> str:
    figures = (f"<figure>{svg}<figcaption>{caption}</figcaption></figure>" for svg, caption in drawings)
    return f'<div class="nse-figures">{"".join(figures)}</div>'


def _column(step: int) -> int:
    return _LEFT + _COLUMN * step


def _row(row: int) -> int:
    """The height of a row, from that of the input upwards, which SVG counts downwards."""
    return -_ROW * row
