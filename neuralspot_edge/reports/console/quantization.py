"""What int8 costs, layer by layer, and what to try next. From the JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neuralspot_edge.reports.console.tables import Name, facts
from neuralspot_edge.reports.quantization import bars, decibels, quant_lines, share, spread
from neuralspot_edge.reports.values import NOTHING, count

__all__ = ["quant_table"]

_BARS = 16
_BLOCKS = " ▁▂▃▄▅▆▇█"
_NOTE = (
    "cost: share of the output's error that goes away where the layer alone is left unrounded, below 0 where it grows; "
    "of it by its weights and by what it computes. SQNR: of what it computes, in dB, all layers before it included. "
    "cut off: values beyond int8's range. steps: of 256, those that 99.9 % of the values take. spread: the largest "
    "channel over the median one. values: how often each occurs over the range, logarithmic."
)


def quant_table(quantization: Mapping[str, Any], top: int | None = None) -> RenderableType:
    """A report on quantization: advice, figures, and the layers by what they cost.

    Args:
        quantization: Its JSON form.
        top: How many layers are shown; None is all.
    """
    summary = facts(title=str(quantization.get("name") or "model"))
    for name, value in quant_lines(quantization):
        summary.add_row(name, value)
    layers = quantization.get("layers") or ()
    rows, names = _columns(), _names(layers)
    for rank, (name, layer) in enumerate(zip(names[:top], layers[:top], strict=True), 1):
        rows.add_row(count(rank), Name(name), *_figures(layer))
    hidden = len(layers) - len(layers[:top])
    notes = [_NOTE] if layers else []
    if hidden:
        notes.insert(0, f"Not shown: {hidden} that cost less; --top {len(layers)} shows all.")
    parts = [summary, _advice(quantization), Group(rows, *(Text(note, "dim") for note in notes))]
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts[:-1]), parts[-1])


def _advice(quantization: Mapping[str, Any]) -> RenderableType:
    rows = facts()
    for number, advice in enumerate(quantization.get("advice") or (), 1):
        rows.add_row(f"{number}.", str(advice.get("text")))
    return rows


def _names(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Without what all names begin with, the name of the model; that of the inputs is `input` alone."""
    names = [str(layer.get("name")) for layer in layers]
    paths = [name.split(".")[:-1] for name in names if name != "input"]
    common = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    prefix = "".join(f"{level[0]}." for level in common)
    return [name.removeprefix(prefix) for name in names]


def _columns() -> Table:
    # One space between columns, figures never cut: at 80 columns only the layer's name gives way.
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    made.add_column("#", justify="right", no_wrap=True)
    made.add_column("layer")
    for header in ("cost", "weights", "activ.", "SQNR", "cut off", "steps", "spread"):
        made.add_column(header, justify="right", no_wrap=True)
    made.add_column("values", no_wrap=True)
    return made


def _figures(layer: Mapping[str, Any]) -> Iterator[RenderableType]:
    for key in ("cost", "weight_cost", "activation_cost"):
        yield share(layer.get(key))
    activation = layer.get("activation")
    if not activation:
        yield from [NOTHING] * 5
        return
    yield decibels(layer.get("sqnr_db"))
    yield share(activation.get("saturated"))
    yield count(activation.get("steps"))
    yield spread(activation.get("channel_spread"))
    yield _sparkline(activation)


def _sparkline(activation: Mapping[str, Any]) -> Text:
    line = Text()
    for bar in bars(activation, _BARS):
        # What is there is seen: the lowest block stands for the least that is not nothing.
        block = _BLOCKS[max(round(bar.height * (len(_BLOCKS) - 1)), int(bar.height > 0))]
        line.append(block, "red" if bar.is_cut_off else "")
    return line
