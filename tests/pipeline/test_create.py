import keras
import numpy as np
import pytest
from helpers import small

import neuralspot_edge as nse
from neuralspot_edge.errors import InputError


def test_a_preset_by_name_with_changes():
    model = nse.create_model("tcn-har-smartwatch", input__window=50, model__params__head="last")
    assert isinstance(model, keras.Model)
    assert model.input_shape == (None, 50, 6)
    assert model.output_shape == (None, 4)


def test_a_recipe_or_a_dict_gives_the_weights_of_its_seed():
    one, same, other = (
        nse.create_model(small.recipe()),
        nse.create_model(small.content()),
        nse.create_model(small.content(), training__seed=1),
    )
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), same.get_weights(), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("tcn-har-smartwach", {}, "unknown preset 'tcn-har-smartwach': did you mean 'tcn-har-smartwatch'"),
        ("tcn-tiny", {"input__windw": 3}, "input.windw: unknown key 'windw': did you mean 'window'"),
        ("tcn-tiny", {"input__window": 0}, "input.window: 0 is out of range"),
    ],
)
def test_what_is_not_legal_is_refused(recipe, changes, message):
    with pytest.raises(InputError, match=message):
        nse.create_model(recipe, **changes)
