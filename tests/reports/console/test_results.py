from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import small
from reports.console.printed import rows

from neuralspot_edge.pipeline import Check, VerifyResult
from neuralspot_edge.pipeline.export import ExportResult
from neuralspot_edge.pipeline.ladder import Ladder, Rung
from neuralspot_edge.reports import console
from neuralspot_edge.training import Epoch, prepare

EXPORTED = ExportResult(
    path=Path("runs/x/model.tflite"),
    size_bytes=12345,
    quantization="int16x8",
    io="float32",
    operators={"CONV_2D": 3, "ADD": 1},
    calibration="36 samples of real data",
    files=(Path("runs/x/model.tflite"), Path("runs/x/golden.npz"), Path("runs/x/firmware/model_data.h")),
)


def test_an_export():
    assert rows(console.export_table(EXPORTED)) == [
        "file runs/x/model.tflite, 12,345 bytes",
        "quantization int16x8, float32 input and output, calibrated with 36 samples of real data",
        "4 operators 3 CONV_2D, 1 ADD",
        "beside it golden.npz",
        "bundle runs/x/firmware",
    ]


def test_the_ways_to_int8_with_the_files_own():
    ladder = Ladder(
        "ptq+",
        "accuracy",
        0.975,
        0.002,
        (Rung("ptq", "loses", 0.025, 0.95, 0.0521), Rung("ptq+", "holds", 0.0, 0.975, 0.0012, "equalize")),
    )
    assert rows(console.export_table(replace(EXPORTED, ladder=ladder)))[-4:] == [
        "way to int8 verdict accuracy drop error what was done",
        "float 0.975",
        "ptq loses 0.95 0.025 0.0521",
        "ptq+ * holds 0.975 0 0.0012 equalize",
    ]


CHECKS = (
    Check("tflm_vs_litert", "not proven", detail="no [tflite-micro] here"),
    Check("drop_vs_float", "failed", 0.051234, 0.02, "accuracy", "0.8 of the file"),
    Check("another", "not run"),
)


def test_checks_with_figure_and_limit():
    result = VerifyResult(CHECKS, 12, None, 36)
    assert rows(console.verify_table(result)) == [
        "check status figure limit detail",
        "TFLM vs LiteRT not proven no [tflite-micro] here",
        "file vs float failed 0.05123 accuracy 0.02 accuracy 0.8 of the file",
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
    recipe = small.recipe("waves.npz", target="apollo3")
    on_target = {"name": "apollo3", "fits": True, "latency": {"milliseconds": 12.345}}
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
        report={"profile": {"totals": {"macs": 12345, "arena_bytes": 6789}, "targets": [on_target]}},
    )
    lines = rows(console.run_summary(result))
    assert lines[:4] == [
        "tcn-small",
        "data by-hand: 36 train, 12 validation, 12 held out windows",
        "model 1,234 parameters",
        "training 2 epochs, best val_loss 0.5000 at epoch 1",
    ]
    assert "cost 12,345 MACs, 6,789 bytes of arena" in lines
    assert "target fits apollo3, about 12.3 ms by estimate" in lines
    assert lines[-2:] == [verdict, "report: runs/x/report.html"]
