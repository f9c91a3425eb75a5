import warnings

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.registry import get_family
from neuralspot_edge.recipes import list_models, load_recipe, preset_path, presets

NAMES = list_models()
MOST_PARAMETERS = {
    "mlp-vibration-anomaly": 110_000,
    "tc-resnet-kws-98x40": 66_000,
    "tcn-har-smartwatch": 15_000,
    "tcn-tiny": 2000,
}


def test_the_uses_of_the_first_release_are_there():
    assert set(NAMES) >= {
        "tcn-ecg-denoise",
        "tcn-ecg-segmentation",
        "tcn-ecg-segmentation-2class",
        "tcn-gesture-gunpoint",
        "tcn-har-smartwatch",
        "tcn-kws-49x40",
        "tcn-ppg-denoise",
        "tcn-speaker-vowels",
        "tcn-tiny",
        "tcn-vibration-anomaly",
    }
    assert list(NAMES) == sorted(NAMES)


def test_names_by_pattern():
    assert list_models("tcn-ecg-seg*") == ("tcn-ecg-segmentation", "tcn-ecg-segmentation-2class")
    assert list_models("TCN-TINY") == ("tcn-tiny",)
    assert list_models("no*") == ()


def test_a_preset_that_is_none():
    with pytest.raises(InputError, match=r"unknown preset 'tcn-tinny': did you mean 'tcn-tiny'\?"):
        preset_path("tcn-tinny")


def test_a_wheel_has_them_inside_the_package(tmp_path, monkeypatch):
    folder = tmp_path / "neuralspot_edge" / "configs" / "tcn"
    folder.mkdir(parents=True)
    (folder / "tcn-inside.yaml").touch()
    monkeypatch.setattr(presets, "__file__", str(tmp_path / "neuralspot_edge" / "recipes" / "presets.py"))
    assert list_models() == ("tcn-inside",)
    assert preset_path("tcn-inside") == folder / "tcn-inside.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_what_it_is(name):
    path = preset_path(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recipe = load_recipe(name)
    assert recipe.name == path.stem == name
    assert recipe.model.family == path.parent.name
    assert name.startswith(f"{recipe.model.family.replace('_', '-')}-")
    assert recipe.description
    assert "https://" in recipe.source
    assert recipe.data is not None
    assert recipe.data.path is None or recipe.data.frontend
    assert path.read_text().startswith("# yaml-language-server: $schema=../recipe.schema.json\n")
    assert (path.parent.parent / "recipe.schema.json").is_file()
    assert len(set(path.read_bytes()) & set(range(128, 256))) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_builds(name):
    import keras

    recipe = load_recipe(name)
    inputs = keras.Input((recipe.input.window, recipe.input.channels))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = get_family(recipe.model.family).build(inputs, recipe.params, recipe.num_outputs)
    whole = recipe.task == "classification"
    assert (
        model.output_shape == (None, recipe.num_outputs) if whole else (None, recipe.input.window, recipe.num_outputs)
    )
    assert model.count_params() < MOST_PARAMETERS.get(name, 25_000)


def test_the_tiny_one_and_the_streams_are_causal():
    for name in ("tcn-tiny", "tcn-ecg-segmentation-2class", "tcn-ppg-denoise"):
        assert load_recipe(name).params.is_causal
