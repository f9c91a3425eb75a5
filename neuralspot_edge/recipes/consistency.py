"""What must fit together across the parts of a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from neuralspot_edge.models.params import StrictModel
    from neuralspot_edge.recipes.schema import Recipe

__all__ = ["CLASS_TASKS", "NAMED_CLASS_TASKS", "inconsistencies"]

NAMED_CLASS_TASKS = ("classification", "segmentation")
"""Tasks whose output is one value for each of `classes`."""

CLASS_TASKS = (*NAMED_CLASS_TASKS, "language")
"""Tasks whose output is one value for each class, be it named in the recipe or a token of a vocabulary."""

_HEADS = {
    "classification": ("pooled", "last", "middle", "window"),
    "segmentation": ("per_step",),
    "denoising": ("per_step",),
    "anomaly": ("per_step",),
    "language": ("per_step",),
}
_PREDICTS = {
    "classification": "one class for each window",
    "segmentation": "a class for each step",
    "denoising": "every step of the signal",
    "anomaly": "every step of its input",
    "language": "the next token at each step",
}

Problem = tuple[tuple[str, ...], str]
"""Where something is wrong, and one sentence of what."""


def inconsistencies(recipe: Recipe) -> Iterator[Problem]:
    """Every pair of values in `recipe` that are each legal but do not fit together."""
    yield from _output_problems(recipe)
    yield from _data_problems(recipe)
    yield from _model_problems(recipe)
    yield from _teacher_problems(recipe)
    yield from _streaming_problems(recipe)


def _output_problems(recipe: Recipe) -> Iterator[Problem]:
    task, channels = recipe.task, recipe.input.channels
    if task in NAMED_CLASS_TASKS:
        if recipe.classes is None:
            yield ("classes",), f"is required for {task}: list the names, the model is built before data is loaded"
        if recipe.outputs is not None:
            yield ("outputs",), f"the classes give it for {task}, leave it out"
        return
    if recipe.classes is not None:
        yield ("classes",), f"{task} has none, leave it out; its width is outputs"
    if task == "language" and recipe.outputs is None:
        yield ("outputs",), "is required for language: the size of the vocabulary"
    if task == "anomaly" and recipe.outputs not in (None, channels):
        yield ("outputs",), f"anomaly models reproduce their {channels} input channels, leave it out"


def _data_problems(recipe: Recipe) -> Iterator[Problem]:
    if recipe.data is None:
        return
    names, channels = recipe.data.channels, recipe.input.channels
    if names and len(names) != channels:
        yield ("data", "channels"), f"has {len(names)} names but input.channels is {channels}, make them agree"
    for field in ("mean", "std"):
        values = getattr(recipe.data, field)
        if values is not None and len(values) != channels:
            yield ("data", field), f"has {len(values)} values but input.channels is {channels}, make them agree"
    if recipe.data.preprocess == "window" and recipe.task == "denoising":
        yield ("data", "preprocess"), "window loses the scale of the clean signal: write standardize or none"
    if recipe.data.preprocess != "none" and recipe.task == "language":
        yield ("data", "preprocess"), f"{recipe.data.preprocess} would blur the tokens: write none"
    if recipe.data.dataset:
        yield from _dataset_problems(recipe, recipe.data.dataset)


def _dataset_problems(recipe: Recipe, name: str) -> Iterator[Problem]:
    """What is known of a named data set before it is loaded, against what the recipe says."""
    from neuralspot_edge.datasets import dataset_entry

    entry, rate = dataset_entry(name), recipe.input.sampling_rate
    if recipe.task not in entry.tasks:
        yield ("data", "dataset"), f"{name} is for {' and '.join(entry.tasks)}, not for {recipe.task}"
    elif recipe.task in NAMED_CLASS_TASKS and recipe.classes not in (None, entry.classes):
        yield ("classes",), f"{name} has the classes {', '.join(entry.classes)}, in this order: write these"
    if entry.channels and len(entry.channels) != recipe.input.channels:
        yield ("input", "channels"), f"{name} has {len(entry.channels)}, received {recipe.input.channels}"
    if rate is not None and rate != entry.sampling_rate:
        found = "none, leave it out" if entry.sampling_rate is None else f"{entry.sampling_rate:g} Hz"
        yield ("input", "sampling_rate"), f"{name} has {found}, received {rate:g}"


def _model_problems(recipe: Recipe) -> Iterator[Problem]:
    """Fields that a family may lack are not asked of it."""
    task, params, place = recipe.task, recipe.params, ("model", "params")
    head, heads = getattr(params, "predicts_from", getattr(params, "head", None)), _HEADS.get(task)
    if head is not None and heads and head not in heads:
        allowed = " or ".join(name for name in heads if name in _heads_of(params))
        yield (*place, "head"), f"{head!r} does not go with {task}, which predicts {_PREDICTS[task]}: write {allowed}"
    if head == "per_step" and not getattr(params, "keeps_length", True):
        yield (*place, "stride"), "the targets have every step, the model fewer: write stride 1 and padding causal"
    if task == "language":
        yield from _foresight(params)
    if not getattr(params, "include_top", True):
        yield (*place, "include_top"), "a recipe's model has its top, without it nothing predicts: write true"
    activation = getattr(params, "output_activation", None)
    softmax = activation in ("softmax", "log_softmax")
    if task not in CLASS_TASKS and softmax:
        yield (*place, "output_activation"), f"{activation!r} is for classes, {task} predicts numbers: write null"
    if task not in CLASS_TASKS and activation is None and not getattr(params, "use_logits", True):
        yield (*place, "use_logits"), f"false adds a softmax, {task} predicts numbers: write true"


def _teacher_problems(recipe: Recipe) -> Iterator[Problem]:
    """What is known before the teacher's own recipe is read."""
    distillation, place = recipe.training.distillation, ("training", "distillation")
    if distillation is None:
        return
    if recipe.training.teacher is None:
        yield place, "says how a teacher is learned from, there is none: add training.teacher, or leave it out"
    if distillation.temperature is not None and recipe.task not in CLASS_TASKS:
        yield (*place, "temperature"), f"is for classes, {recipe.task} predicts numbers: leave it out"


def _streaming_problems(recipe: Recipe) -> Iterator[Problem]:
    """What is known to be no stream before the model is converted; its layers are judged then."""
    streaming, place = recipe.export.streaming, ("export", "streaming")
    if streaming is None:
        return
    if recipe.data is not None and recipe.data.preprocess == "window":
        yield (
            ("data", "preprocess"),
            "window needs the whole window before its first step, export.streaming has none: write standardize or none",
        )
    if recipe.export.quantization == "float16":
        yield place, "float16 is for LiteRT and does not stream: write quantization int8, int16x8 or float32"
    types = {recipe.export.quantization, recipe.export.io_type}
    if streaming.state == "tflm" and types != {"int8"}:
        yield (*place, "state"), f"tflm is for int8 alone, received {' with '.join(sorted(types))}: write io"
    layers = recipe.export.tools.int16_layers
    if streaming.state == "tflm" and recipe.export.method in ("ptq+", "auto") and layers:
        yield (*place, "state"), f"tflm is for int8 alone, export.tools.int16_layers is {layers}: write io, or 0 there"


def _heads_of(params: StrictModel) -> tuple[str, ...]:
    """The heads that the family has."""
    annotation = type(params).model_fields["head"].annotation
    options = get_args(annotation)
    return tuple(chain.from_iterable(get_args(option) or (option,) for option in options))


def _foresight(params: object) -> Iterator[Problem]:
    """Parts of a model that see the token that is to be predicted: it would learn to copy it."""
    place = ("model", "params")
    if getattr(params, "padding", None) == "same":
        yield (*place, "padding"), "'same' sees the token that is to be predicted: write causal"
    for part in getattr(params, "sees_whole_window", ()):
        field, _, value = part.partition(": ")
        # A head that predicts once is refused already.
        if field != "head" or value == "per_step":
            yield (*place, *field.split(".")), f"{value!r} sees the tokens that are to be predicted: write another"
