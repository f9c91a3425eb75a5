import json
import math
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes.yaml_io import parse_json, parse_value, parse_yaml


def refuse(parse, text: str) -> str:
    with pytest.raises(InputError) as refused:
        parse(text, "r.yaml")
    message = str(refused.value)
    assert message.startswith("r.yaml")
    assert "\n" not in message
    return message


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{below}: &{below} [{', '.join([f'*{above}'] * 10)}]\n"
    for above, below in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{below}: &{below} {{<<: [{', '.join([f'*{above}'] * 10)}]}}\n"
    for above, below in zip("abcdefgh", "bcdefghi", strict=True)
)
LONG_TEXT = f"a: &a {'x' * 10_000}\nb: [{', '.join(['*a'] * 1000)}]\n"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("name: x\ntask: [a, b\ninput: 3\n", ":3:", "is not YAML"),
        ("name: x\n\ttask: y\n", ":2:1:", "indent with spaces, not tabs"),
        ("name: x\nmodel:\n  family: tcn\n bad: 1\n", ":4:", "is not YAML"),
        ("name: 'x\n", ":2:1:", "quoted scalar"),
        ("name: *nowhere\n", ":1:7:", "undefined alias"),
        ("name: x\ninput:\n  window: 5\n  window: 6\n", ":4:", "key 'window' is there already, in line 3"),
        ('name: x\n"name": y\n', ":2:", "key 'name' is there already, in line 1"),
        ("input: &top\n  window: *top\n", ":1:", "an alias leads back to what contains it"),
        ("&top\nname: x\nself: [1, *top]\n", ":1:", "an alias leads back"),
        ("name: x\n---\nname: y\n", ":2:", "a second document begins"),
        ("name: x\n? [a, b]\n: 3\n", ":2:", "a key is a word, received a list"),
        ("name: !!python/object/apply:os.system [ls]\n", ":1:7:", "could not determine a constructor"),
        ("name: !custom x\n", ":1:7:", "could not determine a constructor"),
        ("a:\n  " + "[" * 500, ":2:", "more than 64 levels deep"),
        ("- " * 500, ":1:", "more than 64 levels deep"),
        ("", "", "is empty"),
        ("# nothing but a comment\n", "", "is empty"),
        ("---\n", "", "a recipe is a mapping of keys to values, this is a single value"),
        ("just words\n", "", "this is a single value"),
        ("- a\n- b\n", "", "this is a list"),
        ("description: 2026-99-99\n", "", "put it in quotes if it is text"),
        (f"name: {'9' * 5000}\n", "", "put it in quotes"),
        (LAUGHS, "", "holds too many values, aliases written out"),
        (MERGES, "", "holds too many values, aliases written out"),
        (LONG_TEXT, "", "holds too many values, aliases written out"),
        ("a: &a0 [1]\n" + "".join(f"b{n}: &a{n + 1} [*a{n}]\n" for n in range(100)), "", "more than 64 levels deep"),
    ],
    ids=lambda value: f"{value:.25}",
)
def test_what_is_refused(text, place, words):
    message = refuse(parse_yaml, text)
    assert message.startswith(f"r.yaml{place}")
    assert words in message


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"name": "x",\n "task": }\n', ":2:10:", "is not JSON: expecting value"),
        ('{"a": 1\n "b": 2}', ":2:2:", "expecting ',' delimiter"),
        ('{"input": {"window": 5, "window": 6}}', "", "key 'window' is there more than once"),
        ('{"a": NaN}', "", "NaN is no JSON"),
        ('{"a": -Infinity}', "", "-Infinity is no JSON"),
        ("", ":1:1:", "is empty"),
        ("[1]", "", "a recipe is an object of keys and values, this is a list"),
        ('{"a": ' + "[" * 100 + "]" * 100 + "}", "", "more than 64 levels deep"),
        ('{"a": ' + "[" * 100_000, "", "more than 64 levels deep"),
        ('{"a": ' + "9" * 5000 + "}", "", "Exceeds the limit"),
    ],
    ids=lambda value: f"{value:.25}",
)
def test_what_is_refused_as_json(text, place, words):
    message = refuse(parse_json, text)
    assert message.startswith(f"r.yaml{place}")
    assert words in message


def test_aliases_and_merges_within_reason_are_read():
    blocks = "  - {<<: *common, filters: 8}\n  - {<<: *common, dilation: 2}\n"
    document = parse_yaml(f"common: &common {{kernel: 5, dilation: 1}}\nblocks:\n{blocks}", "r.yaml")
    assert document.content["blocks"] == [{"kernel": 5, "dilation": 1, "filters": 8}, {"kernel": 5, "dilation": 2}]
    assert document.line_of(("blocks", 1, "dilation")) == 4
    assert document.line_of(("blocks", 0, "kernel")) == 1


def test_lines_of_values():
    document = parse_yaml(
        "# top\nname: x\nmodel:\n  params:\n    blocks:\n      - filters: 8\n      - {filters: 9}\n", ""
    )
    assert document.line_of(("name",)) == 2
    assert document.line_of(("model", "params", "blocks", 0, "filters")) == 6
    assert document.line_of(("model", "params", "blocks", 1, "filters")) == 7
    # What is missing has the line of what it is missing from, and a step of the schema's own is passed over.
    assert document.line_of(("model", "params", "blocks", 1, "kernel")) == 7
    assert document.line_of(("model", "function-plain[check()]", "params")) == 4
    assert document.line_of(("nowhere",)) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("1e-3", 1e-3),
        ("-2.5E+4", -2.5e4),
        ("+1.e2", 100.0),
        ("0.003", 0.003),
        ("null", None),
        ("true", True),
        ("[1, 3]", [1, 3]),
        ("{filters: 8}", {"filters": 8}),
        ("tcn-tiny", "tcn-tiny"),
        ("1e", "1e"),
        ("e5", "e5"),
        ("", ""),
    ],
)
def test_one_value(text, value):
    read = parse_value(text, "training.x")
    assert read == value
    assert type(read) is type(value)


def test_one_value_that_is_not_yaml():
    with pytest.raises(InputError, match=r"^training\.x:\d+:\d+: is not YAML"):
        parse_value("[1, 3", "training.x")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_as_python_and_json_write_it_is_a_number(number):
    assert parse_value(repr(number), "x") == number
    assert math.isclose(parse_value(f"{number:e}", "x"), number, rel_tol=1e-5)


KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6).filter(
    # PyYAML leaves a text such as 1e5 without quotes, which is a number here.
    lambda text: not re.search("[0-9.][eE]", text)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | KEYS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_what_pyyaml_and_json_write_is_read(content):
    assert parse_yaml(yaml.safe_dump(content, allow_unicode=True), "x").content == content
    assert parse_json(json.dumps(content), "x").content == content


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text):
    for parse in (parse_yaml, parse_json):
        try:
            content = parse(text, "x").content
        except InputError as error:
            content = {"refused": str(error).splitlines()}
        assert isinstance(content, dict)
        assert len(content.get("refused", [1])) == 1
