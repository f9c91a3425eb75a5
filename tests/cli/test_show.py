"""`nse show`, and the recipes that every command refuses in the same way."""

import json

import pytest
import yaml
from helpers import small

from neuralspot_edge.pipeline import create_model
from neuralspot_edge.recipes import list_models, load_recipe
from neuralspot_edge.recipes.facts import describe_preset


def test_a_preset_as_json_is_the_recipe_and_what_its_model_sees(nse):
    outcome = nse("show", "tcn-ecg-segmentation-2class", "--no-cost", "--format", "json")
    assert (outcome.status, outcome.err) == (0, "")
    shown = json.loads(outcome.out)
    recipe = load_recipe("tcn-ecg-segmentation-2class")
    assert load_recipe(shown["recipe"]) == recipe
    assert (shown["receptive_field"], shown["is_causal"]) == (recipe.params.receptive_field, True)
    assert "layers" not in shown
    assert "profile" not in shown


@pytest.mark.parametrize("name", list_models())
def test_every_preset_is_shown(nse, name):
    outcome = nse("show", name, "--no-cost")
    assert (outcome.status, outcome.err) == (0, "")
    assert name in outcome.out


def test_a_table_has_fields_as_set_takes_them(nse):
    outcome = nse(
        "show",
        "tcn-tiny",
        "--no-cost",
        "--set",
        "model.params.blocks.0.filters=7",
        "--set",
        "training.learning_rate=1e-4",
    )
    rows = {line.split()[0]: line.split()[1] for line in outcome.out.splitlines() if len(line.split()) == 2}
    assert rows["model.params.blocks.0.filters"] == "7"
    assert rows["training.learning_rate"] == "0.0001"
    assert (
        nse("show", "tcn-tiny", "--no-cost", "--set", f"model.params.blocks.0.filters={rows['input.window']}").status
        == 0
    )


def test_layers_and_their_parameters(nse):
    outcome = nse("show", "tcn-tiny", "--no-cost", "--layers", "--format", "json")
    layers, count = json.loads(outcome.out)["layers"], create_model("tcn-tiny").count_params()
    assert sum(layer["parameters"] for layer in layers) == count > 500
    assert layers[0] == {"name": "input", "kind": "InputLayer", "output_shape": [50, 6], "parameters": 0}
    table = nse("show", "tcn-tiny", "--no-cost", "--layers").out
    assert f"{count:,}" in table.splitlines()[-1]
    assert "50 x 6" in table


def test_the_cost_before_any_training(nse):
    outcome = nse("show", "tcn-tiny", "--set", "target=apollo3", "--format", "json")
    profile = json.loads(outcome.out)["profile"]
    assert profile["totals"]["macs"] == describe_preset("tcn-tiny").macs
    assert [target["name"] for target in profile["targets"]] == ["apollo3"]
    table = nse("show", "tcn-tiny").out
    assert f"{describe_preset('tcn-tiny').macs:,} MACs" in table
    assert "DEPTHWISE_CONV_2D" in table


def test_a_model_that_does_not_convert_is_shown_without_its_cost(nse):
    outcome = nse("show", "tcn-tiny", "--set", "model.params.blocks.0.activation=gelu")
    assert outcome.status == 0
    assert "model.params.blocks.0.activation" in outcome.out
    assert outcome.said[0].startswith("nse: the cost is not known: layer ")


def test_a_recipe_from_standard_input(nse):
    text = yaml.safe_dump(small.content()).encode()
    assert (
        json.loads(nse("show", "-", "--no-cost", "--format", "json", stdin=text).out)["recipe"]["name"] == "tcn-small"
    )
    text = json.dumps(small.content()).encode()
    assert (
        json.loads(nse("show", "-", "--no-cost", "--format", "json", stdin=text).out)["recipe"]["name"] == "tcn-small"
    )


def test_brackets_are_not_taken_for_markup(nse, tmp_path):
    (tmp_path / "units.yaml").write_text(yaml.safe_dump(small.content(description="speed in [m/s] of [red] [/x]")))
    assert "speed in [m/s] of [red] [/x]" in nse("show", "units.yaml", "--no-cost").out


def _nested(depth):
    return "name: " + "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "bad.yaml: is empty"),
        ("# nothing but a comment\n", "bad.yaml: is empty"),
        ("- a\n- list\n", "bad.yaml: a recipe is a mapping"),
        ("name: [unclosed\n", "bad.yaml:2:1: is not YAML"),
        ("name: a\nname: b\n", "bad.yaml:2: key 'name' is there already, in line 1"),
        ("a: &a [*a]\nname: x\n", "an alias leads back to what contains it"),
        ("a: &a\n  b: *a\n", "an alias leads back to what contains it"),
        (_nested(10_000), "levels deep"),
        ("x: !!python/object/apply:os.system ['true']\n", "bad.yaml:1:"),
    ],
    ids=["empty", "comment", "list", "unclosed", "twice", "cycle", "cycle-in-mapping", "deep", "code"],
)
def test_a_file_that_is_no_recipe(refusal, tmp_path, text, message):
    (tmp_path / "bad.yaml").write_text(text)
    assert message in refusal("show", "bad.yaml")


def test_a_bomb_of_aliases(refusal, tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))
    assert "too many values, aliases written out" in refusal("run", "bomb.yaml")


@pytest.mark.parametrize("name", ["bad.yaml", "bad.json"])
def test_a_file_that_is_no_text_or_too_large(refusal, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bytes(range(256)))
    assert f"{name}: " in refusal("show", name)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert f"{name}: byte 0 is no UTF-8; a recipe is a YAML or JSON text" in refusal("show", name)
    with path.open("wb") as file:
        file.truncate(50 << 20)
    assert f"{name}: is more than 1 MiB; a recipe is a short text" in refusal("show", name)


def test_a_file_that_is_not_there(refusal, tmp_path):
    assert "cannot read the recipe missing.yaml: No such file" in refusal("show", "missing.yaml")
    (tmp_path / "folder.yaml").mkdir()
    assert "cannot read the recipe folder.yaml: Is a directory" in refusal("show", "folder.yaml")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainning": {}}, "bad.yaml:23: unknown key 'trainning': did you mean 'training'?"),
        ({"input": {"window": "32", "channels": 2}}, "bad.yaml:8: input.window: must be a whole number, received '32'"),
        ({"input": {"window": 0, "channels": 2}}, "input.window: 0 is out of range, allowed is at least 1"),
        ({"task": "detection"}, "task: 'detection' is not known, "),
        ({"model": {"family": "tcnn", "params": {}}}, "model.family: unknown family 'tcnn': did you mean 'tcn'?"),
        ({"model": {"family": "tcn", "params": {"blocks": [{"filtres": 4}]}}}, "unknown key 'filtres': did you mean"),
        ({"data": {"dataset": "basic-motion"}}, "data.dataset: unknown dataset 'basic-motion': did you mean 'basic-m"),
        ({"data": {"dataset": "gunpoint", "path": "x.npz"}}, "exactly one of dataset and path is needed"),
        ({"classes": ["one", "one"]}, "classes: 'one' is there more than once"),
        ({"training": {"learning_rate": float("nan")}}, "training.learning_rate: "),
        ({"gates": {"max_drop": -0.1}}, "gates.max_drop: -0.1 is out of range, allowed is at least 0"),
        ({"export": {"quantization": "int8", "io": "int16"}}, "export.io: 'int16' does not go with quantization int8"),
        ({"name": "Not A Slug"}, "name: "),
    ],
)
def test_a_recipe_that_is_wrong_in_one_place_is_refused_by_that_place(refusal, tmp_path, changes, message):
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump({**small.content(), **changes}, sort_keys=False))
    said = refusal("show", "bad.yaml")
    assert said.startswith("bad.yaml:")
    assert message in said


@pytest.mark.parametrize("command", ["show", "train", "run"])
def test_an_unknown_preset(refusal, command):
    said = refusal(command, "tcn-har-smartwach")
    assert said == (
        "unknown preset 'tcn-har-smartwach': did you mean 'tcn-har-smartwatch'?; a file ends in .yaml or .json"
    )


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epochs", "a setting is key=value, as in training.epochs=5; received 'training.epochs'"),
        ("=5", "a setting is key=value"),
        ("training.epoch=5", "training.epoch: unknown key 'epoch': did you mean 'epochs'?"),
        ("training.epochs=many", "training.epochs: must be a whole number, received 'many'"),
        ("training.epochs=[", "training.epochs:2:1: is not YAML"),
        ("model.params.blocks.9.filters=4", "model.params.blocks.9.filters: '9' is no index of model.params.blocks"),
    ],
)
def test_a_wrong_setting(refusal, setting, message):
    assert message in refusal("show", "tcn-tiny", "--set", setting)
