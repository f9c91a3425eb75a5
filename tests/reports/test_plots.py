from xml.etree import ElementTree

import pytest
from reports import examples

from neuralspot_edge.reports.plots import memory_timeline, training_curve


def _drawn(svg):
    return ElementTree.fromstring(svg)


def _blocks(svg):
    """Left, right, top and bottom edge of each allocation's rectangle by its tooltip, in the picture's units."""
    found = {}
    for group in _drawn(svg).iter("g"):
        title = group.find("title")
        if title is not None:
            numbers = [float(word) for word in group.find("path").get("d").split() if word not in "MLz"]
            xs, ys = numbers[::2], numbers[1::2]
            found[title.text] = (min(xs), max(xs), min(ys), max(ys))
    return found


def _texts(svg):
    return [text.text for text in _drawn(svg).iter("text")]


@pytest.fixture
def plan():
    return examples.profile()["memory"]["plan"]


def test_every_allocation_is_in_the_picture(plan):
    blocks = _blocks(memory_timeline(plan))
    assert list(blocks) == [
        "tensor-0 (tensor): 800 bytes at offset 0, operators 0 to 1",
        "tensor-1 (tensor): 800 bytes at offset 800, operators 1 to 2",
        "tensor-2 (tensor): 800 bytes at offset 0, operators 2 to 3",
        "scratch-2 (scratch): 800 bytes at offset 1,600, operators 2 to 3",
    ]


def test_a_block_is_as_wide_as_its_life_and_as_tall_as_it_is_large(plan):
    first, second, third, scratch = _blocks(memory_timeline(plan)).values()
    width, height = first[1] - first[0], first[3] - first[2]
    assert second[0] - first[0] == pytest.approx(width / 2, abs=0.2), "one of the two operators later"
    assert third[0] == pytest.approx(first[1], abs=0.2)
    assert second[3] == pytest.approx(first[2], abs=0.2), "it lies upon the first"
    assert scratch[3] == pytest.approx(first[2] - height, abs=0.2), "and the scratch upon both"
    assert all(block[1] - block[0] == pytest.approx(width, abs=0.2) for block in (second, third, scratch))
    assert all(block[3] - block[2] == pytest.approx(height, abs=0.2) for block in (second, third, scratch))


def test_scratch_is_told_by_its_hatching_and_the_peak_by_its_strength(plan):
    svg = memory_timeline(plan)
    styles = [group.find("path").get("style") for group in _drawn(svg).iter("g") if group.find("title") is not None]
    assert ["url(" in style for style in styles] == [False, False, False, True]
    assert ["pale" in style for style in styles[:3]] == [True, False, False], "the first is gone at the peak"
    assert "peak" in _texts(svg)
    assert "2,400 bytes" in _texts(svg)


def test_without_a_known_peak_all_is_strong(plan):
    svg = memory_timeline({**plan, "peak_operators": []})
    assert "pale" not in svg
    assert "peak" not in _texts(svg)


def test_three_hundred_operators_are_a_small_picture():
    svg = memory_timeline(examples.profile(300)["memory"]["plan"])
    assert len(_blocks(svg)) == 301
    assert len(svg) < 90_000


def test_names_are_text_whatever_is_in_them(plan):
    plan["allocations"][0]["name"] = '</svg><script>&"$x$'
    assert '</svg><script>&"$x$ (tensor)' in next(iter(_blocks(memory_timeline(plan))))


@pytest.mark.parametrize("allocations", [[], None, [{"name": "x"}], [{**examples.allocation(0), "offset": None}]])
def test_nothing_to_draw_is_no_picture(plan, allocations):
    assert memory_timeline({**plan, "allocations": allocations}) == ""
    assert memory_timeline({}) == ""


def test_what_no_operator_needs_has_no_time_to_be_drawn_at(plan):
    plan["allocations"][0] |= {"first_use": -1, "last_use": -1}
    assert len(_blocks(memory_timeline(plan))) == len(plan["allocations"]) - 1


def test_an_arena_of_nothing_is_a_picture():
    allocation = {**examples.allocation(0), "size_bytes": 0}
    assert len(_blocks(memory_timeline({"allocations": [allocation]}))) == 1


def test_the_curve_marks_the_best_epoch():
    svg = training_curve(examples.report()["training"])
    assert "best: epoch 2, 0.75" in _texts(svg)
    assert "var(--series-1)" in svg
    assert "var(--series-2)" in svg


def test_a_single_epoch_is_a_dot():
    training = {"history": [{"number": 1, "loss": 1.0, "val_loss": None}]}
    assert len(list(_drawn(training_curve(training)).iter("use"))) == 1


def test_epochs_that_diverged_leave_a_curve_of_the_others():
    training = examples.report()["training"]
    training["history"] = [{"number": number, "loss": None, "val_loss": None} for number in (1, 2)]
    assert training_curve(training) == ""
    training["history"].append({"number": 3, "loss": 2.0, "val_loss": None})
    assert "best" not in "".join(_texts(training_curve(training)))
    assert training_curve({}) == ""
