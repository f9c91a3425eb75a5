from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import small
from rich.console import Console

from neuralspot_edge.pipeline import Check, VerifyResult
from neuralspot_edge.pipeline.export import ExportResult
from neuralspot_edge.recipes.facts import PresetDescription
from neuralspot_edge.reports import console
from neuralspot_edge.training import Epoch, prepare


def _text(renderable, width=200):
    printer = Console(width=width, markup=False, emoji=False)
    with printer.capture() as capture:
        printer.print(renderable)
    return capture.get()


def _rows(renderable):
    return [" ".join(line.split()) for line in _text(renderable).splitlines() if line.strip()]


PRESETS = [
    PresetDescription("tcn-a-longer-name", "classification", "what it is for [10 Hz]", "a paper", 12345, 6789),
    PresetDescription("tcn-b", "denoising", "", "", 5, 6),
]


def test_presets_with_their_figures_and_what_they_are_for():
    rows = _rows(console.preset_table(PRESETS))
    assert rows == [
        "preset task parameters int8 bytes",
        "tcn-a-longer-name classification 12,345 6,789",
        "what it is for [10 Hz]",
        "tcn-b denoising 5 6",
    ]
    assert _rows(console.preset_table([])) == ["nothing has such a name; without a pattern all are listed"]


def test_the_figures_of_presets_stand_below_their_headings():
    head, *lines = _text(console.preset_table(PRESETS), width=80).splitlines()
    figures = [line for line in lines if line.startswith("tcn")]
    for column, first in (("parameters", "12,345"), ("int8 bytes", "6,789")):
        assert figures[0].index(first) + len(first) == head.index(column) + len(column)
    assert len({len(line.rstrip()) for line in figures}) == 1


def test_a_recipe_as_fields_that_set_takes():
    rows = dict(row.split(" ", 1) for row in _rows(console.recipe_table(small.recipe("waves.npz"), {}))[2:])
    assert rows["input.hop"] == "32"
    assert rows["classes"] == "low, mid, high"
    assert rows["model.params.blocks.0.filters"] == "4"
    assert rows["model.params.use_logits"] == "yes"
    assert rows["data.path"] == "waves.npz"
    assert "outputs" not in rows, "what is not there is left out"


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({"receptive_field": 31}, "(receptive field) 31"),
        ({"receptive_field": None}, "(receptive field) the whole window"),
        ({"is_causal": False}, "(is causal) no"),
    ],
)
def test_facts_follow_the_fields(facts, row):
    assert _rows(console.recipe_table(small.recipe(), facts))[-1] == row


def test_layers_and_their_sum():
    layers = [
        {"name": "in", "kind": "InputLayer", "output_shape": [32, 2], "parameters": 0},
        {"name": "conv", "kind": "Conv2D", "output_shape": [1, 32, 64], "parameters": 1200},
    ]
    assert _rows(console.layer_table(layers))[1:] == [
        "in InputLayer 32 x 2 0",
        "conv Conv2D 1 x 32 x 64 1,200",
        "all 1,200",
    ]


EXPORTED = ExportResult(
    Path("runs/x/model.tflite"), 12345, "int16x8", "float32", {"CONV_2D": 3, "ADD": 1}, "36 samples of real data"
)


def test_an_export():
    assert _rows(console.export_table(EXPORTED)) == [
        "file runs/x/model.tflite, 12,345 bytes",
        "quantization int16x8, float32 input and output, calibrated with 36 samples of real data",
        "4 operators 3 CONV_2D, 1 ADD",
    ]


CHECKS = (
    Check("tflm_vs_litert", "not proven", detail="no [tflite-micro] here"),
    Check("drop_vs_float", "failed", 0.051234, 0.02, "accuracy", "0.8 on the device"),
    Check("another", "not run"),
)


def test_checks_with_figure_and_limit():
    result = VerifyResult(CHECKS, 12, None, 36)
    assert _rows(console.verify_table(result)) == [
        "check status figure limit detail",
        "TFLM vs LiteRT not proven no [tflite-micro] here",
        "device vs float failed 0.05123 accuracy 0.02 accuracy 0.8 on the device",
        "another not run",
    ]


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ((Check("tflm_vs_litert", "passed", 0.0, 1.0, "LSB"),), "verified on TensorFlow Lite Micro"),
        (CHECKS[:1], "a gate failed, or nothing is proven"),
        (CHECKS[1:2], "a gate failed, or nothing is proven"),
    ],
)
def test_a_run_in_one_screen(checks, verdict):
    recipe = small.recipe("waves.npz")
    training = SimpleNamespace(
        data=prepare(recipe, small.waves_dataset()),
        model=SimpleNamespace(count_params=lambda: 1234),
        history=(Epoch(1, 1.0, 0.5, True), Epoch(2, 1.0, 0.75, False)),
        best=Epoch(1, 1.0, 0.5, True),
    )
    result = SimpleNamespace(
        recipe=recipe,
        training=training,
        exported=EXPORTED,
        verified=VerifyResult(checks, 12, 0, 36),
        folder=Path("runs/x"),
    )
    rows = _rows(console.run_summary(result))
    assert rows[:4] == [
        "tcn-small",
        "data by-hand: 36 train, 12 validation, 12 held out windows",
        "model 1,234 parameters",
        "training 2 epochs, best val_loss 0.5000 at epoch 1",
    ]
    assert rows[-2:] == [verdict, "report: runs/x/report.json"]
