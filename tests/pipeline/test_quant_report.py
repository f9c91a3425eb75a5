"""The report on what int8 costs a run, a file and a model that is there already."""

import json
import shutil

import numpy as np
import pytest
from helpers import hard, tcn

import neuralspot_edge as nse
from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.pipeline.quant_report import report_study
from neuralspot_edge.quantization import Study, quantize_aware
from neuralspot_edge.reports.quant_json import QUANT_SCHEMA_VERSION
from neuralspot_edge.training import prepare, save_model

SAMPLES = tcn.windows(hard.SHAPE, count=48)


@pytest.fixture(scope="module")
def report():
    return nse.quant_report(hard.loud_channel(), SAMPLES)


def test_a_model_made_hard_is_told_its_layer_and_channel(report):
    assert report.name == "hard"
    assert (report.calibration, report.samples) == ("48 samples of real data", "48 of the calibration samples")
    assert report.analysis.layers[0].name == "middle"
    assert report.analysis.layers[0].activation.channel == hard.CHANNEL
    assert report.advice[0].layers[0] == "middle"
    assert f"channel {hard.CHANNEL} " in report.advice[0].text


def test_the_ranges_are_those_of_the_export(report):
    graph = load_graph(convert(hard.loud_channel(), ConversionSettings("int8"), [SAMPLES]))
    found = {
        (tensor.quantization.scale[0], tensor.quantization.zero_point[0])
        for tensor in graph.tensors
        if tensor.name == "middle" and not tensor.is_constant
    }
    ((scale, zero_point),) = found
    values = report.analysis.layers[0].activation
    assert (values.low, values.high) == pytest.approx(((-128 - zero_point) * scale, (127 - zero_point) * scale))


def test_as_json_it_is_strict_and_holds_every_figure(report):
    shown = report.to_dict()
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert shown["schema_version"] == QUANT_SCHEMA_VERSION
    assert list(shown) == [
        "schema_version", "name", "method", "calibration", "samples", "error", "sqnr_db", "outputs", "advice", "layers",
    ]  # fmt: skip
    assert set(shown["advice"][0]) == {"rule", "layers", "text", "settings"}
    worst = shown["layers"][0]
    assert set(worst) == {
        "name", "cost", "weight_cost", "activation_cost", "sqnr_db", "alone_sqnr_db", "activation", "kernel", "reads",
        "is_input", "is_output",
    }  # fmt: skip
    assert set(worst["activation"]) == {
        "tensor", "low", "high", "seen_low", "seen_high", "histogram", "saturated", "steps", "sqnr_db", "own_sqnr_db",
        "channel_spread", "channel", "channel_steps", "is_prescribed",
    }  # fmt: skip
    assert set(worst["kernel"]) == {"tensor", "is_per_channel", "spread", "channel"}
    assert len(worst["activation"]["histogram"]["counts"]) == 64


def test_a_run_is_judged_on_its_validation_split(finished_run):
    report = nse.quant_report(finished_run.folder)
    data = prepare(finished_run.recipe)
    study = Study.of(finished_run.training.model, data.train.x)
    direct = report_study(study, data.validation.x, name="x", calibration="", source="the validation split")
    assert report.name == "tcn-small"
    assert report.samples == direct.samples == f"{len(data.validation)} of the validation split"
    assert report.calibration == f"{len(data.train)} samples of real data"
    assert report.analysis == direct.analysis


def test_a_file_is_named_by_its_name_and_judged_on_what_is_given(tmp_path):
    path = save_model(hard.loud_channel(), tmp_path / "mine.keras")
    report = nse.quant_report(path, SAMPLES, SAMPLES[:3], limit=2)
    assert (report.name, report.samples) == ("mine", "2 of the samples given")


def test_random_samples_are_called_random():
    report = nse.quant_report(hard.loud_channel(), "random", limit=2)
    assert report.calibration == "random numbers: the ranges fit no real signal"


def test_a_study_of_a_model_trained_in_int8_is_reported_on():
    model = hard.loud_channel(1.0)
    study = Study.of_trained(quantize_aware(model, SAMPLES), model)
    report = report_study(study, SAMPLES, name="trained", calibration="training", source="a split", limit=8)
    assert (report.name, report.calibration, report.samples) == ("trained", "training", "8 of a split")
    assert report.analysis.sqnr_db > 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tcn-tiny",), "tcn-tiny is no folder of a run and no .keras file; .* nse run RECIPE first"),
        ((nse.load_recipe("tcn-tiny"),), "source: a recipe is not trained"),
        (({"name": "mine"},), "source: a recipe is not trained"),
        (("none.keras", SAMPLES), "cannot read the model none.keras: no such file"),
        ((".",), r"holds no run: recipe.json and model.keras missing"),
        ((".", SAMPLES), "a run's folder has its own data: leave out calibration, window and samples"),
    ],
)
def test_what_is_no_trained_model_is_refused(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        nse.quant_report(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "calibration: int8 needs real inputs"),
        (("some",), "an array or the word 'random', received 'some'"),
        ((SAMPLES, SAMPLES[:, :3]), r"samples: the input 'signal' needs shape \(samples, 32, 3\)"),
    ],
)
def test_samples_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        nse.quant_report(hard.loud_channel(), *arguments)


def test_of_a_model_trained_in_int8_the_float_one_is_asked_for():
    with pytest.raises(InputError, match="hard: the model was trained in int8; give the float model"):
        nse.quant_report(quantize_aware(hard.loud_channel(), SAMPLES), SAMPLES)


def test_a_run_that_lost_its_model_is_refused(finished_run, tmp_path):
    folder = shutil.copytree(finished_run.folder, tmp_path / "run")
    (folder / "model.keras").unlink()
    with pytest.raises(InputError, match=r"model\.keras missing"):
        nse.quant_report(folder)


def test_progress_is_told_layer_by_layer():
    seen = []
    report = nse.quant_report(hard.loud_channel(), SAMPLES, limit=2, progress=lambda *each: seen.append(each))
    assert seen[-1] == (len(report.analysis.layers),) * 2
    assert np.all(np.diff([done for done, _ in seen]) == 1)
