"""The pictures of the report: the tensor arena over time, and the course of the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralspot_edge.reports.svg import (
    ACCENT,
    ACCENT_PALE,
    GRID,
    GROUND,
    INK,
    SECOND,
    SECOND_PALE,
    inline_svg,
    style,
)
from neuralspot_edge.reports.values import count, is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["memory_timeline", "training_curve"]

_WIDTH = 900
_HEIGHT = 330
_KILOBYTE = 1024


@dataclass(frozen=True)
class _Block:
    """An allocation with all its figures."""

    name: str
    is_scratch: bool
    size: int
    offset: int
    first: int
    last: int

    @property
    def words(self) -> str:
        kind = "scratch" if self.is_scratch else "tensor"
        return (
            f"{self.name} ({kind}): {count(self.size)} bytes at offset {count(self.offset)}, "
            f"operators {self.first} to {self.last}"
        )


def memory_timeline(plan: Mapping[str, Any]) -> str:
    """The memory plan as a picture: operators from left to right, the tensor arena from the bottom up.

    Every allocation is a rectangle over the operators that need it. What is alive at the peak is drawn strong,
    scratch memory is hatched.

    Args:
        plan: `memory.plan` of a profile.

    Returns:
        An `<svg>` element; empty where the plan has no allocation.
    """
    blocks = list(_blocks(plan))
    if not blocks:
        return ""
    top = max(block.offset + block.size for block in blocks)
    last = max(block.last for block in blocks)
    peak = [int(index) for index in plan.get("peak_operators") or () if is_number(index)]
    with style():
        figure, axes = _figure()
        _mark_peak(axes, peak)
        for number, block in enumerate(blocks):
            is_strong = not peak or any(block.first <= index <= block.last for index in peak)
            _draw_block(axes, block, f"block-{number}", is_strong)
        _mark_top(axes, top, last)
        axes.set_xlim(-0.5, last + 0.5)
        axes.set_ylim(0, max(top, 1) * 1.15 / _KILOBYTE)
        axes.set_xlabel("operator, in the order of execution")
        axes.set_ylabel("place in the arena, KB")
        _whole_ticks(axes)
        title = f"Memory timeline: {len(blocks)} allocations over {last + 1} operators, {count(top)} bytes at most"
        title += f", the peak at operator {peak[0]}" if peak else ""
        return inline_svg(figure, "timeline", title, {f"block-{i}": block.words for i, block in enumerate(blocks)})


def training_curve(training: Mapping[str, Any]) -> str:
    """Loss and validation loss by epoch, the best epoch marked.

    Args:
        training: `training` of a report.

    Returns:
        An `<svg>` element; empty where there is no epoch with a finite loss.
    """
    history = training.get("history") or ()
    curves = {key: _points(history, key) for key in ("loss", "val_loss")}
    if not any(curves.values()):
        return ""
    with style():
        figure, axes = _figure()
        for key, colour, line in (("loss", SECOND, (4, 2)), ("val_loss", ACCENT, ())):
            if curves[key]:
                marker = "o" if len(curves[key]) == 1 else None
                axes.plot(*zip(*curves[key], strict=True), color=colour, linewidth=2, dashes=line, marker=marker)
        best = dict(curves["val_loss"]).get(training.get("best_epoch") or 0)
        if best is not None:
            _mark_best(axes, training["best_epoch"], best)
        axes.margins(x=0.01)
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        _whole_ticks(axes)
        return inline_svg(figure, "training", f"Loss and validation loss over {len(history)} epochs")


def _blocks(plan: Mapping[str, Any]) -> Iterator[_Block]:
    for row in plan.get("allocations") or ():
        figures = [row.get(key) for key in ("size_bytes", "offset", "first_use", "last_use")]
        # The planner gives space to a tensor that no operator needs, too; it has no time to be drawn at.
        if all(map(is_number, figures)) and 0 <= row["first_use"] <= row["last_use"]:
            yield _Block(str(row.get("name")), row.get("kind") == "scratch", *figures)


def _figure() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    # At 72 dots an inch a unit of the picture is a pixel where the page has room for it.
    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=72, layout="constrained")
    return figure, figure.subplots()


def _draw_block(axes: Axes, block: _Block, gid: str, is_strong: bool) -> None:
    from matplotlib.patches import Rectangle

    strong, pale = (SECOND, SECOND_PALE) if block.is_scratch else (ACCENT, ACCENT_PALE)
    rectangle = Rectangle(
        (block.first - 0.5, block.offset / _KILOBYTE),
        block.last - block.first + 1,
        block.size / _KILOBYTE,
        facecolor=strong if is_strong else pale,
        edgecolor=GROUND,
        hatch="//" if block.is_scratch else None,
        gid=gid,
        # Nothing lies outside of the axes, and a clip path for each block is a third of the picture's bytes.
        clip_on=False,
    )
    axes.add_patch(rectangle)


def _mark_peak(axes: Axes, peak: Sequence[int]) -> None:
    for index in peak:
        axes.axvspan(index - 0.5, index + 0.5, color=GRID, linewidth=0)
    if peak:
        axes.annotate("peak", (peak[0], 1), (0, -4), ("data", "axes fraction"), "offset points", ha="center", va="top")


def _mark_top(axes: Axes, top: int, last: int) -> None:
    axes.axhline(top / _KILOBYTE, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.annotate(f"{count(top)} bytes", (last + 0.5, top / _KILOBYTE), (0, 4), textcoords="offset points", ha="right")


def _mark_best(axes: Axes, epoch: int, value: float) -> None:
    axes.axvline(epoch, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.plot([epoch], [value], color=ACCENT, marker="o", markersize=8, markeredgecolor=GROUND)
    # Left of its line where there is more room.
    is_late = epoch > sum(axes.get_xlim()) / 2
    axes.annotate(
        f"best: epoch {epoch}, {value:.4g}",
        (epoch, axes.get_ylim()[1]),
        (-6 if is_late else 6, -8),
        textcoords="offset points",
        ha="right" if is_late else "left",
        va="top",
    )


def _whole_ticks(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(16, steps=[1, 2, 5, 10], integer=True))
    axes.tick_params(length=0)
    axes.grid(visible=False, axis="x")
    axes.grid(visible=True, axis="y", color=GRID, linewidth=1)


def _points(history: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    points = ((epoch.get("number"), epoch.get(key)) for epoch in history)
    return [(number, value) for number, value in points if is_number(number) and is_number(value)]
