import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.reports import values

NO_FIGURES = [None, math.nan, math.inf, "7", True, [1]]


@pytest.mark.parametrize("value", NO_FIGURES)
def test_what_is_no_finite_number_is_a_dash(value):
    for write in (values.count, values.figure, values.si, values.kilobytes):
        assert write(value) == values.NOTHING
    assert values.percent(value, 1) == values.percent(1, value) == values.NOTHING
    assert values.change(value, 1) == values.change(1, value) == values.NOTHING


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.96875, "0.9688"), (1.0, "1"), (999.94, "999.9"), (1234.5678, "1,235"), (-0.00012345, "-0.0001234")],
)
def test_a_figure_has_four_digits_or_its_whole_part(value, text):
    assert values.figure(value) == text


def test_an_estimate_has_two_digits():
    assert [values.figure(value, 2) for value in (2.345, 12.6, 1234.5)] == ["2.3", "13", "1,234"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0k"),
        (99_950, "100k"),
        (204_800, "205k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (1_105_600, "1.11M"),
        (9_995_000, "10.0M"),
        (12_500_000_000, "12.5G"),
        (-57_600, "-57.6k"),
    ],
)
def test_large_counts_take_a_prefix(value, text):
    assert values.si(value) == text


@given(st.integers(-(10**14), 10**14))
def test_a_short_count_is_short_and_right_to_half_a_percent(value):
    text = values.si(value)
    assert len(text.lstrip("-")) <= 5
    sizes = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
    read = float(text.rstrip("kMGT").replace(",", "")) * sizes.get(text[-1], 1)
    assert math.isclose(read, value, rel_tol=0.005)


def test_bytes_and_shares():
    assert values.count(1234567) == "1,234,567"
    assert values.kilobytes(25_360) == "24.8 KB"
    assert values.percent(1, 8) == "12.5 %"
    assert values.percent(0, 0) == values.NOTHING


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [(5, 5, "same"), (12, 10, "+2 (+20.0 %)"), (0, 10, "-10 (-100.0 %)"), (3, 0, "+3"), (5.5, 5.0, "+0.5 (+10.0 %)")],
)
def test_a_change_against_a_base(value, base, text):
    assert values.change(value, base) == text


@pytest.mark.parametrize(
    ("dimensions", "text"),
    [([1, 100, 6], "100 x 6"), ([2, 3], "2 x 3"), ([1], "1"), ([], "1"), ([1, 1, 4], "1 x 4"), (None, "-")],
)
def test_a_shape_is_that_of_one_window(dimensions, text):
    assert values.shape(dimensions) == text


def test_what_is_missing_on_the_way_is_none():
    assert values.dig({"a": {"b": 3}}, "a", "b") == 3
    assert values.dig({"a": None}, "a", "b") is None
    assert values.dig({"a": [1]}, "a", "b") is None
    assert values.dig(None, "a") is None


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_shortened_text_fits_and_keeps_its_ends(text, width):
    short = values.shorten(text, width)
    assert len(short) == min(len(text), width)
    if len(short) < len(text) and width >= 3:
        head, tail = short[: width - width // 2 - 1], short[-(width // 2) :]
        assert text.startswith(head)
        assert text.endswith(tail)
