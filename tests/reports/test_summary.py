import pytest
from reports import examples

from neuralspot_edge.reports.summary import confusion, judge, peak_layers, tiles


def _report(**statuses):
    checks = [{"name": name, "status": status, "detail": f"{name} says"} for name, status in statuses.items()]
    return {"verification": {**examples.report()["verification"], "checks": checks}}


@pytest.mark.parametrize(
    ("statuses", "status", "title"),
    [
        ({"tflm_vs_litert": "passed", "drop_vs_float": "passed"}, "passed", "Verified on TensorFlow Lite Micro"),
        ({"tflm_vs_litert": "passed", "drop_vs_float": "not run"}, "passed", "Verified on TensorFlow Lite Micro"),
        ({"tflm_vs_litert": "passed", "drop_vs_float": "failed"}, "failed", "A gate failed: file vs float"),
        ({"tflm_vs_litert": "not proven", "drop_vs_float": "failed"}, "failed", "A gate failed: file vs float"),
        (
            {"tflm_vs_litert": "not proven", "drop_vs_float": "passed"},
            "not proven",
            "Not proven on TensorFlow Lite Micro",
        ),
        ({"tflm_vs_litert": "not run"}, "not run", "Not verified"),
        ({"drop_vs_float": "passed"}, "not run", "Not verified"),
        ({}, "not run", "Not verified"),
    ],
)
def test_only_what_was_played_on_tflm_is_verified(statuses, status, title):
    verdict = judge(_report(**statuses))
    assert (verdict.status, verdict.title) == (status, title)


def test_a_report_without_a_proof_is_not_verified_whatever_it_says_of_itself():
    assert judge({"ok": True}).status == "not run"


def test_the_verdict_says_what_it_rests_on():
    assert judge(examples.report()).detail == "1,400 windows played; 0 of 2,800 output values differ from LiteRT."
    assert judge(_report(drop_vs_float="failed", other="failed")).detail == "drop_vs_float says; other says"
    assert judge(_report(tflm_vs_litert="not proven")).detail == "tflm_vs_litert says"


def test_the_key_figures():
    assert [(tile.label, tile.value, tile.note) for tile in tiles(examples.report())] == [
        ("int8 accuracy", "0.9688", "float 0.978, drop 0.01"),
        ("file, bytes", "12,345", "12.1 KB"),
        ("arena, bytes", "3,300", "3.2 KB, read on x86-64"),
        ("MACs for one window", "6,000", "6,000"),
        ("parameters", "4,321", ""),
    ]


def test_figures_that_are_not_there_are_left_out():
    assert tiles({}) == ()
    profile = examples.profile()
    profile["memory"]["measured"] = None
    assert [tile.label for tile in tiles({"profile": profile})] == [
        "file, bytes",
        "arena, bytes",
        "MACs for one window",
    ]
    assert "planned" in tiles({"profile": profile})[1].note
    report = examples.report()
    report["verification"]["float_metric_value"] = None
    assert tiles(report)[0].note == ""


def test_confusion_matrices_with_shares_of_their_rows():
    report = examples.report()
    report["verification"] |= {"confusion": [[3, 1], [0, 0]], "float_confusion": None}
    (matrix,) = confusion(report)
    assert matrix.title == "int8"
    assert matrix.classes == ("low", "high")
    assert matrix.shares == ((0.75, 0.25), (0.0, 0.0))
    assert matrix.recalls == ("75.0 %", "-")
    assert [each.title for each in confusion(examples.report())] == ["int8", "float model"]


def test_classes_without_names_are_numbered():
    report = examples.report()
    report["dataset"]["classes"] = ["one of two"]
    assert confusion(report)[0].classes == ("0", "1")


def test_the_layers_of_the_peak():
    profile = examples.profile()
    assert [layer["index"] for layer in peak_layers(profile)] == [2]
    profile["memory"]["plan"]["peak_operators"] = [0, 1, 99, None]
    assert [layer["index"] for layer in peak_layers(profile)] == [0, 1]
    assert peak_layers({}) == ()
