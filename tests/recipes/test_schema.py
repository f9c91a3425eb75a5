import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from neuralspot_edge.recipes import Recipe, load_recipe, recipe_json_schema

SCHEMA = recipe_json_schema()
BASE: dict[str, Any] = {
    "name": "tcn-test",
    "task": "classification",
    "classes": ["rest", "walk"],
    "data": {"path": "mine.npz"},
    "input": {"window": 50, "channels": 2},
    "model": {"family": "tcn", "params": {"head": "pooled", "blocks": [{"filters": 4}]}},
}
Place = tuple[str | int, ...]


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        schema = {**SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], **schema}
    for choice in schema.get("allOf", []):
        if choice["if"]["properties"].get("family", {}).get("const") == "tcn":
            properties = schema["properties"]
            params = {**properties["params"], **choice["then"]["properties"]["params"]}
            schema = {**schema, "properties": {**properties, "params": params}}
    return schema


def fields(schema: dict[str, Any], place: Place = ()) -> Iterator[tuple[Place, list[dict[str, Any]]]]:
    """Every field of the recipe with the kinds of value that it takes, the params of the TCN family included."""
    schema = resolve(schema)
    kinds = [resolve(kind) for kind in schema.get("anyOf", [schema])]
    if place:
        yield place, kinds
    for kind in kinds:
        for name, field in kind.get("properties", {}).items():
            yield from fields(field, (*place, name))
        if "object" in {resolve(kind.get("items", {})).get("type")}:
            yield from fields(kind["items"], (*place, 0))


def out_of_range(kind: dict[str, Any]) -> Iterator[Any]:
    step = 1 if kind.get("type") == "integer" else 1e-6
    if "minimum" in kind:
        yield kind["minimum"] - step
    if "maximum" in kind:
        yield kind["maximum"] * 2 + step
    for key in ("exclusiveMinimum", "exclusiveMaximum"):
        if key in kind:
            yield kind[key]
    if "minLength" in kind:
        yield ""
    if "maxLength" in kind:
        yield "a" * (kind["maxLength"] + 1)
    if "pattern" in kind or "enum" in kind or "const" in kind:
        yield "~no such~"
    if "maxItems" in kind:
        yield [sample(kind, index) for index in range(kind["maxItems"] + 1)]
    if kind.get("minItems"):
        yield []


def sample(kind: dict[str, Any], index: int) -> Any:
    items = resolve(kind["items"] if "items" in kind else kind["prefixItems"][0])
    return {"string": f"name-{index}", "object": {"filters": 4}}.get(items.get("type", ""), 3)


def wrong_type(kinds: list[dict[str, Any]]) -> Iterator[Any]:
    types = {kind.get("type", "string") for kind in kinds}
    if "object" not in types:
        yield {"an": "object"}
    if "array" not in types:
        yield [[1]]
    if not types & {"string"}:
        yield "7"
    if "boolean" not in types:
        yield True
    if "number" not in types:
        yield 2.5
    if "null" not in types:
        yield None


FIELDS = dict(fields(SCHEMA))
NAMED = [place for place in FIELDS if isinstance(place[-1], str)]
RANGES = [(place, value) for place, kinds in FIELDS.items() for kind in kinds for value in out_of_range(kind)]
TYPES = [
    (place, value)
    for place, kinds in FIELDS.items()
    for value in wrong_type(kinds)
    # True is 1, and 1 is the version.
    if (place, value) != (("schema_version",), True)
]


def name_of(value: Any) -> str:
    return ".".join(map(str, value)) if isinstance(value, tuple) else f"{value!r:.20}"


def put(place: Place, value: Any) -> dict[str, Any]:
    recipe = part = copy.deepcopy(BASE)
    for step in place[:-1]:
        part = part[step] if isinstance(step, int) else part.setdefault(step, {})
    part[place[-1]] = value
    return recipe


def test_the_fields_are_found():
    assert {("training", "epochs"), ("data", "dataset"), ("model", "params", "blocks", 0, "filters")} <= set(FIELDS)
    assert len(RANGES) > 80
    assert len(TYPES) > 150


@pytest.mark.parametrize(("place", "value"), RANGES, ids=name_of)
def test_a_value_out_of_range_is_refused_by_name(place, value, refusal):
    assert f"{name_of(place)}: " in refusal(put(place, value))


@pytest.mark.parametrize(("place", "value"), TYPES, ids=name_of)
def test_a_value_of_the_wrong_type_is_refused_by_name(place, value, refusal):
    text = refusal(put(place, value))
    assert name_of(place) in text or "unknown key 'an'" in text


@pytest.mark.parametrize(
    "place",
    [place for place, kinds in FIELDS.items() if any(kind.get("type") in ("integer", "number") for kind in kinds)],
    ids=name_of,
)
def test_every_number_has_a_lower_limit_and_refuses_nan(place, refusal):
    numbers = [kind for kind in FIELDS[place] if kind.get("type") in ("integer", "number")]
    assert all({"minimum", "exclusiveMinimum", "const"} & set(kind) for kind in numbers)
    for value in (float("nan"), float("inf"), 10**400):
        assert name_of(place) in refusal(put(place, value))


@pytest.mark.parametrize("place", NAMED, ids=name_of)
def test_an_unknown_key_is_refused_with_the_nearest(place, refusal):
    text = refusal(put((*place[:-1], f"{place[-1]}x"), 1))
    assert f"unknown key '{place[-1]}x': did you mean" in text


@pytest.mark.parametrize("place", NAMED, ids=name_of)
def test_every_field_is_described(place):
    parents = [SCHEMA] if len(place) == 1 else FIELDS[place[:-1]]
    assert any(parent.get("properties", {}).get(place[-1], {}).get("description") for parent in parents)


@pytest.mark.parametrize("name", ["name", "task", "input", "model"])
def test_what_is_required(content, refusal, name):
    del content[name]
    assert refusal(content) == f"{name}: is required"


def test_the_base_is_legal(content):
    recipe = load_recipe(content)
    assert recipe.input.hop == 50
    assert recipe.num_outputs == 3
    assert recipe.params.blocks[1].filters == 8
    assert load_recipe(BASE).training.class_weights == "auto"
    assert load_recipe(BASE).training.distillation is None


def test_a_teacher_alone_is_enough(content):
    recipe = load_recipe({**content, "training": {"teacher": "tcn-tiny"}})
    how = recipe.training.distillation
    assert (how.temperature, how.class_temperature, how.weight) == (None, 2.0, 0.5)
    assert load_recipe(recipe.to_dict()) == recipe
    # What followed from the teacher goes with it.
    assert recipe.override({"training.teacher": None}) == load_recipe({**content, "training": {}})
    warmer = recipe.override({"training.distillation.temperature": 3.0})
    assert (warmer.training.distillation.class_temperature, warmer.training.distillation.weight) == (3.0, 0.5)


@pytest.mark.parametrize(
    ("key", "value"), [("temperature", 0), ("temperature", 101), ("weight", 0), ("weight", 1.5), ("share", 1)]
)
def test_what_distillation_allows(content, refusal, key, value):
    training = {"teacher": "tcn-tiny", "distillation": {key: value}}
    assert refusal({**content, "training": training}).startswith("training.distillation")


def test_the_seed_of_the_split_is_the_seed_unless_it_is_given(content):
    recipe = load_recipe({**content, "training": {"seed": 7}})
    assert recipe.training.data_seed == 7
    assert recipe.override({"training.split_seed": 0}).training.data_seed == 0


@pytest.mark.parametrize("target", ["apollo4", "apollo4-plus", "cortex-m0+", None])
def test_a_target_is_a_chip_an_alias_or_a_core(content, target):
    assert load_recipe({**content, "target": target}).target == target


def test_a_recipe_cannot_be_changed(content):
    with pytest.raises(ValidationError, match="frozen"):
        load_recipe(content).name = "other"


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        (("model", "family"), "tnc", "model.family: unknown family 'tnc': did you mean 'tcn'?"),
        (("data",), {"dataset": "basic-motion"}, "unknown dataset 'basic-motion': did you mean 'basic-motions'?"),
        (("data",), {}, "data: exactly one of dataset and path is needed, neither is given"),
        (("data",), {"path": "a.npz", "dataset": "gunpoint"}, "both are given"),
        (
            ("data",),
            {"path": "a.csv", "channels": ["x", "y", "z"]},
            "data.channels: has 3 names but input.channels is 2",
        ),
        (("data",), {"path": "a.csv", "channels": ["x", "x"]}, "data.channels: 'x' is there more than once"),
        (("data",), {"dataset": "gunpoint", "channels": ["x", "y"]}, "channels: only data from a path takes it"),
        (("data",), {"dataset": "gunpoint"}, "input.channels: gunpoint has 1, received 2"),
        (("data",), {"dataset": "gunpoint"}, "classes: gunpoint has the classes gun, point, in this order"),
        (("data",), {"dataset": "synthetic-ecg-qrs"}, "synthetic-ecg-qrs is for segmentation, not for classification"),
        (("classes",), None, "classes: is required for classification"),
        (("classes",), ["walk", "walk"], "classes: 'walk' is there more than once"),
        (("outputs",), 2, "outputs: the classes give it for classification"),
        (("task",), "segmentation", "model.params.head: 'pooled' does not go with segmentation"),
        (("task",), "regression", "classes: regression has none"),
        (("model", "params", "head"), "per_step", "write pooled or last"),
        (("model", "params", "include_top"), False, "model.params.include_top: a recipe's model has its top"),
        (
            ("export",),
            {"io": "int16"},
            "export.io: 'int16' does not go with quantization int8, allowed are int8, float32",
        ),
        (
            ("export",),
            {"quantization": "int16x8", "method": "qat"},
            "export.method: 'qat' is a way to int8, quantization is int16x8: write ptq",
        ),
        (("export",), {"method": "qta"}, "export.method: 'qta' is not known, did you mean 'qat'?"),
        (("export", "qat"), {"epoch": 3}, "export.qat: unknown key 'epoch': did you mean 'epochs'?"),
        (("export", "tools"), {"ranges": "min"}, "export.tools.ranges: 'min' is not known, allowed are max, percent"),
        (("export",), {"quantization": "int4", "io": "int8"}, "export.quantization: 'int4' is not known"),
        (("target",), "apolo4", "target: unknown target 'apolo4': did you mean 'apollo4'?"),
        (("target",), "board.yaml", "target: unknown target 'board.yaml'"),
    ],
)
def test_what_does_not_fit_together(place, value, text, refusal):
    assert text in refusal(put(place, value))


def test_the_sampling_rate_of_a_data_set_is_checked(content, refusal):
    content |= {"classes": ["standing", "walking", "running", "badminton"], "data": {"dataset": "basic-motions"}}
    content["input"] = {"window": 100, "channels": 6, "sampling_rate": 20}
    assert refusal(content) == "input.sampling_rate: basic-motions has 10 Hz, received 20"


@pytest.mark.parametrize("task", ["regression", "denoising", "forecasting", "anomaly"])
@pytest.mark.parametrize("params", [{"use_logits": False}, {"output_activation": "softmax"}])
def test_numbers_are_not_predicted_by_a_softmax(content, refusal, task, params):
    content |= {"task": task, "classes": None}
    content["model"]["params"] |= {"head": "per_step", **params}
    assert f"model.params.{next(iter(params))}: " in refusal(content)


@pytest.mark.parametrize(
    ("task", "outputs", "expected"),
    [
        ("regression", None, 1),
        ("regression", 3, 3),
        ("forecasting", None, 1),
        ("denoising", None, 2),
        ("denoising", 1, 1),
        ("anomaly", None, 2),
        ("anomaly", 2, 2),
    ],
)
def test_the_width_of_the_output(content, task, outputs, expected):
    content |= {"task": task, "classes": None, "outputs": outputs}
    content["model"]["params"]["head"] = "per_step"
    assert load_recipe(content).num_outputs == expected


def test_an_anomaly_model_reproduces_its_input(content, refusal):
    content |= {"task": "anomaly", "classes": None, "outputs": 1}
    content["model"]["params"]["head"] = "per_step"
    assert refusal(content).startswith("outputs: anomaly models reproduce their 2 input channels")


LANGUAGE = {
    "task": "language",
    "classes": None,
    "outputs": 40,
    "data": {"dataset": "text-characters", "preprocess": "none", "options": {"path": "book.txt"}},
    "input": {"window": 50, "channels": 40},
    "model": {"family": "tcn", "params": {"padding": "causal", "blocks": [{"filters": 4}]}},
}


def test_a_language_model_has_an_output_for_each_token(content):
    recipe = load_recipe(content | LANGUAGE)
    assert recipe.num_outputs == 40
    assert load_recipe(recipe.to_dict()) == recipe


@pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"outputs": None}, "outputs: is required for language: the size of the vocabulary"),
        ({"classes": ["a", "b"]}, "classes: language has none, leave it out; its width is outputs"),
        ({"data": {"path": "tokens.npz"}}, "data.preprocess: standardize would blur the tokens: write none"),
        (
            {"model": {"family": "tcn", "params": {"blocks": []}}},
            "model.params.padding: 'same' sees the token that is to be predicted: write causal",
        ),
        (
            {"model": {"family": "tcn", "params": {"padding": "causal", "head": "last", "blocks": []}}},
            "model.params.head: 'last' does not go with language, which predicts the next token at each step",
        ),
        (
            {
                "model": {
                    "family": "tcn",
                    "params": {"padding": "causal", "input_kernel": 3, "input_norm": "layer", "blocks": []},
                }
            },
            "model.params.input_norm: 'layer' sees the tokens that are to be predicted: write another",
        ),
        ({"input": {"window": 50, "channels": 40, "sampling_rate": 8000}}, "text-characters has none, leave it out"),
    ],
)
def test_what_does_not_suit_a_language_model(content, refusal, changes, text):
    assert text in refusal(content | LANGUAGE | changes)


def test_options_of_a_data_set_are_its_own_with_its_defaults(content):
    content |= {"task": "regression", "classes": None, "data": {"dataset": "adding-problem", "options": {"train": 9}}}
    recipe = load_recipe(content)
    assert recipe.data.options.model_dump() == {"train": 9, "validation": 1000, "test": 1000, "markers": "anywhere"}
    assert load_recipe(recipe.to_dict()) == recipe
    assert recipe.override({"data.options.markers": "halves"}).data.options.train == 9
    del content["data"]["options"]
    assert load_recipe(content).data.options.train == 50_000


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            {"dataset": "adding-problem", "options": {"trian": 9}},
            "data.options: unknown key 'trian': did you mean 'train'?",
        ),
        ({"dataset": "adding-problem", "options": {"train": 0}}, "data.options.train: 0 is out of range"),
        ({"dataset": "adding-problem", "options": 3}, "data.options: "),
        ({"dataset": "text-words"}, "data.options.path: is required"),
        ({"dataset": "gunpoint", "options": {"train": 9}}, "data.options: gunpoint takes none, leave them out"),
        ({"path": "a.npz", "options": {"train": 9}}, "data.options: only a data set by name takes them"),
        ({"dataset": "adding", "options": {"train": 9}}, "data.dataset: unknown dataset 'adding'"),
    ],
)
def test_options_that_a_data_set_does_not_have(content, refusal, data, text):
    assert refusal(content | {"data": data}).startswith(text)


def test_all_problems_are_in_one_line(content, refusal):
    content |= {"training": {"epochs": 0}, "outputs": -1}
    text = refusal(content)
    assert "training.epochs: 0 is out of range" in text
    assert "outputs: -1 is out of range" in text


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
BLOCKS = st.fixed_dictionaries(
    {"filters": st.integers(1, 64)},
    optional={
        "kernel": st.integers(1, 9) | st.tuples(st.integers(1, 9), st.integers(1, 9)),
        "dilation": st.integers(1, 32),
        "ex_ratio": st.floats(1, 8),
        "se_ratio": st.integers(0, 8),
        "dropout": st.none() | st.floats(0, 0.9),
        "norm": st.sampled_from(["batch", "layer", "channel", None]),
    },
)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    task = draw(st.sampled_from(["classification", "segmentation", "regression", "denoising", "anomaly"]))
    head = "pooled" if task == "classification" else "per_step"
    content: dict[str, Any] = {
        "name": draw(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)),
        "task": task,
        "input": {"window": draw(st.integers(1, 500)), "channels": draw(st.integers(1, 8))},
        "model": {"family": "tcn", "params": {"head": head, "blocks": draw(st.lists(BLOCKS, max_size=3))}},
        "training": draw(st.fixed_dictionaries({}, optional={"learning_rate": st.floats(1e-6, 1)})),
        "description": draw(st.none() | WORDS),
    }
    if task in ("classification", "segmentation"):
        content["classes"] = draw(st.lists(WORDS, min_size=2, max_size=4, unique=True))
    if draw(st.booleans()):
        content["input"]["hop"] = draw(st.integers(1, 500))
    if draw(st.booleans()):
        content["data"] = {"path": draw(WORDS)}
    return load_recipe(content)


@pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")
@settings(max_examples=60, deadline=None)
@given(recipe=recipes())
def test_to_dict_is_json_and_reads_back(recipe):
    text = json.dumps(recipe.to_dict(), allow_nan=False)
    again = load_recipe(json.loads(text))
    assert again == recipe
    assert again.to_dict() == recipe.to_dict()


def test_to_dict_writes_down_what_was_left_out(content):
    written = load_recipe(content).to_dict()
    assert written["input"]["hop"] == 50
    assert written["training"]["seed"] == 0
    assert written["model"]["params"]["blocks"][0]["kernel"] == 3
    assert written["gates"] == {"max_lsb": 1, "max_drop": 0.02}
