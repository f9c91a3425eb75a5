import re
from xml.etree import ElementTree

from reports import examples

from neuralspot_edge.reports.histograms import histogram_svg


def _drawn():
    return ElementTree.fromstring(histogram_svg(examples.quantized_layer(0, 1)["activation"]))


def test_half_of_the_bars_are_what_int8_cuts_off():
    inside, beyond, *_ = _drawn().iter("path")
    assert (inside.get("fill"), beyond.get("fill")) == ("var(--series-1)", "var(--series-2)")
    # From -2 to 2 over 192 units int8 has the middle half.
    places = [float(x) for x in re.findall(r"M([\d.]+) ", inside.get("d"))]
    assert places == [48 + 3 * bar for bar in range(32)]
    assert beyond.get("d").count("M") == 32


def test_a_line_stands_at_each_end_of_int8():
    *_, ends = _drawn().iter("path")
    assert ends.get("d") == "M48.0 0V40M144.0 0V40"


def test_a_reader_that_does_not_see_is_told_the_figures():
    picture = _drawn()
    assert picture.get("role") == "img"
    assert picture.get("aria-label") == "values from -2 to 2, int8 has -1 to 1"


def test_a_single_value_is_seen_and_no_value_is_no_bar():
    activation = examples.quantized_layer(0, 1)["activation"]
    activation["histogram"]["counts"] = [10**6] + [0] * 31 + [1] + [0] * 31
    svg = histogram_svg(activation)
    assert svg.count("v-40.0") == 1
    assert "M96 40v-2.0h3V40z" in svg
    assert svg.count("z") == 2


def test_without_a_histogram_there_is_no_picture():
    assert histogram_svg({}) == ""
    assert histogram_svg({**examples.quantized_layer(0, 1)["activation"], "low": None}) == ""
