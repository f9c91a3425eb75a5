"""A model from a preset, a recipe file or a dict, untrained: for Keras, or as a `.tflite` to know its cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.pipeline.export import calibration_samples, convert_model, export_settings
from neuralspot_edge.recipes import Recipe, load_recipe
from neuralspot_edge.training import build_model

if TYPE_CHECKING:
    import keras

__all__ = ["convert_untrained", "create_model"]


def create_model(recipe: Recipe | str | Path | Mapping[str, Any], **overrides: Any) -> keras.Model:
    """Builds a recipe's model, untrained, with initial weights drawn by the recipe's seed.

    Args:
        recipe: A preset's name, a path, a dict, or a `Recipe`.
        **overrides: Changes by field; a dot is written as two underscores: `input__window=200`.

    Returns:
        A functional `keras.Model` from (window, channels).

    Raises:
        InputError: The recipe or an override is not legal.
    """
    loaded = load_recipe(recipe)
    if overrides:
        loaded = loaded.override({key.replace("__", "."): value for key, value in overrides.items()})
    return build_model(loaded)


def convert_untrained(recipe: Recipe) -> bytes:
    """The `.tflite` that a recipe's model becomes, of initial weights and ranges that fit no signal.

    Its operators, MACs and memory are those of the trained model; its bytes are 1 to 7 % fewer.

    Raises:
        ConversionError: The model breaks a rule of TensorFlow Lite Micro.
    """
    card = ModelCard.of(recipe, Preprocessing("none"))
    model, settings = build_model(recipe), export_settings(recipe, None, None)
    return convert_model(model, settings, calibration_samples(model, settings, "random"), card=card)
