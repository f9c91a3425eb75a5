import json

import numpy as np
import pytest
from helpers import hard, tcn

from neuralspot_edge.training import save_model

SAMPLES = tcn.windows(hard.SHAPE, count=32)


@pytest.fixture
def model(tmp_path):
    np.save(tmp_path / "x.npy", SAMPLES)
    return save_model(hard.loud_channel(), tmp_path / "hard.keras")


def test_a_table_names_the_layer_and_says_what_to_try(nse, model):
    outcome = nse("quant-report", model, "--calibration", "x.npy", "--top", 3)
    assert outcome.status == 0
    assert "quantization" in outcome.err
    text = " ".join(outcome.out.split())
    for words in (
        "hard output int8, SQNR",
        "32 of the calibration samples",
        f"1. Layer 'middle': channel {hard.CHANNEL} reaches",
        "export.tools.equalize: true",
        "# layer cost weights activ. SQNR cut off steps spread values 1 middle",
        "Not shown: 3 that cost less; --top 6 shows all.",
    ):
        assert words in text, words
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_json_goes_to_standard_output_alone(nse, model):
    outcome = nse("quant-report", model, "--calibration", "x.npy", "--samples", 4, "--format", "json")
    shown = json.loads(outcome.out)
    assert outcome.status == 0
    assert shown["samples"] == "4 of the calibration samples"
    assert shown["layers"][0]["name"] == "middle"
    assert len(shown["layers"]) == 6


def test_a_page_of_it(nse, model, tmp_path):
    assert nse("quant-report", model, "--calibration", "x.npy", "--html", "page.html").status == 0
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 6
    assert "What to try next" in page


def test_a_runs_folder_needs_nothing_beside_it(nse, finished_run):
    outcome = nse("quant-report", finished_run.folder, "--format", "json")
    assert outcome.status == 0
    assert json.loads(outcome.out)["samples"].endswith("of the validation split")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tcn-tiny",), "tcn-tiny is no folder of a run and no .keras file"),
        (("none.keras", "--calibration", "random"), "cannot read the model none.keras"),
        (("hard.keras",), "calibration: int8 needs real inputs"),
        (("hard.keras", "--calibration", "none.npy"), "none.npy"),
        (("hard.keras", "--calibration", "wide.npy"), "the input 'signal' needs shape (samples, 32, 3)"),
        (("hard.keras", "--samples", "0"), "greater than or equal to 1"),
        (("hard.keras", "--calibration", "x.npy", "--html", "no/page.html"), "cannot write no/page.html"),
        ((".", "--calibration", "random"), "a run's folder has its own data"),
        ((".",), "holds no run"),
    ],
)
def test_what_does_not_fit_is_refused(refusal, model, tmp_path, arguments, message):
    np.save(tmp_path / "wide.npy", SAMPLES[..., :1])
    assert message in refusal("quant-report", *arguments)
