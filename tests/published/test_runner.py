"""Running rows: what is kept, what is run again, what fails and what is interrupted."""

import json

import pytest
from helpers import small

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import LiteRtInterpreter
from neuralspot_edge.pipeline.folder import CHECKPOINT
from neuralspot_edge.pipeline.run import load_run
from neuralspot_edge.published import kept_results, load_rows, run_rows, runner, select_rows
from neuralspot_edge.training import prepare
from neuralspot_edge.training.metrics import cross_entropy


def _stages(rows, folder, mode="full", **options):
    """What was told of each row, and the results."""
    told = []
    results = run_rows(rows, mode, folder, lambda progress: told.append((progress.row.name, progress.stage)), **options)
    return told, results


def test_a_trained_row_from_its_data_to_its_figures(trained_row, tmp_path):
    told = []
    (result,) = run_rows([trained_row], "full", tmp_path / "out", told.append)
    (run,) = result.runs
    assert result.status == "done"
    assert run.figure == result.figure > 0.5
    assert run.int8_figure is not None
    assert (run.seed, run.epochs, run.lsb) == (0, 3, 0)
    assert run.parameters > 0
    assert run.seconds > 0
    (tflite,) = (tmp_path / "out/full/runs").glob("small-seed0-*/model.tflite")
    assert run.int8_bytes == tflite.stat().st_size
    report = json.loads((tflite.parent / "report.json").read_text())
    assert run.arena_bytes == report["profile"]["totals"]["arena_bytes"]
    assert run.figure == report["verification"]["float_metric_value"]
    assert run.int8_figure == report["verification"]["metric_value"]
    stages = [(progress.stage, progress.epoch and progress.epoch.number) for progress in told]
    assert stages == [
        ("data", None), ("training", None), ("training", 1), ("training", 2), ("training", 3), ("export", None),
        ("verification", None), ("report", None), ("done", None),
    ]  # fmt: skip
    assert {progress.epochs for progress in told[:-1]} == {3}
    assert told[-1].result == result
    assert json.loads((tmp_path / "out/full/small.json").read_text()) == result.to_dict()


def test_a_measure_that_is_not_the_tasks_is_of_the_same_windows(trained_row, tmp_path):
    row = trained_row.replace(measure="cross_entropy")
    (result,) = run_rows([row], "full", tmp_path / "out")
    (run,) = result.runs
    (folder,) = (tmp_path / "out/full/runs").iterdir()
    recipe, model = load_run(folder)
    test = prepare(recipe).test
    assert run.figure == pytest.approx(cross_entropy(test.y, model.predict(test.x, verbose=0)), rel=1e-5)
    assert run.int8_figure == cross_entropy(test.y, LiteRtInterpreter(folder / "model.tflite").predict(test.x))


def test_an_iterated_row_forecasts_with_a_model_of_one_step(make_row, tmp_path):
    data = {"dataset": "two-sines", "preprocess": "none", "options": {"train": 300, "validation": 50, "test": 40}}
    recipe = {
        "name": "one-step",
        "task": "forecasting",
        "data": data,
        "input": {"window": 20, "channels": 1},
        "model": {"family": "linear", "params": {}},
        "training": {"epochs": 4, "learning_rate": 0.01},
    }
    row = make_row(name="iterated", kind="iterated", steps_ahead=3, preset=None, recipe=recipe, changes={})
    one = make_row(name="once", kind="trained", preset=None, recipe=recipe, changes={})
    iterated, once = run_rows([row, one], "full", tmp_path)
    assert (iterated.status, once.status) == ("done", "done")
    # Errors add up over the steps; the weights are the same.
    assert iterated.figure > once.figure
    assert iterated.int8_figure == pytest.approx(iterated.figure, rel=0.3)


def test_a_finished_row_is_kept(make_row, tmp_path):
    rows = [make_row(name="a"), make_row(name="b")]
    told, first = _stages(rows, tmp_path)
    assert told == [("a", "data"), ("a", "done"), ("b", "data"), ("b", "done")]
    told, second = _stages(rows, tmp_path)
    assert told == [("a", "kept"), ("b", "kept")]
    assert second == first == kept_results(rows, "full", tmp_path)


def test_each_mode_has_results_of_its_own(make_row, tmp_path):
    row = make_row()
    run_rows([row], "full", tmp_path)
    assert kept_results([row], "quick", tmp_path)[0].status == "not run"
    assert _stages([row], tmp_path, "quick")[0] == [("naive", "data"), ("naive", "done")]


@pytest.mark.parametrize(
    "changes",
    [
        {"measure": "mse_last_step", "kind": "naive"},
        {"seeds": 2},
        {"changes": {"data.options": {"steps_ahead": 2, "train": 20, "validation": 20, "test": 20}, "outputs": 2}},
    ],
)
def test_a_row_that_runs_something_else_is_run_again(make_row, tmp_path, changes):
    run_rows([make_row()], "full", tmp_path)
    told, (result,) = _stages([make_row(**changes)], tmp_path)
    assert told[-1] == ("naive", "done")
    assert len(result.runs) == result.row.seeds


def test_another_version_runs_all_again(make_row, tmp_path, monkeypatch):
    run_rows([make_row()], "full", tmp_path)
    monkeypatch.setattr("neuralspot_edge.__version__", "99")
    assert _stages([make_row()], tmp_path)[0][-1] == ("naive", "done")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_file_is_no_result(make_row, tmp_path, content):
    run_rows([make_row()], "full", tmp_path)
    (tmp_path / "full/naive.json").write_bytes(content)
    assert _stages([make_row()], tmp_path)[0][-1] == ("naive", "done")


def test_seeds_follow_one_another(make_row, tmp_path):
    (result,) = run_rows([make_row(seeds=3)], "full", tmp_path)
    assert [run.seed for run in result.runs] == [0, 1, 2]
    assert len({run.figure for run in result.runs}) == 3


def test_a_failing_row_says_why_and_does_not_stop_the_others(make_row, tmp_path):
    missing = make_row(
        name="missing", kind="trained", preset=None, recipe=small.content("missing.npz"), measure="accuracy", changes={}
    )
    wrong = make_row(name="wrong", changes={"training.epoch": 1})
    rows = [missing, wrong, make_row()]
    told, results = _stages(rows, tmp_path)
    assert [result.status for result in results] == ["failed", "failed", "done"]
    assert "missing.npz" in results[0].reason
    assert "unknown key 'epoch'" in results[1].reason
    assert [name for name, stage in told if stage == "failed"] == ["missing", "wrong"]
    assert sorted(path.name for path in (tmp_path / "full").glob("*.json")) == ["naive.json"]


def test_a_row_that_meets_an_error_of_no_kind_of_ours(make_row, tmp_path, monkeypatch):
    def crash(_):
        raise MemoryError("no more\nof it")

    row = make_row()
    with monkeypatch.context() as patch:
        patch.setattr(runner.Worker, "run", crash)
        (result,) = run_rows([row], "full", tmp_path)
    assert (result.status, result.reason) == ("failed", "MemoryError: no more")
    # A failed row is tried again.
    assert run_rows([row], "full", tmp_path)[0].status == "done"


def test_a_figure_that_is_no_number_is_a_failure(make_row, tmp_path, monkeypatch):
    monkeypatch.setattr(runner.Worker, "_naive", lambda _: {"figure": float("nan")})
    (result,) = run_rows([make_row()], "full", tmp_path)
    assert (result.status, result.reason) == ("failed", "the figure is nan: the training diverged")


def test_an_interrupt_keeps_what_is_finished_and_goes_on_with_the_training(make_row, trained_row, tmp_path):
    rows = [make_row(), trained_row]

    def interrupt(progress):
        if progress.epoch and progress.epoch.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_rows(rows, "full", tmp_path / "out", interrupt)
    assert [result.status for result in kept_results(rows, "full", tmp_path / "out")] == ["done", "not run"]
    (folder,) = (tmp_path / "out/full/runs").iterdir()
    assert (folder / CHECKPOINT).is_file()
    told = []
    results = run_rows(rows, "full", tmp_path / "out", told.append)
    assert [result.status for result in results] == ["done", "done"]
    assert [progress.epoch.number for progress in told if progress.epoch] == [3]
    assert results[1].runs[0].epochs == 3


def test_a_row_that_needs_mnist_is_not_run_without_it(tmp_path):
    (row,) = select_rows(load_rows(), ["mnist-tcn"])
    told, (result,) = _stages([row], tmp_path)
    assert told == [("mnist-tcn", "not run")]
    assert result.reason == "it needs your own mnist.npz: give --mnist FILE"
    told, (result,) = _stages([row], tmp_path, mnist=tmp_path / "missing.npz")
    assert result.status == "failed"
    assert "missing.npz" in result.reason


def test_a_folder_that_cannot_be_written(make_row, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write to the folder"):
        run_rows([make_row()], "full", tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("forecast-1-naive", 0.0202), ("forecast-10-naive", 0.257), ("forecast-1-linear", 0.00293)],
)
def test_the_baselines_of_the_table_have_the_known_figures(tmp_path, name, expected):
    (row,) = select_rows(load_rows(), [name])
    (result,) = run_rows([row], "quick", tmp_path)
    assert result.figure == pytest.approx(expected, rel=0.05)
    # The one that the source took from the targets is missed, all others are reached.
    assert [result.reaches(it) for it in row.published] == [it.figure != 0.223 for it in row.published]
    if row.kind == "least_squares":
        assert (result.runs[0].parameters, result.runs[0].lsb) == (51, 0)
        assert result.int8_figure == pytest.approx(result.figure, rel=0.1)
