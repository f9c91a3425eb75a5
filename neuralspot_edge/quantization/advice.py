"""What to try next where int8 costs too much, in words, from what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuralspot_edge.quantization.activations import Activation
from neuralspot_edge.quantization.analysis import Analysis, Layer
from neuralspot_edge.recipes.quantizations import Method

__all__ = ["Advice", "advise"]

_SMALL_ERROR = 0.001
"""30 dB: below it tasks do not tell int8 from float."""

_LARGE_ERROR = 0.01
"""20 dB: what a regression may lose at most."""

_MATTERS = 0.1
_STANDS_OUT = 0.25
_DOMINATES = 0.5
"""Shares of the error."""

_LOUD = 8.0
"""Times the median channel: three of int8's eight bits are lost to the others."""

_FEW_STEPS = 64
_MUCH_SATURATED = 0.001
_UNEVEN_KERNEL = 16.0


@dataclass(frozen=True)
class Advice:
    """One thing to try, or that there is nothing to try.

    Attributes:
        rule: What it rests on: `fine`, `loud-channel`, `wide-range`, `saturation`, `output`, `input`, `activations`,
            `weights`, `even`, `small` or `spent`.
        layers: The layers that it speaks of.
        text: One or two sentences for a person, with the figures and the remedy.
        settings: The remedy as fields of a recipe, dotted as `--set` takes them.
    """

    rule: str
    layers: tuple[str, ...]
    text: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def advise(analysis: Analysis, method: Method = "ptq") -> tuple[Advice, ...]:
    """What to try next, the most promising first.

    Each layer is named for one reason, the first that holds: a channel that is too loud also makes the layer cost much.

    Args:
        analysis: What was measured.
        method: How the model was quantized: what that has tried is not advised again.
    """
    if analysis.error <= _SMALL_ERROR:
        return (_fine(analysis),)
    found: list[Advice] = []
    for rule in _RULES:
        named = {name for advice in found for name in advice.layers}
        found += rule([layer for layer in analysis.layers if layer.name not in named])
    left = [advice for advice in found or [_even(analysis)] if advice.rule not in _TRIED.get(method, ())]
    return tuple(left) or (_spent(analysis),)


def _spent(analysis: Analysis) -> Advice:
    text = (
        f"The error is {_share(analysis.error)} of the outputs' power, {_db(analysis)}, and what 8 bits allow was "
        "tried. If the task's metric sees it, train longer with export.qat.epochs, or take 16 bits: "
        "export.quantization: int16x8."
    )
    return Advice("spent", (), text)


def _fine(analysis: Analysis) -> Advice:
    if not analysis.error:
        return Advice("fine", (), "Nothing is wrong: int8 gives what the unrounded model gives.")
    text = f"Nothing is wrong: the error of the outputs is {_share(analysis.error)} of their power, {_db(analysis)}."
    return Advice("fine", (), text)


def _loud_channels(layers: Sequence[Layer]) -> Iterator[Advice]:
    for layer, values in _costly(layers, _MATTERS):
        if values.channel_spread < _LOUD:
            continue
        readers = tuple(r for r in layers if layer.name in r.reads and r.weight_cost >= _MATTERS)
        text = (
            f"{_name(layer)}: channel {values.channel} reaches {values.channel_spread:.0f} times as far as the median "
            f"channel, to which {_steps(values.channel_steps)} of int8's 256 steps are left. That makes "
            f"{_share(layer.activation_cost)} of the error"
        )
        if readers:
            listed = _listed((reader, reader.weight_cost) for reader in readers)
            text += f"; the weights that read it are as uneven, and cost too: {listed}"
        remedy, settings = _remedy_of_loudness(layer)
        yield Advice("loud-channel", (layer.name, *(r.name for r in readers)), f"{text}. {remedy}", settings)


def _remedy_of_loudness(layer: Layer) -> tuple[str, dict[str, Any]]:
    if layer.is_input:
        remedy = "Bring the channels to one size before the model: data.preprocess: standardize."
        return remedy, {"data.preprocess": "standardize"}
    if layer.is_output:
        return "Scale the targets of the training to one size.", {}
    return (
        "Bring the channels to one size with export.method: ptq+ and export.tools.equalize: true; where an activation "
        "stands in the way of that, train in int8 with export.method: qat.",
        {"export.method": "ptq+", "export.tools.equalize": True},
    )


def _saturated(layers: Sequence[Layer]) -> Iterator[Advice]:
    for layer, values in _costly(layers, _MATTERS):
        if values.saturated >= _MUCH_SATURATED:
            text = (
                f"{_name(layer)}: {_share(values.saturated)} of the values lie beyond int8's range, {values.low:.4g} "
                f"to {values.high:.4g}, and are cut off; they go from {values.seen_low:.4g} to {values.seen_high:.4g}. "
                f"That makes {_share(layer.activation_cost)} of the error. Calibrate with samples that hold such "
                "values, and let export.method: ptq+ with export.tools.ranges: mse weigh what is cut off against "
                "what is rounded."
            )
            yield Advice("saturation", (layer.name,), text, _MSE_RANGES)


def _wide_ranges(layers: Sequence[Layer]) -> Iterator[Advice]:
    for layer, values in _costly(layers, _MATTERS):
        if values.steps < _FEW_STEPS:
            text = (
                f"{_name(layer)}: 99.9 % of the values lie within {values.steps} of int8's 256 steps, the rest of the "
                f"range is for few outliers. That makes {_share(layer.activation_cost)} of the error. Take a range "
                "that rounds with the least error: export.method: ptq+ with export.tools.ranges: mse."
            )
            yield Advice("wide-range", (layer.name,), text, _MSE_RANGES)


def _outputs(layers: Sequence[Layer]) -> Iterator[Advice]:
    for layer, values in _costly(layers, _DOMINATES):
        if layer.is_output:
            text = (
                f"{_name(layer)} gives the output, and the rounding of that to steps of {_step(values):.3g} makes "
                f"{_share(layer.activation_cost)} of the error. Give it 16 bits with export.io: float32, "
                "export.method: ptq+ and export.tools.int16_layers: 1; or train on targets of a narrower scale."
            )
            yield Advice("output", (layer.name,), text, {"export.io": "float32", **_int16(1)})


def _inputs(layers: Sequence[Layer]) -> Iterator[Advice]:
    for layer, values in _costly(layers, _STANDS_OUT):
        if layer.is_input:
            text = (
                f"The rounding of the inputs to steps of {_step(values):.3g} makes {_share(layer.activation_cost)} of "
                "the error. No other range mends that: keep 16 bits with export.quantization: int16x8, or train for "
                "coarse inputs with export.method: qat."
            )
            yield Advice("input", (layer.name,), text, {"export.method": "qat"})


def _activations(layers: Sequence[Layer]) -> Iterator[Advice]:
    found = [layer for layer, _ in _costly(layers, _STANDS_OUT)]
    if found:
        listed = _listed((layer, layer.activation_cost) for layer in found)
        text = (
            f"The rounding of what is computed in {listed} stands out, though int8's range fits. Give 16 bits there: "
            f"export.method: ptq+ with export.tools.int16_layers: {len(found)}."
        )
        yield Advice("activations", tuple(layer.name for layer in found), text, _int16(len(found)))


def _weights(layers: Sequence[Layer]) -> Iterator[Advice]:
    found = [layer for layer in layers if layer.weight_cost >= _STANDS_OUT]
    if found:
        listed = _listed((layer, layer.weight_cost) for layer in found)
        text = f"The rounding of the weights of {listed} stands out."
        for layer in found:
            if layer.kernel and not layer.kernel.is_per_channel and layer.kernel.spread >= _UNEVEN_KERNEL:
                text += (
                    f" The kernel of {_quoted(layer)} has one scale for all channels, and channel "
                    f"{layer.kernel.channel} is {layer.kernel.spread:.0f} times as large as the smallest."
                )
        text += " Training in int8 finds weights that make up for it: export.method: qat."
        yield Advice("weights", tuple(layer.name for layer in found), text, {"export.method": "qat"})


def _even(analysis: Analysis) -> Advice:
    most = analysis.layers[0]
    size = f"{_share(analysis.error)} of the outputs' power, {_db(analysis)}"
    spread = f"No layer stands out; {_quoted(most)} costs most, {_share(most.cost)}."
    settings = {"export.method": "qat"}
    if analysis.error > _LARGE_ERROR:
        text = f"The error is large, {size}, and comes from everywhere. {spread} Train in int8: export.method: qat."
        return Advice("even", (), text, settings)
    text = (
        f"The error is small, {size}. {spread} nse verify tells whether the task's metric sees it; if it does, train "
        "in int8: export.method: qat."
    )
    return Advice("small", (), text, settings)


_RULES: tuple[Callable[[Sequence[Layer]], Iterator[Advice]], ...] = (
    _loud_channels,
    _saturated,
    _wide_ranges,
    _outputs,
    _inputs,
    _activations,
    _weights,
)
"""In this order: what costs nothing on the device comes first, then what costs memory, then what costs a training."""

_TRIED: Mapping[Method, tuple[str, ...]] = {
    "ptq+": ("saturation", "wide-range"),
    "qat": ("loud-channel", "saturation", "wide-range", "input", "weights", "even", "small"),
}
"""Rules whose remedies a method has used."""

_MSE_RANGES: Mapping[str, Any] = {"export.method": "ptq+", "export.tools.ranges": "mse"}


def _costly(layers: Sequence[Layer], share: float) -> Iterator[tuple[Layer, Activation]]:
    """Layers whose activations make that share of the error, where their range is anybody's choice."""
    for layer in layers:
        values = layer.activation
        if values is not None and layer.activation_cost >= share and not values.is_prescribed:
            yield layer, values


def _int16(layers: int) -> dict[str, Any]:
    return {"export.method": "ptq+", "export.tools.int16_layers": layers}


def _step(values: Activation) -> float:
    return (values.high - values.low) / 255


def _quoted(layer: Layer) -> str:
    return f"'{layer.name}'"


def _name(layer: Layer) -> str:
    return "The input" if layer.is_input else f"Layer {_quoted(layer)}"


def _listed(costs: Iterable[tuple[Layer, float]]) -> str:
    return ", ".join(f"{_quoted(layer)} ({_share(cost)} of the error)" for layer, cost in costs)


def _steps(steps: float) -> str:
    return f"{steps:.0f}" if steps >= 10 else f"{steps:.2g}"


def _share(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _db(analysis: Analysis) -> str:
    return f"{analysis.sqnr_db:.1f} dB"
