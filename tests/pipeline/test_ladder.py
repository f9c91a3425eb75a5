"""The ladder's rules on files made by hand, and whole runs on each way to int8."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest
from helpers import small
from helpers.runs import with_weights_turned_around

from neuralspot_edge.conversion import ConversionSettings
from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.pipeline.folder import CHECKPOINT, QAT
from neuralspot_edge.pipeline.ladder import climb
from neuralspot_edge.pipeline.methods import Made, Trained, make
from neuralspot_edge.pipeline.run import export_folder, load_run, run
from neuralspot_edge.training import load_model


@pytest.fixture
def trained(finished_run) -> Trained:
    result = finished_run.training
    recipe = finished_run.recipe.override({"export.method": "auto"})
    return Trained(recipe, result.model, result.data, ConversionSettings("int8"))


@pytest.fixture
def ways(finished_run):
    """Makes a `make` that gives for each way a file, or an error. Spoilt, a file is at chance."""
    good = finished_run.exported.path.read_bytes()
    files = {"good": good, "spoilt": with_weights_turned_around(good)}

    def making(**outcomes):
        def make(method, _):
            tried.append(method)
            outcome = outcomes[method.replace("+", "_plus")]
            if isinstance(outcome, Exception):
                raise outcome
            return Made(files[outcome], detail=outcome)

        tried = make.tried = []
        return make

    return making


def _statuses(ladder):
    return [(rung.method, rung.status) for rung in ladder.rungs]


def test_the_first_way_that_holds_is_taken(trained, ways, finished_run):
    make, stages = ways(ptq="good"), []
    made, ladder = climb(trained, stages.append, make=make)
    assert made.content == finished_run.exported.path.read_bytes()
    assert (ladder.method, make.tried, stages) == ("ptq", ["ptq"], ["export: ptq"])
    assert ladder.rungs[0].drop <= ladder.max_drop == 0.002
    assert ladder.metric == "accuracy"


def test_a_way_that_loses_leads_to_the_next(trained, ways):
    made, ladder = climb(trained, make=ways(ptq="spoilt", ptq_plus="spoilt", qat="good"))
    assert made.detail == "good"
    assert _statuses(ladder) == [("ptq", "loses"), ("ptq+", "loses"), ("qat", "holds")]
    assert ladder.method == "qat"


def test_where_no_way_holds_the_one_that_loses_least_is_taken(trained, ways):
    trained = dataclasses.replace(trained, recipe=trained.recipe.override({"export.max_drop": 0.0}))
    # By a validation part on which the good file loses something.
    part = trained.data.validation
    wrong = dataclasses.replace(part, y=(part.y + 1) % 3)
    trained = dataclasses.replace(trained, data=dataclasses.replace(trained.data, validation=wrong))
    _, ladder = climb(trained, make=ways(ptq="spoilt", ptq_plus="good", qat="spoilt"))
    drops = {rung.method: rung.drop for rung in ladder.rungs}
    assert drops[ladder.method] == min(drops.values())


@pytest.mark.parametrize("kind", [InputError, ConversionError])
def test_a_way_that_the_model_cannot_go_is_told_and_passed(trained, ways, kind):
    make = ways(ptq="spoilt", ptq_plus=kind("layer 'x' does not train"), qat="good")
    _, ladder = climb(trained, make=make)
    assert _statuses(ladder) == [("ptq", "loses"), ("ptq+", "refused"), ("qat", "holds")]
    assert ladder.rungs[1].detail == "layer 'x' does not train"
    assert ladder.rungs[1].drop is None


@pytest.mark.parametrize("error", [InputError("no such model"), ConversionError("crashed")])
def test_what_the_first_way_refuses_is_an_error(trained, ways, error):
    make = ways(ptq=error, ptq_plus="good", qat="good")
    with pytest.raises(type(error)):
        climb(trained, make=make)
    assert make.tried == ["ptq"]


def test_the_held_out_part_has_no_say(trained, ways):
    make = ways(ptq="spoilt", ptq_plus="good")
    poisoned = dataclasses.replace(trained, data=small.with_poisoned_test(trained.data))
    assert climb(poisoned, make=make)[1] == climb(trained, make=make)[1]


def test_plain_quantization_is_that_of_a_run_without_a_ladder(trained, finished_run):
    """The same samples of the training split, and no more of them than an export takes."""
    content = make("ptq", trained).content
    x = finished_run.training.data.test.x
    expected = TflmInterpreter(finished_run.exported.path).predict(x)
    np.testing.assert_array_equal(TflmInterpreter(content).predict(x), expected)


def test_a_run_with_tools_tells_what_they_did(tmp_path):
    recipe = small.recipe(small.write_waves(tmp_path), {"training.epochs": 3, "export.method": "ptq+"})
    result = run(recipe, tmp_path / "run")
    assert result.verified.ok
    (rung,) = result.report["export"]["ladder"]["rungs"]
    assert rung["method"] == "ptq+"
    assert {effect["tool"] for effect in rung["effects"]} >= {"ranges", "equalize", "correct_bias"}


def test_a_run_trained_in_int8_is_verified_and_exported_again_as_it_is(tmp_path):
    changes = {"training.epochs": 3, "export.method": "qat", "export.qat.epochs": 2}
    recipe = small.recipe(small.write_waves(tmp_path), changes)
    stages, folder = [], tmp_path / "run"
    result = run(recipe, folder, on_stage=stages.append)
    assert result.verified.ok
    assert stages == ["data", "training", "export", "export: qat", "verification", "report"]
    assert not (folder / QAT.checkpoint).exists()
    content = (folder / "model.tflite").read_bytes()
    x = result.training.data.test.x
    expected = load_model(folder / QAT.model).predict(x, verbose=0)
    device = TflmInterpreter(content)
    step = device.outputs[0].quantization.scale[0]
    assert abs(device.predict(x) - expected).max() <= 1.01 * step
    again = export_folder(folder, tmp_path / "again")
    assert again.path.read_bytes() == content
    assert again.ladder.rungs[0].detail == "trained before"


def test_a_training_in_int8_that_is_interrupted_goes_on(tmp_path):
    changes = {"training.epochs": 2, "export.method": "qat", "export.qat.epochs": 3}
    recipe = small.recipe(small.write_waves(tmp_path), changes)

    def interrupt(epoch):
        if stages[-1] == "export: qat" and epoch.number == 2:
            raise KeyboardInterrupt

    stages, epochs, folder = [], [], tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run(recipe, folder, on_stage=stages.append, on_epoch=interrupt)
    assert (folder / QAT.checkpoint).exists()
    assert (folder / CHECKPOINT).exists()
    result = run(recipe, folder, resume=True, on_epoch=epochs.append)
    assert [epoch.number for epoch in epochs] == [3]
    assert result.verified.ok


def test_another_way_may_be_asked_of_a_run(finished_run, tmp_path):
    folder = shutil.copytree(finished_run.folder, tmp_path / "copy")
    result = export_folder(folder, tmp_path / "out", method="ptq+")
    assert result.ladder.method == "ptq+"
    assert load_run(folder)[0].export.method == "ptq", "the recipe of the run is as it was"
    with pytest.raises(
        InputError, match=r"export.method: .*'qat' is a way to int8, quantization is int16x8: write ptq"
    ):
        export_folder(folder, tmp_path / "out", "int16x8", method="qat")


def test_few_right_answers_prove_nothing_where_the_outputs_are_far_off(trained, ways):
    """12 validation windows cannot show a drop of 0.002."""
    make = ways(ptq="good", ptq_plus="good", qat="good")
    louder = keras.Model(trained.model.input, keras.layers.Rescaling(2)(trained.model.output))
    _, ladder = climb(dataclasses.replace(trained, model=louder), make=make)
    assert _statuses(ladder) == [("ptq", "loses"), ("ptq+", "loses"), ("qat", "loses")]
    assert (ladder.rungs[0].drop, ladder.method) == (0, "ptq")
    assert ladder.rungs[0].error == pytest.approx(0.25, rel=0.1)
    _, ladder = climb(trained, make=make)
    assert ladder.rungs[0].error < 0.01
    assert _statuses(ladder) == [("ptq", "holds")]
