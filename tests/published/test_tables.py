"""The table on a console and in Markdown: nothing is hidden, misses least of all."""

import pytest
from rich.console import Console

from neuralspot_edge.errors import InputError
from neuralspot_edge.published import RowResult, RunFigures, load_rows
from neuralspot_edge.published.console import result_line, result_table, row_list
from neuralspot_edge.published.markdown import END, begin, render_markdown, write_markdown
from neuralspot_edge.published.wording import figure, remarks, seconds, summary

RUN = RunFigures(
    0, 0.015, 75.0, int8_figure=0.0161, parameters=1281, int8_bytes=50512, arena_bytes=70752, epochs=10, lsb=1.0
)


@pytest.fixture
def results(make_row):
    """Reached, missed at a reduced size, failed, and not run."""

    def result(row, status="done", reason="", runs=(RUN,)):
        return RowResult(row, "quick", {}, "1.0.0", status, reason, runs)

    low = [{"by": "Someone", "figure": 0.001, "size": "50 steps", "source": "https://example.org/c"}]
    return (
        result(make_row(name="reached")),
        result(make_row(name="missed", published=low, reduced="half of it", quick={"training.epochs": 1}, note="Why.")),
        result(make_row(name="failed"), "failed", "no such file", ()),
        result(make_row(name="waiting", published=[]), "not run", "", ()),
    )


def _text(renderable, width=80):
    console = Console(width=width)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_the_console_tells_each_row_and_each_miss(results):
    text = _text(result_table(results))
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    assert "reached 0.015 0.0161 1,281 50,512 70,752 75 s" in flat
    assert "0.02 Somebody, 50 steps: reached" in flat
    assert "0.001 Someone, 50 steps: missed at reduced size" in flat
    assert "reduced: half of it" in flat
    assert "Why." in flat
    assert "failed: no such file" in flat
    assert "seed 0, 10 epochs, TensorFlow Lite Micro within 1 LSB of LiteRT" in flat
    assert "1 of 3 published figures reached, 1 missed, 1 not compared; rows that failed: 1" in flat


def test_a_long_row_that_was_not_run_says_how_long_it_takes(make_row):
    row = make_row(full_minutes=61)
    told = "it takes about 61 min on two cores"
    assert list(remarks(RowResult(row, "full", {}, "1.0.0"))) == [told]
    assert told in _text(row_list([row], "full"))
    assert list(remarks(RowResult(row, "full", {}, "1.0.0", "done", "", (RUN,)))) == []
    reduced = make_row(full_minutes=61, reduced="half of it", quick={"training.epochs": 1})
    assert list(remarks(RowResult(reduced, "quick", {}, "1.0.0"))) == ["reduced: half of it"]


def test_every_row_of_the_table_fits_a_console_of_80_columns():
    rows = load_rows()
    results = [RowResult(row, "quick", {}, "1.0.0", "done", "", (RUN,)) for row in rows]
    for renderable in (result_table(results), row_list(rows, "quick")):
        text = _text(renderable)
        assert max(map(len, text.splitlines())) <= 80
        assert all(row.name in text for row in rows)
    flat = "".join(_text(row_list(rows, "full")).split())
    assert all(published.source in flat for row in rows for published in row.published)


def test_a_result_in_one_line(results):
    assert [result_line(result) for result in results[:3]] == [
        "mean squared error 0.015, int8 0.0161, Somebody 0.02 reached",
        "mean squared error 0.015, int8 0.0161, Someone 0.001 missed at reduced size",
        "failed: no such file",
    ]


def test_the_table_in_markdown(results):
    lines = render_markdown(results).splitlines()
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1
    reached, missed, failed, waiting = (line.split(" | ") for line in lines[2:6])
    assert reached[1] == "0.02 [Somebody](https://example.org/a): reached"
    assert missed[1] == "0.001 [Someone](https://example.org/c): **missed at reduced size**"
    assert reached[2:] == ["0.015", "0.0161", "1,281", "50,512", "70,752", "0", "10", "75 s |"]
    assert (failed[2], waiting[1], waiting[2]) == ("failed", "none", "not run")
    assert "- `missed`: published by Someone at 50 steps; reduced: half of it; Why." in lines
    assert "- `failed`: published by Somebody at 50 steps; failed: no such file." in lines


def test_a_new_file_is_a_page_whose_table_can_be_replaced(results, tmp_path):
    path = tmp_path / "table.md"
    write_markdown(path, results, "quick")
    first = path.read_text()
    assert first.splitlines()[0] == begin("quick")
    write_markdown(path, results[:1], "quick")
    assert path.read_text() != first
    write_markdown(path, results, "quick")
    assert path.read_text() == first


def test_in_a_page_the_table_of_the_mode_alone_is_replaced(results, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"# Title é\n\n{begin('quick')}\nold\n{END}\n\nbetween\n\n{begin('full')}\nolder\n{END}\nend\n")
    write_markdown(path, results, "quick")
    text = path.read_text()
    assert text.startswith(f"# Title é\n\n{begin('quick')}\n\n| row |")
    assert text.endswith(f"{END}\n\nbetween\n\n{begin('full')}\nolder\n{END}\nend\n")
    assert "\nold\n" not in text


def test_a_file_without_a_place_for_the_table_stays_as_it_is(results, tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# My notes\n")
    with pytest.raises(InputError, match="has no place for the table"):
        write_markdown(path, results, "quick")
    assert path.read_text() == "# My notes\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.00293, "0.00293"),
        (3.7e-4, "0.00037"),
        (5.8e-5, "5.8e-05"),
        (0.9933, "0.9933"),
        (0.0204, "0.0204"),
        (0.0, "0"),
        (12.345, "12.35"),
    ],
)
def test_figures(value, text):
    assert figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.2, "< 1 s"), (75.2, "75 s"), (130, "2 min"), (9000, "2.5 h")]
)
def test_times(value, text):
    assert seconds(value) == text


def test_the_summary_counts_published_figures(results):
    assert summary(results[:2]) == "1 of 2 published figures reached, 1 missed, 0 not compared"


@pytest.mark.parametrize(("measure", "text"), [("mse", "10 % worse than"), ("accuracy", "0.1 worse than")])
def test_a_tolerance_is_told(make_row, measure, text):
    (remark,) = remarks(RowResult(make_row(measure=measure, tolerance=0.1), "full", {}, "1.0.0"))
    assert remark.startswith(f"{text} published")
