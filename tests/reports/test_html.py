import copy
import itertools
import math
import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reports import examples

from neuralspot_edge.reports import render_html

VOID = {"meta", "br", "link", "img", "hr", "input"}
# HTML lets these be closed by what follows.
OPTIONAL_END = {"td", "p", "li"}


class Page(HTMLParser):
    """What a page consists of; fails where a tag is closed that is not open."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.tables = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "table":
            self.tables.append([])
        if tag in ("th", "td") and self.tables:
            self.tables[-1].append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        while self.open[-1] != tag and self.open[-1] in OPTIONAL_END:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def html():
    return render_html(examples.report())


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def _sections(page):
    return [attributes["id"] for attributes in page.all("section")]


def test_the_page_loads_nothing_and_runs_nothing(html, page):
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("img")
    assert all("src" not in attributes for _, attributes in page.tags)
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
    assert "url(http" not in html
    assert "@import" not in html
    hrefs = [attributes["href"] for name, attributes in page.tags if "href" in attributes and name != "a"]
    assert all(href.startswith("#") for href in hrefs)


def test_links_lead_into_the_page_or_to_a_named_source(page):
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for link in page.all("a"):
        href = link["href"]
        assert href[1:] in ids if href.startswith("#") else href.startswith("https://example.org/")


def test_a_link_ends_where_the_sentence_goes_on():
    report = {"recipe": {"source": "(https://example.org/a?b=1&c=2), https://example.org/d; http://example.org/e.f."}}
    links = [link["href"] for link in Page(render_html(report)).all("a")]
    assert [link for link in links if "example" in link] == [
        "https://example.org/a?b=1&c=2",
        "https://example.org/d",
        "http://example.org/e.f",
    ]


def test_all_ids_are_unique(page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 10


def test_every_table_has_headers_a_caption_and_a_container_to_scroll_in(html, page):
    assert len(page.tables) >= 10
    for cells in page.tables:
        assert cells[0] == "th"
    assert len(page.all("caption")) == len(page.tables)
    assert all(attributes.get("scope") for attributes in page.all("th"))
    assert not re.search(r"<th[^>]*></th>", html), "a header without words"
    assert len(re.findall(r'<div class="scroll"[^>]*>\s*<table', html)) == len(page.tables)


def test_headings_have_an_order(page):
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_reader_that_does_not_see_is_told_what_it_is(page):
    assert page.all("html")[0]["lang"] == "en"
    pictures = page.all("svg")
    assert len(pictures) == 2
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    assert all(attributes["aria-label"] for attributes in page.all("nav"))


def test_the_sections_come_in_the_order_in_which_a_person_asks(page):
    assert _sections(page) == [
        "gates", "accuracy", "training", "costs", "memory", "support", "targets", "model", "recipe", "dataset",
        "versions",
    ]  # fmt: skip


def test_the_page_has_the_facts(page):
    for words in (
        "a-run",
        "what it is for",
        "Verified on TensorFlow Lite Micro",
        "1,400 windows played; 0 of 2,800 output values differ from LiteRT.",
        "int8 accuracy 0.9688 float 0.978, drop 0.01",
        "TFLM vs LiteRT ✓ passed 0 1 LSB counts",
        "The metric on 1,400 held-out windows",
        "2, validation loss 0.75",
        "3, stopped early",
        "2 net.layer-2 CONV_2D 1 x 100 x 8 3,000 50.0 % 10 2,000 1,600 1,602",
        "all 6,000 30 6,000 4,800",
        "operator 2, CONV_2D of net.layer-2 , with 1,602 live bytes.",
        "persistent: the interpreter's own tables 600 900 +300 (+50.0 %)",
        "a Cortex-M needs less",
        "1 CONV_2D net.layer-1 refused it has no kernel take another activation",
        "big ✓ fits ≈ 2.3 1.2 to 40 12,345 50,000 3,300 70,000 cortex-m4 96",
        "small ✗ does not fit",
        "core ○ no limits - - 12,345 - 3,300 - cortex-m4 96",
        "the big one by big by vela https://example.org/datasheet",
        "big ethos-u55-128 160 ≈ 0.34 54,321 2,304 4,608 2 1",
        "What big leaves to the CPU operator output reason, in vela's words MEAN net.mean too large for it",
        "x input 100 x 6 int8 0.125 -3",
        "files beside it model_data.h, golden.npz",
        "description: what it is for",
        "train validation test 30 10 1,400",
        "c1 1.5 3",
        "seed 7",
        "tflite-micro not installed",
    ):
        assert words in page.text, words


def test_who_taught_stands_beside_how_well_both_do():
    report = examples.report()
    assert "taught by" not in Page(render_html(report)).text
    teacher = {"name": "the-<b>big</b>-one", "parameters": 54321, "weight": 0.5, "temperature": 4.0}
    report["training"]["teacher"] = {**teacher, "metric": "accuracy", "value": 0.96875, "student_value": 0.9375}
    text = Page(render_html(report)).text
    for words in (
        "taught by the-<b>big</b>-one, 54,321 parameters",
        "the teacher's share 50.0 % of the loss at temperature 4",
        "validation accuracy 0.9375, the teacher 0.9688",
    ):
        assert words in text, words
    report["training"]["teacher"]["temperature"] = None
    assert "temperature" not in Page(render_html(report)).text.partition("taught by")[2].partition("validation")[0]


def test_the_ways_to_int8_are_shown_with_what_each_came_to():
    report = examples.report()
    assert "Ways to int8" not in Page(render_html(report)).text
    report["export"]["ladder"] = examples.ladder()
    page = Page(render_html(report))
    assert _sections(page)[1:3] == ["accuracy", "ladder"]
    for words in (
        "the float model has accuracy 0.975",
        "A way holds that loses at most 0.002",
        "ptq ! loses 0.95 0.025 0.0521",
        "ptq+, the file ✓ holds 0.975 0 0.0012 equalize",
        "qat ○ refused - - - layer 'x' does not train",
        "equalize 0.05 0.001 yes <b>a</b> by 100",
    ):
        assert words in page.text, words


def test_where_vela_was_not_asked_the_page_says_nothing_of_it():
    report = examples.report()
    report["profile"]["targets"] = [examples.target("big", True)]
    text = Page(render_html(report)).text
    assert "On the NPU" not in text
    assert "leaves to the CPU" not in text


def test_an_npu_that_runs_every_operator_leaves_none_to_the_cpu():
    report = examples.report()
    report["profile"]["targets"][0]["npu"]["cpu_operators"] = []
    text = Page(render_html(report)).text
    assert "big ethos-u55-128 160 ≈ 0.34 54,321 2,304 4,608 2 0" in text
    assert "leaves to the CPU" not in text


def test_the_same_report_gives_the_same_page(html):
    assert render_html(examples.report()) == html


def test_names_are_text_whatever_is_in_them():
    name = "<b>&\"'</td><script>alert(1)</script>"
    report = examples.report(classes=(name, "other"))
    report["name"] = name
    report["dataset"]["channels"] = [name, name]
    report["recipe"] |= {"description": name, "source": f"https://example.org/{name} javascript:alert(1)"}
    report["profile"]["layers"][0]["name"] = name
    report["profile"]["memory"]["plan"]["allocations"][0]["name"] = name
    report["profile"]["support"][1]["problems"][0]["reason"] = name
    page = Page(render_html(report))
    assert not page.all("script")
    assert not page.all("b")
    assert page.text.count(name) >= 8
    assert all(link["href"].startswith(("#", "https://example.org/")) for link in page.all("a"))


@pytest.mark.parametrize("part", [key for key in examples.report() if key not in ("ok", "schema_version")])
def test_a_missing_part_is_left_out(part):
    report = examples.report()
    del report[part]
    page = Page(render_html(report))
    gone = {
        "recipe": ["recipe"],
        "dataset": ["dataset"],
        "training": ["training"],
        "verification": ["accuracy"],
        "profile": ["costs", "memory", "support", "targets"],
    }.get(part, [])
    assert not set(gone) & set(_sections(page))
    assert ("Not verified" in page.text) == (part == "verification")


@pytest.mark.parametrize("part", list(examples.profile()))
def test_a_missing_part_of_a_profile_is_left_out(part):
    profile = examples.profile()
    del profile[part]
    sections = _sections(Page(render_html({"profile": profile})))
    gone = {"layers": "costs", "model": "model"}.get(part, part)
    assert gone not in sections


def test_a_profile_of_a_foreign_file_says_that_nothing_was_verified():
    page = Page(render_html({"profile": examples.profile()}))
    assert _sections(page) == ["gates", "costs", "memory", "support", "targets", "model"]
    assert page.all("title")
    assert "a-model" in page.text
    assert "Made by neuralspot_edge. 1 KB" in page.text, "a profile does not say by which version"
    assert "○ not run Nothing was verified" in page.text
    assert "Verified on" not in page.text


@pytest.mark.parametrize(
    ("status", "sign", "title"),
    [("failed", "✗", "A gate failed: TFLM vs LiteRT"), ("not proven", "!", "Not proven on TensorFlow Lite Micro")],
)
def test_a_status_is_told_by_words_and_sign(status, sign, title):
    report = examples.report()
    report["verification"]["checks"][0]["status"] = status
    page = Page(render_html(report))
    assert f"{sign} {title}" in page.text
    assert f"{sign} {status}" in page.text


def test_a_hundred_classes_stay_a_small_file():
    classes = tuple(f"class-{index}" for index in range(100))
    html = render_html(examples.report(classes))
    assert sum(cells.count("td") == 100 * 101 for cells in Page(html).tables) == 2
    assert len(html) < 200_000


def test_three_hundred_layers_stay_a_small_file():
    html = render_html(examples.report(operators=300))
    page = Page(html)
    assert all(f"{index} net.layer-{index} CONV_2D" in page.text for index in range(300))
    assert len(html) < 250_000


def test_one_run_s_page_is_far_below_the_limit(html):
    assert len(html) < 60_000


def test_figures_that_are_not_finite_are_dashes():
    report = examples.report()
    report["verification"]["checks"][0]["figure"] = math.nan
    report["verification"]["metric_value"] = math.inf
    report["profile"]["layers"][0]["macs"] = None
    report["profile"]["totals"]["macs"] = None
    page = Page(render_html(report))
    assert not {"nan", "inf", "none"} & set(page.text.lower().split())
    assert "0 net.layer-0 CONV_2D 1 x 100 x 8 - - 10" in page.text


def _places(value, place=()):
    """The places of all values in a document; a matrix is one value."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*place, key)
        yield from _places(item, (*place, key))


PLACES = list(_places(examples.report()))


def _without(report, place, is_null):
    *way, last = place
    for key in way:
        try:
            report = report[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(report, dict) and last in report:
        if is_null:
            report[last] = None
        else:
            del report[last]
    elif isinstance(report, list) and not is_null and last < len(report):
        del report[last]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.booleans()), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_missing_or_null_there_is_a_page(cuts):
    report = copy.deepcopy(examples.report())
    for place, is_null in cuts:
        _without(report, place, is_null)
    assert Page(render_html(report)).all("h1")
