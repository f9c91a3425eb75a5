import io
import json
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from neuralspot_edge.recipes import load_recipe

TEXT = """\
name: tcn-mine
task: classification
classes: [rest, walk]
input:
  window: 50
  channels: 2
model:
  family: tcn
  params:
    head: pooled
    blocks:
      - {filters: 4}
      - filters: 8
        kernel: 5
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "tcn-mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def say(monkeypatch):
    def say(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    return say


def test_one_recipe_from_everywhere(write, say):
    recipe = load_recipe(write(TEXT))
    assert recipe.name == "tcn-mine"
    content = yaml.safe_load(TEXT)
    assert load_recipe(content) == recipe
    assert load_recipe(recipe) is recipe
    for path in (
        write(json.dumps(content), "tcn-mine.json"),
        write(TEXT, "recipe.yml"),
        write(TEXT, "no-suffix"),
        write(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(), "windows.yaml"),
        write(json.dumps(recipe.to_dict()), "recipe.json"),
    ):
        assert load_recipe(path) == recipe
        assert load_recipe(str(path)) == recipe
    for text in (TEXT, json.dumps(content, indent=2)):
        say(text.encode())
        assert load_recipe("-") == recipe


def test_a_preset_by_name_even_where_a_run_has_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tcn-tiny").mkdir()
    assert load_recipe("tcn-tiny").name == "tcn-tiny"
    (tmp_path / "tcn-tiny").rmdir()
    (tmp_path / "tcn-tiny").write_text(TEXT)
    assert load_recipe("tcn-tiny").name == "tcn-mine"


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("window: 50", "window: 0", 5, "input.window: 0 is out of range, allowed is at least 1"),
        ("filters: 8", "filters: -8", 13, "model.params.blocks.1.filters: -8 is out of range, allowed is at least 1"),
        ("{filters: 4}", "{filtres: 4}", 12, "model.params.blocks.0: unknown key 'filtres': did you mean 'filters'?"),
        ("{filters: 4}", "{kernel: 4}", 12, "model.params.blocks.0.filters: is required"),
        ("kernel: 5", "kernel: [1, 0]", 14, "model.params.blocks.1.kernel"),
        ("family: tcn", "family: tnc", 8, "model.family: unknown family 'tnc': did you mean 'tcn'?"),
        ("head: pooled", "head: per_step", 10, "model.params.head: 'per_step' does not go with classification"),
        ("task: classification", "tsak: classification", 2, "unknown key 'tsak': did you mean 'task'?"),
        ("channels: 2", "channels: '2'", 6, "input.channels: must be a whole number, received '2'"),
        ("kernel: 5", "kernel: 5\nexport: {io: int16}", 15, "export.io: 'int16' does not go with quantization int8"),
        ("kernel: 5", "kernel: 5\ntraining:\n", 15, "training: input should be a valid dictionary"),
    ],
)
def test_an_error_has_its_line(write, refusal, old, new, line, text):
    path = write(TEXT.replace(old, new))
    assert refusal(path).startswith(f"{path}:{line}: {text}")


def test_what_is_missing_at_the_top_has_no_line(write, refusal):
    path = write(TEXT.replace("name: tcn-mine\n", ""))
    assert refusal(path) == f"{path}: name: is required"


def test_json_errors_name_the_file_and_the_field(write, refusal):
    content = yaml.safe_load(TEXT)
    content["input"]["window"] = 0
    path = write(json.dumps(content), "a.json")
    assert refusal(path) == f"{path}: input.window: 0 is out of range, allowed is at least 1"
    path = write('{"name": "x",\n}', "b.json")
    assert refusal(path).startswith(f"{path}:2:1: is not JSON")


def test_standard_input_is_named(say, refusal):
    say(TEXT.replace("window: 50", "window: 0").encode())
    assert refusal("-").startswith("standard input:5: input.window: 0 is out of range")
    say(b"")
    assert refusal("-") == "standard input: is empty; a recipe has name, task, input and model"
    say(b"x" * 2_000_000)
    assert refusal("-").startswith("standard input: is more than 1 MiB")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "byte 0 is no UTF-8"),
        (b"PK\x03\x04\x14\x00\x00\x00", "character 2 is '\\x03'; a recipe is a YAML or JSON text"),
        (b"name: x\n\x00", "character 8 is '\\x00'"),
        ("name: x\n".encode("utf-16"), "byte 0 is no UTF-8"),
        (b"a: &a\n  b: *a\n", "an alias leads back"),
        (b"name: x\nname: y\n", "is there already"),
        (b"input:\n\twindow: 5\n", "indent with spaces, not tabs"),
        (b"- name: x\n", "this is a list"),
        (b"name: x\n---\nname: y\n", "a second document"),
    ],
)
@pytest.mark.parametrize("name", ["bad.yaml", "bad"])
def test_what_is_no_recipe(write, refusal, content, text, name):
    path = write(content, name)
    assert refusal(path).startswith(str(path))
    assert text in refusal(path)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_fifty_megabytes_are_not_read(tmp_path, refusal, suffix):
    path = tmp_path / f"large.{suffix}"
    with path.open("wb") as file:
        file.truncate(50 << 20)
    tracemalloc.start()
    try:
        assert refusal(path) == f"{path}: is more than 1 MiB; a recipe is a short text"
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_large_legal_text_is_read(write):
    path = write(TEXT + "# " + "x" * 900_000 + "\n")
    assert load_recipe(path).name == "tcn-mine"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("tcn-har-smartwach", "unknown preset 'tcn-har-smartwach': did you mean 'tcn-har-smartwatch'?"),
        ("", "unknown preset ''"),
        ("x" * 5000, "unknown preset"),
        ("\0", "unknown preset"),
        ("nowhere.yaml", "cannot read the recipe nowhere.yaml: No such file or directory"),
        ("nowhere/tcn-tiny", "cannot read the recipe nowhere/tcn-tiny: No such file or directory"),
        ("\0.yaml", "cannot read the recipe"),
        ("x" * 5000 + ".yaml", "cannot read the recipe"),
        (5, "a recipe is a file, a preset's name, a mapping or '-'; received 5"),
        (None, "a recipe is a file"),
        ({}, "name: is required"),
        ({1: 2}, "unknown key 1"),
    ],
)
def test_sources_that_are_none(refusal, source, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal(source).startswith(text)


def test_a_folder_and_a_file_that_may_not_be_read(tmp_path, refusal, monkeypatch):
    assert refusal(tmp_path) == f"cannot read the recipe {tmp_path}: Is a directory"

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so that the file's mode proves nothing.
    monkeypatch.setattr(Path, "open", refuse)
    assert refusal("mine.yaml") == "cannot read the recipe mine.yaml: Permission denied"


def test_data_is_beside_the_recipe(write, tmp_path, monkeypatch):
    path = write(TEXT + "data: {path: signals/mine.npz}\n")
    monkeypatch.chdir(tmp_path)
    for source in (path, path.name):
        assert load_recipe(source).data.path == str(tmp_path / "signals" / "mine.npz")
    absolute = write(TEXT + "data: {path: /signals/mine.npz}\n")
    assert load_recipe(absolute).data.path == "/signals/mine.npz"


def test_a_file_that_a_data_set_reads_is_relative_to_the_recipe(write, tmp_path):
    content = yaml.safe_load(TEXT) | {"data": {"dataset": "sequential-mnist", "options": {"path": "mnist.npz"}}}
    content |= {"classes": [str(digit) for digit in range(10)], "input": {"window": 784, "channels": 1}}
    assert load_recipe(content).data.options.path == "mnist.npz"
    path = write(yaml.safe_dump(content))
    assert load_recipe(path).data.options.path == str(tmp_path / "mnist.npz")
    path.write_text(yaml.safe_dump(content | {"data": {"dataset": "sequential-mnist", "options": None}}))
    assert load_recipe(path).data.options.path is None


def test_data_of_a_preset_and_of_a_mapping_is_in_the_current_folder():
    assert load_recipe("tcn-kws-49x40").data.path == "speech-commands-49x40.npz"
    content = yaml.safe_load(TEXT) | {"data": {"path": "mine.npz"}}
    assert load_recipe(content).data.path == "mine.npz"


def test_a_teacher_is_beside_the_recipe_unless_it_is_a_preset(write, tmp_path, monkeypatch):
    path = write(TEXT + "training: {teacher: models/big.yaml}\n")
    monkeypatch.chdir(tmp_path)
    for source in (path, path.name):
        assert load_recipe(source).training.teacher == str(tmp_path / "models" / "big.yaml")
    (tmp_path / "tcn-tiny").mkdir()
    for teacher, expected in (
        ("tcn-tiny", "tcn-tiny"),
        ("a-run", str(tmp_path / "a-run")),
        ("/runs/big", "/runs/big"),
        ("null", None),
    ):
        assert load_recipe(write(TEXT + f"training: {{teacher: {teacher}}}\n")).training.teacher == expected
    content = yaml.safe_load(TEXT) | {"training": {"teacher": "big.yaml"}}
    assert load_recipe(content).training.teacher == "big.yaml"
