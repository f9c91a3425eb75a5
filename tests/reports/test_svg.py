import re
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from neuralspot_edge.reports.svg import ACCENT, GROUND, inline_svg, style


def _picture(name="first", **changes):
    with style():
        figure = Figure(figsize=(4, 3), dpi=72)
        axes = figure.subplots()
        axes.plot([0, 1, 2], [3, 1, 2], color=ACCENT, marker="o")
        axes.add_patch(Rectangle((0, 0), 1, 1, facecolor=ACCENT, edgecolor=GROUND, hatch="//", gid="box"))
        axes.set_xlabel(changes.get("label", "x"))
        return inline_svg(figure, name, "A title", {"box": "what <it> is"})


@pytest.fixture(scope="module")
def picture():
    return _picture()


def test_the_same_figure_gives_the_same_picture(picture):
    assert _picture() == picture


def test_all_colours_are_the_page_s(picture):
    assert not re.search(r"#[0-9a-f]{6}", picture)
    assert "var(--series-1)" in picture
    assert "var(--muted)" in picture


def test_it_has_no_size_no_font_no_date_and_no_rules_of_its_own(picture):
    root = ElementTree.fromstring(picture)
    assert root.attrib == {"viewBox": "0 0 288 216", "role": "img", "aria-label": "A title"}
    assert not {element.tag for element in root.iter()} & {"metadata", "style"}
    assert "font-family" not in picture
    assert "http" not in picture


def test_ids_are_only_those_that_are_referred_to_and_differ_between_pictures(picture):
    references = set(re.findall(r"url\(#([\w.-]+)\)|href=\"#([\w.-]+)", picture))
    referred = {one or other for one, other in references}
    ids = re.findall(r'\bid="([^"]+)"', picture)
    assert referred == set(ids)
    assert len(ids) == len(set(ids)) >= 3
    assert not set(ids) & set(re.findall(r'\bid="([^"]+)"', _picture("second")))


def test_an_artist_shows_its_tooltip(picture):
    (title,) = ElementTree.fromstring(picture).iter("title")
    assert title.text == "what <it> is"


def test_a_dollar_sign_is_no_formula():
    assert "costs $5 and $6" in _picture(label="costs $5 and $6")


def test_the_user_s_own_style_changes_no_picture_and_is_left_alone(picture):
    with mpl.rc_context({"font.size": 31, "lines.linewidth": 9, "axes.facecolor": "red"}):
        assert _picture() == picture
        assert mpl.rcParams["font.size"] == 31
