import pytest
from reports import examples
from reports.console.printed import rows, text
from rich.console import Console

from neuralspot_edge.reports import console


def test_the_advice_comes_first_and_then_the_layers():
    lines = rows(console.quant_table(examples.quantization()), 80)
    assert lines[0] == "a-model"
    assert "output int8, SQNR 23.5 dB, error 0.45 % of its power" in lines
    start = lines.index("1. Equalize layer-0.")
    assert lines[start + 1] == "2. Then train."
    assert "1 layer-0 50.0 % -12.5 % 62.5 % 23.5 50.0 % 250 102 x ████████████████" in lines[start:]
    assert "3 layer-2 -16.7 % -12.5 % 62.5 % 23.5 50.0 % 250 102 x ████████████████" in lines[start:]
    assert "Not shown" not in " ".join(lines)


def test_the_top_is_shown_and_how_to_see_the_rest():
    shown = text(console.quant_table(examples.quantization(20), 5), 80)
    assert "layer-4" in shown
    assert "layer-5" not in shown
    assert "Not shown: 15 that cost less; --top 20 shows all." in shown


def test_a_long_name_gives_way_and_no_figure_does():
    quantization = examples.quantization()
    quantization["layers"][0] |= {"name": "first/" + "x" * 200 + "/last", "cost": -12.345}
    shown = text(console.quant_table(quantization), 80)
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "-1234.5 %" in shown
    assert "/last" in shown


def test_names_go_without_what_all_of_them_begin_with():
    quantization = examples.quantization()
    for layer, name in zip(quantization["layers"], ("net.B1.D1.ACT", "input", "net.B1.D2.ACT"), strict=True):
        layer["name"] = name
    lines = rows(console.quant_table(quantization), 80)
    assert [line.split()[1] for line in lines if line[0] in "123" and line[1] == " "] == ["D1.ACT", "input", "D2.ACT"]


def test_what_int8_cuts_off_is_red():
    made = Console(width=80, force_terminal=True, color_system="standard", no_color=False)
    with made.capture() as captured:
        made.print(console.quant_table(examples.quantization(1)))
    # From -2 to 2 over 16 bars int8 has the middle half.
    assert captured.get().count("\x1b[31m█\x1b[0m") == 8


def test_the_least_that_is_there_is_seen():
    quantization = examples.quantization(1)
    quantization["layers"][0]["activation"]["histogram"]["counts"] = [10**9, *[0] * 62, 1]
    assert "█              ▁" in text(console.quant_table(quantization), 80)


def test_a_layer_with_weights_alone_has_dashes():
    quantization = examples.quantization(1)
    quantization["layers"][0]["activation"] = None
    assert "1 layer-0 50.0 % -12.5 % 62.5 % - - - - -" in rows(console.quant_table(quantization), 80)


@pytest.mark.parametrize("part", [*examples.quantization(), None])
def test_a_missing_part_is_no_error(part):
    whole = examples.quantization()
    assert text(console.quant_table({key: value for key, value in whole.items() if part is not None and key != part}))
