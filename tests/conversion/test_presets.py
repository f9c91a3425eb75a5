"""Every preset, the moment it exists: built, saved and reloaded, converted, and run on the device."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import tcn
from helpers.tflite import convert_with, kinds, most_lsb_apart

from neuralspot_edge import create_model, list_models, load_recipe
from neuralspot_edge.training import load_model, save_model


@pytest.mark.parametrize("name", list_models())
def test_a_preset_builds_saves_reloads_converts_and_runs(name, tmp_path):
    recipe, model = load_recipe(name), tcn.randomize(create_model(name))
    x = tcn.windows((recipe.input.window, recipe.input.channels), count=16)
    expected = model.predict(x, verbose=0)
    reloaded = load_model(save_model(model, tmp_path / "model.keras"))
    np.testing.assert_array_equal(reloaded.predict(x, verbose=0), expected)
    content = convert_with(model, x)
    assert not {"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"} & set(kinds(content))
    assert most_lsb_apart(content, x) <= recipe.gates.max_lsb
