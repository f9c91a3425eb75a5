"""What is known of a teacher before anything is trained."""

import json

import pytest
import yaml
from helpers import small

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes import load_recipe
from neuralspot_edge.training.teachers import find_teachers, remove_teacher


@pytest.fixture
def write(tmp_path):
    """Writes a recipe file; `changes` replace its keys, `overrides` values deep in it."""

    def to(name, teacher=None, **changes):
        training = {"epochs": 2, "seed": 3, **({"teacher": teacher} if teacher else {})}
        content = small.content("waves.npz", name=f"tcn-{name}", training=training)
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**content, **changes}))
        return path

    return to


@pytest.fixture
def student(write, tmp_path):
    """The recipe of a student of `big.yaml`."""
    return load_recipe(write("small", "big.yaml"))


def _run_folder(folder, recipe):
    """As a run leaves it; its model is not looked at here."""
    folder.mkdir()
    (folder / "model.keras").touch()
    (folder / "recipe.json").write_text(json.dumps(load_recipe(recipe).to_dict()))
    return folder


def test_a_recipe_without_a_teacher_has_none(write):
    assert find_teachers(load_recipe(write("small"))) == ()


def test_a_teacher_is_trained_on_the_split_of_its_student(write, student, tmp_path):
    write("big", training={"epochs": 9, "seed": 8, "batch_size": 4})
    (source,) = find_teachers(student)
    assert source.folder is None
    assert (source.recipe.name, source.recipe.training.seed, source.recipe.training.batch_size) == ("tcn-big", 8, 4)
    assert source.recipe.training.data_seed == student.training.seed == 3
    assert source.recipe.data == student.data


def test_a_teacher_without_data_takes_that_of_its_student(write, student):
    write("big", data=None)
    assert find_teachers(student)[0].recipe.data.path == student.data.path


def test_a_preset_is_a_teacher_by_its_name(tmp_path, monkeypatch):
    preset = load_recipe("tcn-har-smartwatch")
    recipe = preset.override({"name": "tcn-mine", "training.teacher": "tcn-har-smartwatch"})
    (source,) = find_teachers(recipe)
    assert source.recipe.name == "tcn-har-smartwatch"
    # A folder of that name is not meant.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tcn-har-smartwatch").mkdir()
    assert find_teachers(recipe)[0].folder is None


def test_a_folder_of_a_run_is_a_teacher_that_is_trained(write, tmp_path):
    folder = _run_folder(tmp_path / "run", write("big"))
    (source,) = find_teachers(load_recipe(write("small", "run")))
    assert source.folder == folder
    assert source.recipe.name == "tcn-big"


def test_teachers_have_teachers_up_to_one_that_is_trained(write, tmp_path):
    write("big", "huge.yaml")
    _run_folder(tmp_path / "run", write("first", "unknown.yaml"))
    write("huge", "run")
    sources = find_teachers(load_recipe(write("small", "big.yaml")))
    assert [source.recipe.name for source in sources] == ["tcn-big", "tcn-huge", "tcn-first"]
    assert [source.folder is None for source in sources] == [True, True, False]


@pytest.mark.parametrize("chain", [["small"], ["big", "small"], ["big", "big"], ["big", "huge", "big"]])
def test_a_circle_is_refused(write, tmp_path, chain):
    names = ["small", *chain]
    for name, teacher in zip(names, chain, strict=False):
        write(name, f"{teacher}.yaml")
    with pytest.raises(InputError, match=r"^training.teacher: .*\.yaml -> .*\.yaml is a circle; leave"):
        find_teachers(load_recipe(tmp_path / "small.yaml"))


def test_a_teacher_that_is_not_there_is_named_with_the_nearest(write, tmp_path):
    with pytest.raises(
        InputError, match=r"^training.teacher: .*/tcn-tinny is no preset, no .*; did you mean 'tcn-tiny'"
    ):
        find_teachers(load_recipe(write("small", "tcn-tinny")))
    with pytest.raises(InputError, match=r"^training.teacher: - is no preset, no recipe file and no run's folder; nse"):
        find_teachers(load_recipe(small.content(training={"teacher": "-"})))


def test_a_teacher_that_is_no_recipe_or_no_run_is_told_as_such(write, student, tmp_path):
    (tmp_path / "big.yaml").write_text("name: [")
    with pytest.raises(InputError, match=r"^training.teacher: .*big.yaml:"):
        find_teachers(student)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"^training.teacher: .*empty holds no run: recipe.json and model.keras miss"):
        find_teachers(load_recipe(write("small", "empty")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ["low", "high", "mid"]}, "classes is low, high, mid in {}, low, mid, high here"),
        ({"task": "segmentation", "model": {"family": "tcn", "params": {"blocks": []}}}, "task is 'segmentation' in"),
        ({"input": {"window": 16, "channels": 2}}, "input.window is 16 in {}, 32 here"),
        ({"input": {"window": 32, "hop": 8, "channels": 2}}, "input.hop is 8 in {}, 32 here"),
        ({"input": {"window": 32, "channels": 3}}, "input.channels is 3 in {}, 2 here"),
        ({"data": {"path": "other.npz"}}, "data.path is '.*other.npz' in {}, '.*waves.npz' here"),
        ({"data": {"path": "waves.npz", "preprocess": "none"}}, "data.preprocess is 'none' in {}, 'standardize' here"),
        ({"data": {"path": "waves.npz", "channels": ["b", "a"]}}, "data.channels is b, a in {}, not given here"),
    ],
)
def test_a_teacher_of_something_else_is_refused(write, student, changes, message):
    name = write("big", **changes)
    expected = message.replace("{}", str(name))
    with pytest.raises(InputError, match=f"^training.teacher: {expected}"):
        find_teachers(student)


def test_a_teacher_of_other_outputs_is_refused(write):
    numbers = {"task": "regression", "classes": None}
    write("big", outputs=3, **numbers)
    with pytest.raises(InputError, match=r"^training.teacher: outputs is 3 in .*, 1 here; .* or name another$"):
        find_teachers(load_recipe(write("small", "big.yaml", **numbers)))


def test_a_sampling_rate_that_one_leaves_open_is_no_difference(write, student):
    write("big", input={"window": 32, "channels": 2, "sampling_rate": 50})
    assert find_teachers(student)[0].recipe.input.sampling_rate is None


def test_a_model_that_knows_the_held_out_windows_does_not_teach(write, tmp_path):
    _run_folder(tmp_path / "run", write("big", training={"seed": 1}))
    student = load_recipe(write("small", "run"))
    with pytest.raises(
        InputError, match=r"on the split of seed 1, this recipe has that of 3: .*training.split_seed: 1$"
    ):
        find_teachers(student)
    assert find_teachers(student.override({"training.split_seed": 1}))[0].folder == tmp_path / "run"


@pytest.mark.parametrize("place", ["teacher", "."])
def test_a_teacher_that_would_be_written_over_is_refused(write, tmp_path, place):
    out = tmp_path / "out"
    out.mkdir()
    folder = (out / place).resolve()
    if folder != out:
        folder.mkdir()
    (folder / "model.keras").touch()
    (folder / "recipe.json").write_text(json.dumps(load_recipe(write("big")).to_dict()))
    recipe = load_recipe(write("small", str(folder)))
    with pytest.raises(InputError, match=r"^training.teacher: .* would be written over by its student; choose another"):
        find_teachers(recipe, out)
    assert find_teachers(recipe, tmp_path / "else")


def test_an_earlier_teacher_is_removed_with_its_own_and_nothing_else(tmp_path):
    for folder in (tmp_path / "teacher", tmp_path / "teacher" / "teacher"):
        folder.mkdir()
        for name in ("recipe.json", "model.keras", "history.csv", "checkpoint.npz"):
            (folder / name).touch()
    (tmp_path / "teacher" / "notes.txt").touch()
    (tmp_path / "model.keras").touch()
    remove_teacher(tmp_path)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["model.keras", "teacher", "teacher/notes.txt"]
    (tmp_path / "teacher" / "notes.txt").unlink()
    remove_teacher(tmp_path)
    assert not (tmp_path / "teacher").exists()
