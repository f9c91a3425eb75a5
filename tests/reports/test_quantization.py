import math

import pytest
from reports import examples

from neuralspot_edge.reports.quantization import bar_share, bars, decibels, quant_lines, share, spread


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (decibels, 23.456, "23.5"),
        (decibels, None, "exact"),
        (share, 0.1234, "12.3 %"),
        (share, -0.0625, "-6.2 %"),
        (share, -1e-9, "0.0 %"),
        (share, math.nan, "-"),
        (spread, 102.4, "102 x"),
        (spread, 3.21, "3.2 x"),
        (spread, None, "-"),
        (bar_share, 0.25, "25.0%"),
        (bar_share, -0.25, "0.0%"),
        (bar_share, 1.5, "100.0%"),
        (bar_share, None, "0%"),
    ],
)
def test_figures_for_a_person(function, value, text):
    assert function(value) == text


def test_what_was_measured_and_on_what():
    assert dict(quant_lines(examples.quantization())) == {
        "output": "int8, SQNR 23.5 dB, error 0.45 % of its power",
        "samples": "64 of the validation split",
        "ranges from": "30 samples of real data",
    }


def test_several_outputs_are_told_apart():
    quantization = examples.quantization()
    quantization["outputs"] = [{**quantization["outputs"][0], "name": name} for name in ("one", "two")]
    assert list(dict(quant_lines(quantization)))[:2] == ["output one", "output two"]


def test_bars_are_logarithmic_and_know_what_int8_cuts_off():
    histogram = {"low": 0.0, "high": 8.0, "counts": [0, 0, 1, 0, 3, 4, 0, 15]}
    drawn = bars({"low": 0.0, "high": 5.9, "histogram": histogram}, 4)
    heights = [math.log1p(count) / math.log1p(15) for count in (0, 1, 7, 15)]
    assert [bar.height for bar in drawn] == pytest.approx(heights)
    assert [bar.is_cut_off for bar in drawn] == [False, False, False, True]


@pytest.mark.parametrize("missing", ["low", "high", "histogram"])
def test_where_a_figure_is_missing_there_are_no_bars(missing):
    activation = examples.quantized_layer(0, 1)["activation"]
    assert len(bars(activation, 16)) == 16
    assert bars({**activation, missing: None}, 16) == ()
