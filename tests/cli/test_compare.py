import json
import shutil

import pytest


@pytest.fixture
def files(nse, finished_run, tmp_path):
    shutil.copy(finished_run.exported.path, tmp_path / "a.tflite")
    assert nse("export", finished_run.folder, "-o", "float", "--quantization", "float32").status == 0
    return "a.tflite", "float"


def test_a_table_holds_the_others_against_the_first(nse, files):
    outcome = nse("compare", *files)
    assert (outcome.status, outcome.err) == (0, "")
    assert "a.tflite" in outcome.out
    assert "float" in outcome.out
    assert "%" in outcome.out


def test_json_is_a_profile_of_each(nse, files):
    one, other = json.loads(nse("compare", *files, "--format", "json").out)
    assert [one["model"]["name"], other["model"]["name"]] == list(files)
    assert one["totals"]["macs"] == other["totals"]["macs"]
    assert one["totals"]["weight_bytes"] < other["totals"]["weight_bytes"]


def test_one_file_is_no_comparison(refusal, files):
    assert "compare needs two files or more, received 1" in refusal("compare", files[0])


def test_a_file_that_cannot_be_read_is_named(refusal, files):
    assert "missing.tflite" in refusal("compare", files[0], "missing.tflite")
