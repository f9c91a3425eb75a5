"""The rows: what a row may say, and that those of the table say what they should."""

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.published import load_rows, select_rows
from neuralspot_edge.training import build_model

ROWS = load_rows()
NAMES = [row.name for row in ROWS]
MODES = ("quick", "full")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_every_row_has_a_legal_recipe_and_stays_as_it_is(row, mode):
    before = row.model_dump_json()
    recipe = row.recipe_for(mode, "mnist.npz")
    assert recipe.data is not None
    assert row.model_dump_json() == before
    if row.needs_mnist:
        assert recipe.to_dict()["data"]["options"]["path"] == "mnist.npz"


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_a_row_that_quick_makes_smaller_says_so_and_no_other(row):
    assert (row.recipe_for("quick") != row.recipe_for("full")) == row.is_reduced("quick")
    assert not row.is_reduced("full")


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("forecast-1-naive", [0.020]),
        ("forecast-1-linear", [0.004]),
        ("forecast-1-rnn-simple", [0.014, 0.0109]),
        ("forecast-1-rnn-deep", [0.003]),
        ("forecast-10-iterated", [0.029]),
        ("forecast-10-naive", [0.223, 0.257]),
        ("forecast-10-linear", [0.0188]),
        ("forecast-10-rnn-vector", [0.008]),
        ("forecast-10-rnn-sequence", [0.006]),
        ("adding-tcn", [3.7e-4, 5.8e-5]),
        ("copy-tcn", [3.5e-5]),
        ("copy-tcn-accuracy", [0.9933]),
        ("mnist-tcn", [0.9862, 0.990]),
    ],
)
def test_the_figures_that_were_published(name, figures):
    (row,) = select_rows(ROWS, [name])
    assert [published.figure for published in row.published] == figures


@pytest.mark.parametrize(
    ("name", "window", "train"),
    [("adding-tcn", 600, 50_000), ("copy-tcn", 1020, 10_000), ("copy-tcn-accuracy", 621, 30_000)],
)
def test_full_is_the_published_size(name, window, train):
    (row,) = select_rows(ROWS, [name])
    recipe = row.recipe_for("full")
    assert (recipe.input.window, recipe.data.options.train) == (window, train)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("task", ["forecast-10", "adding", "copy", "digits", "mnist"])
def test_tcn_and_lstm_have_about_as_many_parameters(task, mode):
    rows = select_rows(ROWS, [f"{task}-tcn"]) + select_rows(ROWS, [f"{task}-lstm"])
    recipes = [row.recipe_for(mode, "mnist.npz") for row in rows]
    tcn, lstm = (build_model(recipe).count_params() for recipe in recipes)
    assert 0.93 < lstm / tcn < 1.07
    assert recipes[0].input == recipes[1].input


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["adding-tcn", "copy-tcn", "copy-tcn-accuracy", "digits-tcn", "mnist-tcn"])
def test_a_tcn_sees_all_that_it_has_to_remember(name, mode):
    (row,) = select_rows(ROWS, [name])
    recipe = row.recipe_for(mode, "mnist.npz")
    assert recipe.params.receptive_field >= recipe.input.window


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nmae": "x"}, "unknown key 'nmae': did you mean 'name'?"),
        ({"name": "Has Spaces"}, "name: "),
        ({"recipe": {}}, "exactly one of preset and recipe is needed"),
        ({"preset": None}, "exactly one of preset and recipe is needed"),
        ({"quick": {"training.epochs": 1}}, "quick and reduced go together"),
        ({"reduced": "fewer epochs"}, "quick and reduced go together"),
        ({"kind": "iterated"}, "steps_ahead is for kind iterated"),
        ({"steps_ahead": 10}, "steps_ahead is for kind iterated"),
        ({"measure": "f1"}, "measure: 'f1' is not known"),
        ({"seeds": 0}, "seeds: 0 is out of range, allowed is at least 1"),
        ({"published": [{"by": "A", "figure": 1.0, "size": "1", "source": "a book"}]}, "published.0.source: "),
    ],
)
def test_a_row_that_is_not_legal(make_row, changes, message):
    with pytest.raises(InputError) as error:
        make_row(**changes)
    assert message in str(error.value)


def test_a_recipe_that_is_not_legal_names_the_field(make_row):
    with pytest.raises(InputError, match="unknown preset 'linear-two-sine': did you mean 'linear-two-sines'"):
        make_row(preset="linear-two-sine").recipe_for("full")
    with pytest.raises(InputError, match=r"training\.epoch: unknown key 'epoch'"):
        make_row(changes={"training.epoch": 1}).recipe_for("full")


def test_rows_by_pattern():
    assert [row.name for row in select_rows(ROWS, ["adding-*", "digits-TCN"])] == [
        "adding-tcn",
        "adding-lstm",
        "digits-tcn",
    ]
    assert select_rows(ROWS, []) == ROWS
    with pytest.raises(InputError, match="unknown row 'ading-tcn': did you mean 'adding-tcn'"):
        select_rows(ROWS, ["ading-tcn"])


def test_two_rows_of_one_name_are_refused(tmp_path):
    row = "rows: [{name: a, title: t, kind: naive, measure: mse, preset: linear-two-sines}]\n"
    (tmp_path / "1.yaml").write_text(row)
    assert [row.name for row in load_rows(tmp_path)] == ["a"]
    (tmp_path / "2.yaml").write_text(row)
    with pytest.raises(InputError, match="two rows are called 'a'"):
        load_rows(tmp_path)
    (tmp_path / "2.yaml").write_text("rows: []\n")
    with pytest.raises(InputError, match=r"2\.yaml: rows: "):
        load_rows(tmp_path)
