"""A recipe and data so small that a whole run takes seconds, and data sets by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuralspot_edge.datasets import Dataset, Provenance, Split
from neuralspot_edge.recipes import Recipe, load_recipe

WINDOW, CHANNELS = 32, 2
CLASSES = ("low", "mid", "high")

Source = Path | str | Mapping[str, Any] | None
"""A file of data, or all that a recipe says of data."""


def waves(count: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sines of three frequencies with noise, far from mean 0 and deviation 1: (count, 32, 2), and their class."""
    generator = np.random.default_rng(seed)
    y = np.arange(count) % len(CLASSES)
    phase = generator.uniform(0, 2 * np.pi, (count, 1, CHANNELS))
    time = np.arange(WINDOW)[None, :, None]
    x = np.sin((1 + 3 * y[:, None, None]) * time * 2 * np.pi / WINDOW + phase)
    x = 5 + 3 * (x + 0.1 * generator.standard_normal(x.shape))
    return x.astype(np.float32), y.astype(np.int64)


def write_waves(folder: Path, count: int = 60) -> Path:
    x, y = waves(count)
    path = folder / "waves.npz"
    np.savez(path, x=x, y=y, classes=np.array(CLASSES))
    return path


def content(data: Source = None, **changes: Any) -> dict[str, Any]:
    """A recipe as a dict; `changes` replace its top-level keys, None leaves one out."""
    recipe: dict[str, Any] = {
        "name": "tcn-small",
        "task": "classification",
        "classes": list(CLASSES),
        "input": {"window": WINDOW, "channels": CHANNELS},
        "model": {"family": "tcn", "params": {"head": "pooled", "blocks": [{"filters": 4, "activation": "relu6"}]}},
        "training": {"epochs": 3, "batch_size": 8, "learning_rate": 0.01},
        "gates": {"max_drop": 0.5},
    }
    if data is not None:
        recipe["data"] = data if isinstance(data, Mapping) else {"path": str(data)}
    return {key: value for key, value in {**recipe, **changes}.items() if value is not None}


def recipe(data: Source = None, overrides: Mapping[str, Any] | None = None, **changes: Any) -> Recipe:
    return load_recipe(content(data, **changes)).override(overrides or {})


def dataset(*parts: tuple[np.ndarray, np.ndarray | None], classes: Sequence[str] = ()) -> Dataset:
    """A data set by hand: inputs and targets of train, validation and test."""
    splits = [Split(x.astype(np.float32), y) for x, y in parts]
    channels = tuple(f"c{index}" for index in range(splits[0].x.shape[-1]))
    return Dataset("by-hand", *splits, channels, None, tuple(classes), Provenance("a test"))


def waves_dataset(poison: float | None = None) -> Dataset:
    """The waves in three parts; with `poison` the test part is that value throughout, and of one class."""
    x, y = waves()
    parts = [(x[:36], y[:36]), (x[36:48], y[36:48]), (x[48:], y[48:])]
    if poison is not None:
        parts[2] = (np.full_like(x[48:], poison), np.zeros_like(y[48:]))
    return dataset(*parts, classes=CLASSES)


def with_poisoned_test(data: Any, poison: float = 1e6) -> Any:
    """`Prepared` data whose held-out part is one huge value throughout."""
    x = np.full_like(data.test.x, poison)
    return dataclasses.replace(data, test=dataclasses.replace(data.test, x=x, raw=x))
