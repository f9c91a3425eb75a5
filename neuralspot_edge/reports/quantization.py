"""What int8 costs by layer, in words and figures for a person. From the JSON form."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuralspot_edge.reports.values import NOTHING, figure, is_number

__all__ = ["Bar", "bar_share", "bars", "decibels", "quant_lines", "share", "spread"]


def quant_lines(quantization: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What was measured, and on what: names and values."""
    outputs = quantization.get("outputs") or ()
    for output in outputs:
        name = f"output {output.get('name')}" if len(outputs) > 1 else "output"
        error = f"error {share(output.get('error'), digits=2)} of its power"
        yield name, f"{output.get('dtype')}, SQNR {decibels(output.get('sqnr_db'))} dB, {error}"
    yield "samples", str(quantization.get("samples") or NOTHING)
    yield "ranges from", str(quantization.get("calibration") or NOTHING)


def decibels(value: Any) -> str:
    """A signal-to-quantization-noise ratio: `23.4`; null is one without any noise."""
    return f"{value:.1f}" if is_number(value) else "exact"


def share(value: Any, digits: int | None = None) -> str:
    """A share in percent: `12.3 %`, or with so many digits."""
    if not is_number(value):
        return NOTHING
    # Not -0.0: a share that is nothing has no sign.
    return f"{100 * value:.{digits}g} %" if digits else f"{round(100 * value, 1) + 0.0:.1f} %"


def spread(value: Any) -> str:
    """How many times one channel is as large as another: `3.2 x`, `120 x`."""
    return f"{figure(value, 2)} x" if is_number(value) else NOTHING


def bar_share(value: Any) -> str:
    """A share as the length of a bar: between `0.0%` and `100.0%`."""
    return f"{100 * min(max(value, 0), 1):.1f}%" if is_number(value) else "0%"


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram.

    Attributes:
        height: From 0 to 1, by the logarithm of the count: what is rare is seen, too.
        is_cut_off: Whether its values lie beyond the ends of int8.
    """

    height: float
    is_cut_off: bool


def bars(activation: Mapping[str, Any], number: int) -> tuple[Bar, ...]:
    """The histogram of an activation.

    Args:
        activation: `activation` of a layer.
        number: How many bars there shall be; a divisor of the number of counts.

    Returns:
        The bars from left to right; none where a figure is missing.
    """
    histogram = activation.get("histogram") or {}
    counts: Sequence[int] = histogram.get("counts") or ()
    low, high, first, last = activation.get("low"), activation.get("high"), histogram.get("low"), histogram.get("high")
    width = len(counts) // number
    if not (is_number(low) and is_number(high) and is_number(first) and is_number(last) and first < last and width):
        return ()
    sums = [sum(counts[i * width : (i + 1) * width]) for i in range(number)]
    top = math.log1p(max(sums)) or 1.0
    middles = [first + (i + 0.5) / number * (last - first) for i in range(number)]
    return tuple(
        Bar(math.log1p(total) / top, not low <= middle <= high) for total, middle in zip(sums, middles, strict=True)
    )
