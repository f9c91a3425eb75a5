import copy

from reports import examples
from reports.console.printed import rows, text

from neuralspot_edge.reports import console


def _other():
    other = copy.deepcopy(examples.profile())
    other["model"] |= {"name": "runs/other/model.tflite", "size_bytes": 10_000, "operators": {"CONV_2D": 3, "TANH": 2}}
    other["totals"]["macs"] = 7_500
    other["targets"][0]["latency"]["milliseconds"] = 4.69
    return other


def test_the_first_is_what_the_others_are_held_against():
    lines = rows(console.compare_table([examples.profile(), _other()]), 80)
    assert lines[0] == "a-model runs/other/model.tflite"
    assert lines[1:3] == ["file, bytes 12,345 10,000", "-2,345 (-19.0 %)"]
    assert lines[3:5] == ["MACs 6,000 7,500", "+1,500 (+25.0 %)"]
    assert "weights, bytes 6,000 6,000" in lines
    assert "arena by plan, bytes 3,000 3,000" in lines
    assert "arena by TFLM, bytes 3,300 3,300" in lines
    assert lines[lines.index("TANH 0 2") + 1] == "+2"
    assert lines[lines.index("big, ms (estimate) 2.3 4.7") + 1] == "+2.345 (+100.0 %)"
    assert not any(line.startswith("core") for line in lines), "no time is known there"


def test_what_one_of_them_does_not_have_is_left_open():
    other = _other()
    other["memory"]["measured"] = None
    lines = rows(console.compare_table([examples.profile(), other]))
    assert "arena by TFLM, bytes 3,300 -" in lines


def test_three_files_keep_their_figures_at_80_columns():
    profiles = [examples.profile(), _other(), _other()]
    profiles[0]["model"]["name"] = "runs/" + "x" * 80
    for profile, macs in zip(profiles, (12_501_632, 25_003_264, 1_105_600), strict=True):
        profile["totals"]["macs"] = macs
    printed = text(console.compare_table(profiles), 80)
    assert "12,501,632" in printed
    assert "25,003,264" in printed
    assert "1,105,600" in printed
    assert all(len(line) <= 80 for line in printed.splitlines())
