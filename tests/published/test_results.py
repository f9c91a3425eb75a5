import dataclasses
import json

import pytest

from neuralspot_edge.published import RowResult, RunFigures


def _result(row, *figures):
    runs = tuple(
        RunFigures(seed, figure, 1.5, int8_figure=figure + 0.5, parameters=10) for seed, figure in enumerate(figures)
    )
    return RowResult(row, "full", row.recipe_for("full").to_dict(), "1.0.0", "done" if runs else "not run", runs=runs)


@pytest.mark.parametrize(
    ("measure", "tolerance", "figure", "reached"),
    [
        ("mse", 0.0, 0.02, True),
        ("mse", 0.0, 0.0201, False),
        ("mse", 0.1, 0.0219, True),
        ("mse", 0.1, 0.0221, False),
        ("accuracy", 0.0, 0.02, True),
        ("accuracy", 0.0, 0.019, False),
        ("accuracy", 0.01, 0.011, True),
        ("accuracy", 0.01, 0.009, False),
    ],
)
def test_a_published_figure_is_reached(make_row, measure, tolerance, figure, reached):
    row = make_row(measure=measure, tolerance=tolerance)
    assert _result(row, figure).reaches(row.published[0]) is reached


def test_the_mean_of_the_seeds_counts(make_row):
    row = make_row(seeds=2)
    result = _result(row, 0.01, 0.04)
    assert result.figure == pytest.approx(0.025)
    assert result.int8_figure == pytest.approx(0.525)
    assert result.reaches(row.published[0]) is False


def test_without_a_run_nothing_is_reached_or_missed(make_row):
    result = _result(make_row())
    assert (result.figure, result.int8_figure, result.reaches(result.row.published[0])) == (None, None, None)


def test_a_result_comes_back_from_its_json(make_row):
    result = _result(make_row(), 0.01)
    content = json.loads(json.dumps(result.to_dict()))
    begun = dataclasses.replace(result, status="not run", runs=())
    assert begun.filled_from(content) == result
    assert content["reached"] == [{"by": "Somebody", "figure": 0.02, "reached": True}]


@pytest.mark.parametrize("key", ["schema_version", "mode", "version", "row", "recipe"])
def test_a_result_of_something_else_does_not_count(make_row, key):
    result = _result(make_row(), 0.01)
    begun = dataclasses.replace(result, status="not run", runs=())
    assert begun.filled_from({**result.to_dict(), key: "other"}) is None


@pytest.mark.parametrize("key", ["kind", "measure", "steps_ahead", "seeds"])
def test_a_row_of_another_kind_is_something_else(make_row, key):
    content = _result(make_row(), 0.01).to_dict()
    content["row"][key] = "other"
    assert _result(make_row()).filled_from(content) is None


def test_words_about_a_row_may_change(make_row):
    content = _result(make_row(), 0.01).to_dict()
    result = _result(make_row(note="New.", title="Other words", published=[])).filled_from(content)
    assert (result.figure, result.row.note) == (0.01, "New.")


@pytest.mark.parametrize("content", [None, [], {}, "text"])
def test_what_is_no_result_does_not_count(make_row, content):
    assert _result(make_row()).filled_from(content) is None


@pytest.mark.parametrize("runs", [[], [{"seed": 0}], [{"nonsense": 1}], [1], None])
def test_a_result_whose_runs_are_damaged_does_not_count(make_row, runs):
    result = _result(make_row(), 0.01)
    assert dataclasses.replace(result, runs=()).filled_from({**result.to_dict(), "runs": runs}) is None
