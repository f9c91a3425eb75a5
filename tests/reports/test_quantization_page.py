"""The section on quantization of the page."""

import copy
import re

import pytest
from reports import examples
from reports.test_html import Page

from neuralspot_edge.reports import render_html


def _page(count=3, **parts):
    return Page(render_html({**parts, "quantization": examples.quantization(count)}))


def test_it_stands_behind_the_accuracy_of_a_run():
    sections = [attributes["id"] for attributes in _page(**examples.report()).all("section")]
    assert sections[:4] == ["gates", "accuracy", "quantization", "training"]


def test_advice_comes_first_and_then_the_figures():
    text = _page().text
    first, *rest = (text.index(words) for words in ("Equalize layer-0.", "Then train.", "SQNR 23.5 dB", "layer-1"))
    assert [first, *rest] == sorted([first, *rest])
    for words in (
        "SQNR of the outputs 23.5 dB",
        "64 of the validation split",
        "1 layer-0 50.0 % -12.5 % 62.5 % 23.5 exact values from -2 to 2, int8 has -1 to 1 -1 to 1 seen -2 to 2 "
        "50.0 % 250 102 x channel 5 7.2 x per tensor",
        "3 layer-2 -16.7 %",
    ):
        assert words in text, words


def test_bars_show_the_cost_and_none_is_below_nothing():
    html = render_html({"quantization": examples.quantization()})
    assert re.findall(r'class="bar" style="--share:([\d.]+%)"', html) == ["50.0%", "16.7%", "0.0%"]


def test_every_picture_and_table_is_named():
    page = _page(14)
    assert len(page.all("svg")) == 14
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in page.all("svg"))
    assert len(page.all("caption")) == len(page.tables) == 2


def test_twelve_layers_are_shown_and_the_rest_is_folded():
    text = _page(60).text
    assert "The other 48 layers" in text
    assert text.index("12 layer-11 ") < text.index("The other 48 layers") < text.index("13 layer-12 ")
    assert "The other" not in _page(12).text


def test_sixty_layers_stay_a_small_file():
    assert len(render_html({"quantization": examples.quantization(60)})) < 200_000


def test_names_are_text_whatever_is_in_them():
    name = "<b>&\"'</td><script>alert(1)</script>"
    quantization = examples.quantization()
    quantization["layers"][0]["name"] = quantization["advice"][0]["text"] = name
    page = Page(render_html({"quantization": quantization}))
    assert not page.all("script")
    assert not page.all("b")
    assert page.text.count(name) == 2


def test_of_a_file_that_was_trained_in_int8_the_error_is_no_loss():
    assert "trained in int8" not in Page(render_html({"quantization": examples.quantization()})).text
    text = Page(render_html({"quantization": examples.quantization() | {"method": "qat"}})).text
    assert "This file was trained in int8." in text
    assert "SQNR of the outputs" not in text


def _places(value, place=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(key, str):
            yield (*place, key)
        if not isinstance(item, int):
            yield from _places(item, (*place, key))


@pytest.mark.parametrize("is_null", [True, False])
def test_whatever_is_missing_or_null_there_is_a_page(is_null):
    whole = examples.quantization(1)
    places = list(_places(whole))
    assert len(places) > 40
    for *way, last in places:
        quantization = copy.deepcopy(whole)
        part = quantization
        for key in way:
            part = part[key]
        part[last] = None
        if not is_null:
            del part[last]
        assert Page(render_html({"quantization": quantization})).all("h1")
