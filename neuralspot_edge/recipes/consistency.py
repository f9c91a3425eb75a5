"""What must fit together across the parts of a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuralspot_edge.recipes.schema import Recipe

__all__ = ["CLASS_TASKS", "inconsistencies"]

CLASS_TASKS = ("classification", "segmentation")
"""Tasks whose output is one value for each of `classes`."""

_HEADS = {
    "classification": ("pooled", "last"),
    "segmentation": ("per_step",),
    "denoising": ("per_step",),
    "anomaly": ("per_step",),
}
_PREDICTS = {
    "classification": "one class for each window",
    "segmentation": "a class for each step",
    "denoising": "every step of the signal",
    "anomaly": "every step of its input",
}

Problem = tuple[tuple[str, ...], str]
"""Where something is wrong, and one sentence of what."""


def inconsistencies(recipe: Recipe) -> Iterator[Problem]:
    """Every pair of values in `recipe` that are each legal but do not fit together."""
    yield from _output_problems(recipe)
    yield from _data_problems(recipe)
    yield from _model_problems(recipe)


def _output_problems(recipe: Recipe) -> Iterator[Problem]:
    task, channels = recipe.task, recipe.input.channels
    if task in CLASS_TASKS:
        if recipe.classes is None:
            yield ("classes",), f"is required for {task}: list the names, the model is built before data is loaded"
        if recipe.outputs is not None:
            yield ("outputs",), f"the classes give it for {task}, leave it out"
        return
    if recipe.classes is not None:
        yield ("classes",), f"{task} has none, leave it out; its width is outputs"
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
    if recipe.data.dataset:
        yield from _dataset_problems(recipe, recipe.data.dataset)


def _dataset_problems(recipe: Recipe, name: str) -> Iterator[Problem]:
    """What is known of a named data set before it is loaded, against what the recipe says."""
    from neuralspot_edge.datasets import dataset_entry

    entry, rate = dataset_entry(name), recipe.input.sampling_rate
    if recipe.task not in entry.tasks:
        yield ("data", "dataset"), f"{name} is for {' and '.join(entry.tasks)}, not for {recipe.task}"
    elif recipe.task in CLASS_TASKS and recipe.classes not in (None, entry.classes):
        yield ("classes",), f"{name} has the classes {', '.join(entry.classes)}, in this order: write these"
    if len(entry.channels) != recipe.input.channels:
        yield ("input", "channels"), f"{name} has {len(entry.channels)}, received {recipe.input.channels}"
    if rate is not None and rate != entry.sampling_rate:
        yield ("input", "sampling_rate"), f"{name} has {entry.sampling_rate:g} Hz, received {rate:g}"


def _model_problems(recipe: Recipe) -> Iterator[Problem]:
    """Fields that a family may lack are not asked of it."""
    task, params, place = recipe.task, recipe.params, ("model", "params")
    head, heads = getattr(params, "head", None), _HEADS.get(task)
    if head is not None and heads and head not in heads:
        allowed = " or ".join(heads)
        yield (*place, "head"), f"{head!r} does not go with {task}, which predicts {_PREDICTS[task]}: write {allowed}"
    if not getattr(params, "include_top", True):
        yield (*place, "include_top"), "a recipe's model has its top, without it nothing predicts: write true"
    activation = getattr(params, "output_activation", None)
    softmax = activation in ("softmax", "log_softmax")
    if task not in CLASS_TASKS and softmax:
        yield (*place, "output_activation"), f"{activation!r} is for classes, {task} predicts numbers: write null"
    if task not in CLASS_TASKS and activation is None and not getattr(params, "use_logits", True):
        yield (*place, "use_logits"), f"false adds a softmax, {task} predicts numbers: write true"
