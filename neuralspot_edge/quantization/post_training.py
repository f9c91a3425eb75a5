"""Quantization after training with tools against its loss: ranges, equalized channels, corrected biases.

They come in an order in which each meets what it needs: batch normalizations are folded by the converter before any
range is measured; equalization changes the weights and the ranges; ranges are chosen for the weights that stay; biases
are corrected for all that is rounded in the end. A tool that makes the outputs worse is undone.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.conversion.layers import all_layers
from neuralspot_edge.graph import Graph
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.interpreters import LiteRtInterpreter
from neuralspot_edge.quantization.bias_correction import correct_biases
from neuralspot_edge.quantization.calibration import check_calibration
from neuralspot_edge.quantization.equalize import equalize
from neuralspot_edge.quantization.mixed import with_int16_layers
from neuralspot_edge.quantization.mixed_bottlenecks import bottlenecks
from neuralspot_edge.quantization.operators import WEIGHTED, is_weight
from neuralspot_edge.quantization.range_rules import RangeRule, measure_ends
from neuralspot_edge.quantization.study import INPUT, Study
from neuralspot_edge.quantization.trials import Outputs, State, Trial, Use

if TYPE_CHECKING:
    import keras

    from neuralspot_edge.recipes.quantizations import Io

__all__ = ["PostTrained", "PostTraining", "ToolEffect", "quantize_post_training"]

_NAMED = 3
"""Layers that a detail names."""


@dataclass(frozen=True)
class PostTraining:
    """Which tools are used.

    Attributes:
        ranges: The range of an activation: all that was seen (`max`), all but outliers (`percentile`), or what rounds
            with the least mean square error (`mse`).
        equalize: Whether channels are brought to like size from one layer to the next.
        correct_bias: Whether biases make up for the mean error that rounding gives a channel.
        int16_layers: How many layers get int16 activations at most, those that cost the output most.
    """

    ranges: RangeRule = "mse"
    equalize: bool = True
    correct_bias: bool = True
    int16_layers: int = 0


@dataclass(frozen=True)
class ToolEffect:
    """What a tool did.

    Errors are those of the int8 outputs, to the integer of the device, against the float model: the sum of the squared
    differences over that of the squared float values; of several outputs the mean. They are measured on calibration
    samples that the tools did not see: either half in turn, with ranges and tools fitted to the other. Fewer than 16
    samples are not parted. What is kept is then fitted to all samples.

    Attributes:
        tool: `fold_norms`, `equalize`, `ranges`, `correct_bias` or `int16_layers`; the last is judged on all samples,
            as it is fitted to none.
        error_before: The error without the tool, those before it as they were kept.
        error_after: The error with it. Batch normalizations have always been folded: both are the same.
        is_kept: Whether the error became less; otherwise the tool is not used. No tool is used where all together
            make the error on all samples worse.
        detail: Which layers the tool changed most.
    """

    tool: str
    error_before: float
    error_after: float
    is_kept: bool
    detail: str


@dataclass(frozen=True)
class PostTrained:
    """A model that was quantized after training.

    Attributes:
        content: The int8 file.
        study: The model as it became, unrounded and in int8.
        effects: What each tool did, in the order of their use.
    """

    content: bytes
    study: Study
    effects: tuple[ToolEffect, ...]


def quantize_post_training(
    model: keras.Model,
    calibration: np.ndarray | Sequence[np.ndarray],
    tools: PostTraining | None = None,
    *,
    io: Io = "int8",
    window: int | None = None,
) -> PostTrained:
    """Quantizes a trained model and mends what that costs, without training.

    The same samples give the same file.

    Args:
        model: A functional or built Sequential model, trained. It is left as it was.
        calibration: For each input an array (samples, ...) from the training split.
        tools: Which tools are used; None is `PostTraining()`.
        io: Type of the inputs and outputs of the file: `int8`, or `float32`.
        window: The length in steps that an unknown time axis gets.

    Raises:
        InputError: The model is of a kind that does not export, or has an operator that is not known here; or the
            samples do not fit it.
        ConversionError: The model does not convert to int8.
    """
    samples = check_calibration(model, calibration, window)
    study, tools = Study.of(model, samples, io=io, window=window), tools or PostTraining()
    trial = Trial(study, samples)
    norms = [_folded(model, study.layer.graph, trial.error)] if _norms(model) else []
    effects = [_effect(trial, tool, use) for tool, use in _chosen(tools)]
    trial.end()
    effects = [*norms, *_use_kept(study, samples, tools, effects)]
    content = study.to_tflite()
    if tools.int16_layers:
        content, effect = _widened(content, study, samples, tools.int16_layers)
        effects.append(effect)
    return PostTrained(content, study, tuple(effects))


def _widened(content: bytes, study: Study, samples: Sequence[np.ndarray], most: int) -> tuple[bytes, ToolEffect]:
    """The file with the layers in int16 that are worth it, or as it was."""
    outputs = Outputs(study, samples)
    before = outputs.error()
    layers = bottlenecks(study, samples, most)
    if not layers:
        detail = "no layer's rounding makes enough of the error to be worth it"
        return content, ToolEffect("int16_layers", before, before, is_kept=False, detail=detail)
    mixed = with_int16_layers(content, layers)
    received = LiteRtInterpreter(mixed).predict(samples[0] if len(samples) == 1 else list(samples))
    after = outputs.error_of(received if isinstance(received, tuple) else (received,))
    effect = ToolEffect("int16_layers", before, after, is_kept=after < before, detail=f"int16 for {', '.join(layers)}")
    return mixed if effect.is_kept else content, effect


def _effect(trial: Trial, tool: str, use: Use) -> ToolEffect:
    before = trial.error
    outcome = trial.add(use)
    return ToolEffect(tool, before, outcome.error, outcome.is_better, outcome.detail)


def _use_kept(
    study: Study, samples: Sequence[np.ndarray], tools: PostTraining, effects: Sequence[ToolEffect]
) -> list[ToolEffect]:
    """Uses the tools that are kept on all samples; where that is worse on them than none, all is as before."""
    used = {effect.tool for effect in effects if effect.is_kept}
    if not used:
        return list(effects)
    begun, outputs = State(study), Outputs(study, samples)
    before = outputs.error()
    details = {tool: use(study, samples) for tool, use in _chosen(tools) if tool in used}
    if outputs.error() > before:
        begun.restore()
        return [replace(effect, is_kept=False) for effect in effects]
    return [replace(effect, detail=details.get(effect.tool, effect.detail)) for effect in effects]


def _chosen(tools: PostTraining) -> list[tuple[str, Use]]:
    """The tools in their order, by name."""
    every: list[tuple[bool, str, Use]] = [
        (tools.equalize, "equalize", _equalize),
        (tools.ranges != "max", "ranges", functools.partial(_narrow, rule=tools.ranges)),
        (tools.correct_bias, "correct_bias", _correct),
    ]
    return [(name, use) for is_used, name, use in every if is_used]


def _equalize(study: Study, samples: Sequence[np.ndarray]) -> str:
    changed = equalize(study, samples)
    if not changed:
        return "no channels between two kernels that a factor could move"
    named = ", ".join(f"{' and '.join(each.layers)} by {each.factor:.3g}" for each in changed[:_NAMED])
    return f"channels of {len(changed)} groups moved against each other, at most {named}"


def _narrow(study: Study, samples: Sequence[np.ndarray], rule: RangeRule) -> str:
    before = np.array(study.layer.ends("float64"))
    after = measure_ends(study, samples, rule)
    study.set_ends(after)
    shares = np.ptp(after, axis=1) / np.ptp(before, axis=1)
    narrowed = [place for place in np.argsort(shares, kind="stable") if shares[place] < 1]
    if not narrowed:
        return f"{rule}: no range became narrower"
    named = ", ".join(f"{_name(study, place)} to {shares[place]:.0%}" for place in narrowed[:_NAMED])
    return f"{rule}: {len(narrowed)} of {len(shares)} ranges became narrower, most {named}"


def _correct(study: Study, samples: Sequence[np.ndarray]) -> str:
    moved = correct_biases(study, samples)
    if not moved:
        return "no layer has a bias of its own"
    named = ", ".join(f"{each.layer} channel {each.channel} by {each.steps:.2g} steps" for each in moved[:_NAMED])
    return f"biases of {len(moved)} layers moved, most {named}"


def _folded(model: keras.Model, graph: Graph, error: float) -> ToolEffect:
    names, left = _norms(model), _unfolded(model, graph)
    detail = f"{len(names) - len(left)} of {len(names)} batch normalizations are folded into the kernels before them"
    if left:
        detail += f"; {', '.join(left[:_NAMED])} follow none and stay"
    return ToolEffect("fold_norms", error, error, is_kept=len(left) < len(names), detail=detail)


def _norms(model: keras.Model) -> list[str]:
    import keras

    return [layer.name for layer in all_layers(model) if isinstance(layer, keras.layers.BatchNormalization)]


def _unfolded(model: keras.Model, graph: Graph) -> list[str]:
    """Batch normalizations whose numbers are operands in the file, not part of a kernel."""
    named = {
        tensor.name
        for operator in graph.operators
        if operator.kind not in WEIGHTED and any(is_weight(t) and t.shape for t in operator.inputs)
        for tensor in (*operator.inputs, *operator.outputs)
        if tensor is not None
    }
    return [name for name in _norms(model) if name in named]


def _name(study: Study, place: int) -> str:
    """The layer that computes the first tensor of a group."""
    tensors = study.layer.groups[place].tensors
    writers = (operator for operator in study.layer.graph.operators if operator.outputs[0].index in tensors)
    return next((layer_of(operator) or operator.kind for operator in writers), INPUT)
