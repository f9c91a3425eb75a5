"""What must hold for every model of every family."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from helpers.tcn import windows
from helpers.tflite import convert_with, kinds, most_lsb_apart
from neuralspot_edge.models import get_family
from neuralspot_edge.models.params import StrictModel
from neuralspot_edge.training import load_model, save_model


def build(
    family: str, shape: tuple[int | None, ...], params: dict | StrictModel | None = None, num_classes: int | None = 3
) -> keras.Model:
    keras.utils.set_random_seed(0)
    return get_family(family).build(keras.Input(shape), params or {}, num_classes)


def check_reloads(model: keras.Model, folder: Path) -> None:
    x = windows(model.input_shape[1:], count=2)
    reloaded = load_model(save_model(model, folder / "model.keras"))
    np.testing.assert_array_equal(reloaded.predict(x, verbose=0), model.predict(x, verbose=0))


def check_runs_on_the_device(model: keras.Model) -> None:
    x = windows(model.input_shape[1:], count=16)
    content = convert_with(model, x)
    assert not {"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"} & set(kinds(content))
    assert most_lsb_apart(content, x) <= 1
