"""Presets converted once a session, and the compiler."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest
from deployment.cases import Deployed, deploy
from deployment.zig import Zig
from graph.tiny_models import models  # noqa: F401
from helpers import tcn
from helpers.tflite import convert_with

from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.recipes import load_recipe
from neuralspot_edge.training import build_model


@pytest.fixture(scope="session")
def zig(tmp_path_factory: pytest.TempPathFactory) -> Zig:
    return Zig(tmp_path_factory.mktemp("zig"))


@pytest.fixture(scope="session")
def deployed() -> Callable[[str], Deployed]:
    """A preset by name, with weights as after training and an own mean and deviation for each channel."""
    return functools.cache(_deployed)


def _deployed(name: str) -> Deployed:
    recipe = load_recipe(name)
    channels = recipe.input.channels
    x = tcn.windows((recipe.input.window, channels), count=16)
    content = convert_with(tcn.randomize(build_model(recipe)), x)
    mean = np.linspace(-300, 500, channels)
    preprocessing = Preprocessing("standardize", tuple(mean.tolist()), tuple((1 + np.abs(mean)).tolist()))
    samples = (x * preprocessing.std + preprocessing.mean).astype(np.float32)
    return deploy(
        content,
        samples,
        name=name,
        preprocessing=preprocessing,
        classes=tuple(recipe.classes or ()),
        channels=tuple(f"axis {index}" for index in range(channels)),
        sampling_rate=recipe.input.sampling_rate,
    )
