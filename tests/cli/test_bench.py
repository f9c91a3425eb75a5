import json

import pytest

from neuralspot_edge.published import load_rows


def test_the_rows_are_listed_without_running_any(nse, tmp_path):
    rows = json.loads(nse("bench", "published", "--list", "--format", "json").out)
    assert [row["name"] for row in rows] == [row.name for row in load_rows()]
    out = nse("bench", "published", "--list", "--only", "adding*").out
    assert "adding-tcn" in out
    assert "copy-tcn" not in out
    assert "reduced: 100 of 600 steps" in " ".join(out.split())
    assert "reduced" not in nse("bench", "published", "--full", "--list").out
    assert list(tmp_path.iterdir()) == []


def test_a_row_is_run_shown_and_kept(nse, tmp_path):
    arguments = ("bench", "published", "--only", "forecast-*-naive", "-o", "out")
    outcome = nse(*arguments, "--markdown", "table.md")
    assert outcome.status == 0
    assert "2 of 3 published figures reached, 1 missed, 0 not compared" in outcome.out
    assert "row 1 of 2, forecast-1-naive: mean squared error 0.020" in outcome.err
    assert "Traceback" not in outcome.err
    assert "`forecast-10-naive`" in (tmp_path / "table.md").read_text()
    again = nse(*arguments, "--format", "json")
    assert "row 2 of 2, forecast-10-naive (kept): " in again.err
    results = json.loads(again.out)
    assert [result["status"] for result in results] == ["done", "done"]
    assert [it["reached"] for it in results[1]["reached"]] == [False, True]
    assert results == json.loads(nse(*arguments, "--show", "--format", "json").out)


def test_show_runs_nothing(nse, tmp_path):
    outcome = nse("bench", "published", "--show", "--only", "adding-tcn")
    assert outcome.status == 0
    assert "0 of 2 published figures reached, 0 missed, 2 not compared" in outcome.out
    assert list(tmp_path.iterdir()) == []


def test_a_failed_row_is_status_1_and_the_others_are_run(nse):
    outcome = nse(
        "bench", "published", "--only", "mnist-tcn", "--only", "forecast-1-naive", "--mnist", "missing.npz", "-o", "out"
    )
    assert outcome.status == 1
    assert "rows that failed: 1" in outcome.out
    assert "missing.npz" in "".join(outcome.out.split()), "a long path may be folded"
    assert "0.02 Géron, in print, 2,000 validation series of 50 steps: reached" in " ".join(outcome.out.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--only", "ading-tcn"), "unknown row 'ading-tcn': did you mean 'adding-tcn'?"),
        (("--only", "forecast-1-naive", "-o", "page.md"), "cannot write to the folder page.md/quick"),
    ],
)
def test_what_is_wrong_is_one_line(refusal, tmp_path, options, message):
    (tmp_path / "page.md").write_text("# Notes\n")
    assert message in refusal("bench", "published", *options)


def test_help_teaches(nse):
    assert "published" in nse("bench", "--help").out
    text = " ".join(nse("bench", "published", "--help").out.split())
    assert "A missed figure is a result" in text
    assert "--only" in text
