"""What training in int8 costs: a step of it against a step of the float training of the same model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row, paired, seconds
from neuralspot_edge.quantization import quantize_aware
from neuralspot_edge.recipes import load_recipe
from neuralspot_edge.training import build_model

__all__ = ["measure"]

PRESETS = (
    "tcn-har-smartwatch",
    "tcn-ecg-denoise",
    "residual-tcn-har-smartwatch",
    "wavenet-speaker-vowels",
    "tc-resnet-speaker-vowels",
    "ds-cnn-kws-49x10",
    "rnn-har-lstm",
    "conv-rnn-har-gru",
)
"""One or two of each family."""

BATCH, STEPS = 32, 20
TARGET = 1.6


def measure(_: Path, pairs: int) -> list[Row]:
    """A row for each preset."""
    return [_measure(name, pairs) for name in PRESETS]


def _measure(name: str, pairs: int) -> Row:
    import keras

    recipe = load_recipe(name)
    model = build_model(recipe)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((BATCH, *model.input_shape[1:]), np.float32)
    y = generator.standard_normal((BATCH, *model.output_shape[1:]), np.float32)
    in_int8 = quantize_aware(model, x)
    for each in (model, in_int8):
        each.compile(keras.optimizers.Adam(1e-4), "mse")
    return paired(
        f"{name}: step of training in int8",
        lambda: _step(in_int8, x, y),
        lambda: _step(model, x, y),
        pairs=pairs,
        target=TARGET,
        note="theirs: float training",
    )


def _step(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    """The quickest of some steps: other work on the machine can only add to it. The first one compiles."""
    return min(seconds(lambda: model.train_on_batch(x, y)) for _ in range(STEPS))
