import pytest
from reports import examples
from reports.console.printed import rows, text

from neuralspot_edge.reports import console


def _line(renderable, start, width=80):
    (line,) = (row for row in rows(renderable, width) if row.startswith(start))
    return line


def test_the_cost_of_each_layer_and_the_totals():
    lines = rows(console.cost_table(examples.profile()), 80)
    assert lines[2] == "0 net.layer-0 CONV_2D 1x100x8 1,000 10 2,000 1,600 1,600"
    assert lines[4] == "2 net.layer-2 CONV_2D 1x100x8 3,000 10 2,000 1,600 1,602"
    assert lines[5] == "all 6,000 30 6,000 4,800"
    assert lines[6] == "6,000 MACs, 30 elementwise operations, 3,300 bytes of arena"


def test_a_cost_table_keeps_every_figure_at_80_columns():
    profile = examples.profile()
    profile["layers"] = [
        {
            **examples.layer(299, "UNIDIRECTIONAL_SEQUENCE_LSTM", "first/" + "x" * 200 + "/last"),
            "macs": 123_456_789,
            "elementwise": 98_765_432,
            "weight_bytes": 1_234_567,
            "activation_bytes": 999_999,
            "live_bytes": 123_456,
        }
    ]
    line = _line(console.cost_table(profile), "299")
    assert line.endswith(" 123M 98.8M 1.23M 999,999 123,456")
    assert "1x100x8" in line
    assert line.split()[1].startswith("f")
    assert line.split()[1].endswith("t")
    assert all(len(row) <= 80 for row in text(console.cost_table(profile), 80).splitlines())


def test_operators_without_a_rule_are_named():
    profile = examples.profile()
    profile["model"]["uncounted"] = ["SVDF", "Mine"]
    assert "not counted, since their arithmetic is not known: SVDF, Mine" in text(console.cost_table(profile))


def test_a_profile_in_full():
    lines = rows(console.profile_table(examples.profile()), 80)
    assert lines[:4] == [
        "model a-model, 12,345 bytes",
        "inputs x 100 x 6 int8, scale 0.125, zero point -3",
        "outputs y 100 x 6 int8, scale 0.125, zero point -3",
        "3 operators 3 CONV_2D",
    ]
    for line in (
        "tensors and scratch 2,400 2,400 same 2,400",
        "of it scratch 800 - - 800",
        "persistent 600 900 +300 (+50.0 %) 550",
        "all 3,000 3,300 +300 (+10.0 %) 2,950",
        "The peak is at operator 2 CONV_2D net.layer-2.",
        "a Cortex-M needs less",
        "tflm 3 0 0",
        "ethos-u55 1 1 1",
    ):
        assert line in lines
    refused, slow = (lines.index(f"ethos-u55 {start}") for start in (
        "refused CONV_2D: it has no kernel",
        "runs CONV_2D: it is slow here",
    ))  # fmt: skip
    assert refused < slow, "what does not run comes first"
    assert lines[refused + 1] == "at 1 net.layer-1; take another activation"


def test_one_reason_for_many_layers_is_said_once():
    profile = examples.profile()
    problem = profile["support"][1]["problems"][1]
    profile["support"][1]["problems"] = [{**problem, "operator_index": index, "layer": f"l{index}"} for index in (1, 4)]
    assert "at 1 l1, 4 l4; take another activation" in rows(console.profile_table(profile))


def test_targets_with_margins_and_estimates():
    lines = rows(console.target_table(examples.profile()), 80)
    assert lines[:4] == [
        "target core fits flash left RAM left ms (estimate)",
        "big cortex-m4 fits 50,000 70,000 2.3 (1.2-40)",
        "small cortex-m4 does not fit 50,000 -1,300 2.3 (1.2-40)",
        "core cortex-m4 no limits - - -",
    ]
    assert "big: by big" in lines
    npu = "big: ethos-u55-128 by vela 5.2.0: 0.34 ms (estimate), 2,304 bytes of SRAM, 2 operators on the NPU"
    assert f"{npu}; on the CPU: MEAN (too large for it)" in " ".join(lines)
    assert "small: what small has." in lines


def test_of_many_targets_the_small_print_is_left_out():
    profile = examples.profile()
    profile["targets"] = [examples.target(f"chip-{index}", True) for index in range(10)]
    lines = rows(console.target_table(profile))
    assert len(lines) == 12
    assert lines[-1].startswith("Times are estimates, not measurements")


def test_where_nothing_could_be_measured_the_reason_is_shown():
    profile = examples.profile()
    profile["memory"] |= {"measured": None, "measured_detail": "tflite-micro is not installed"}
    lines = rows(console.profile_table(profile))
    assert "all 3,000 - - 2,950" in lines
    assert "tflite-micro is not installed" in lines


@pytest.mark.parametrize("part", [*examples.profile(), None])
def test_a_missing_part_is_no_error(part):
    whole = examples.profile()
    profile = {key: value for key, value in whole.items() if part is not None and key != part}
    assert text(console.profile_table(profile))
