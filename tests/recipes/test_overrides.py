import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes import load_recipe, parse_settings


@pytest.fixture
def recipe(content):
    return load_recipe(content)


def test_values_change_and_the_recipe_does_not(recipe):
    changed = recipe.override({"training.epochs": 5, "model.params.blocks.1.filters": 12, "description": "other"})
    assert (changed.training.epochs, changed.params.blocks[1].filters, changed.description) == (5, 12, "other")
    assert (recipe.training.epochs, recipe.params.blocks[1].filters, recipe.description) == (100, 8, None)
    assert changed.params.blocks[0] == recipe.params.blocks[0]


def test_what_was_left_out_follows(recipe):
    assert recipe.override({"input.window": 80}).input.hop == 80
    assert recipe.override({"input.hop": 10}).override({"input.window": 80}).input.hop == 10
    assert recipe.override({"export.quantization": "int16x8"}).export.io_type == "int16"


def test_parts_that_were_not_written(content):
    del content["data"]
    changed = load_recipe(content).override({"data.path": "mine.csv", "gates.max_lsb": 2})
    assert (changed.data.path, changed.gates.max_lsb) == ("mine.csv", 2)


def test_whole_parts_and_items_of_a_pair(recipe):
    changed = recipe.override({"model.params.blocks": [{"filters": 3, "kernel": [1, 5]}]})
    assert changed.params.blocks[0].kernel == (1, 5)
    assert changed.override({"model.params.blocks.0.kernel.1": 7}).params.blocks[0].kernel == (1, 7)


def test_null_takes_a_value_back(recipe):
    assert recipe.override({"data": None}).data is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("training.epoch", "training.epoch: unknown key 'epoch': did you mean 'epochs'?"),
        ("trainig.epochs", "trainig.epochs: unknown key 'trainig': did you mean 'training'?"),
        ("model.params.blocks.0.filtres", "unknown key 'filtres': did you mean 'filters'?"),
        ("model.params.blocks.2.filters", "'2' is no index of model.params.blocks, there are 0 to 1"),
        ("model.params.blocks.-1.filters", "'-1' is no index"),
        ("model.params.blocks.first", "'first' is no index"),
        ("name.first", "name is a value and has no 'first'"),
        ("", "unknown key ''"),
        ("training.", "unknown key ''"),
        ("data.path.x", "data.path is a value and has no 'x'"),
        ("description.x", "description: input should be a valid string"),
    ],
)
def test_a_path_that_does_not_exist(recipe, path, text):
    with pytest.raises(InputError) as refused:
        recipe.override({path: 1})
    assert text in str(refused.value)


def test_a_value_that_is_not_legal(recipe):
    with pytest.raises(InputError, match=r"^training\.epochs: 0 is out of range, allowed is at least 1$"):
        recipe.override({"training.epochs": 0})
    with pytest.raises(InputError, match=r"^model\.params\.head: 'per_step' does not go with classification"):
        recipe.override({"model.params.head": "per_step"})


def test_settings_of_a_command_line(recipe):
    settings = parse_settings(
        ["training.learning_rate=1e-4", "description=a = b", "model.params.blocks.0.kernel=[1, 5]"]
    )
    assert settings == {
        "training.learning_rate": 1e-4,
        "description": "a = b",
        "model.params.blocks.0.kernel": [1, 5],
    }
    assert recipe.override(settings).training.learning_rate == 1e-4


@pytest.mark.parametrize("setting", ["training.epochs", "=5", " =5"])
def test_a_word_that_is_no_setting(setting):
    with pytest.raises(InputError, match="a setting is key=value, as in"):
        parse_settings([setting])
