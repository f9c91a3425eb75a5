from reports.console.printed import rows
from rich.table import Table

from neuralspot_edge.reports.console.tables import Name


def _beside_a_wide_column(name, width):
    made = Table(box=None, show_header=False, padding=0)
    made.add_column()
    made.add_column(no_wrap=True)
    made.add_row(name, "#" * 10)
    return rows(made, width)


def test_a_name_gives_way_in_its_middle_and_the_figures_beside_it_do_not():
    assert _beside_a_wide_column(Name("abcdefghijklmnopqrst"), 40) == ["abcdefghijklmnopqrst##########"]
    assert _beside_a_wide_column(Name("abcdefghijklmnopqrst"), 19) == ["abcd…qrst##########"]


def test_a_name_is_one_line_whatever_is_in_it():
    assert rows(Name("[b]x[/b]"), 20) == ["[b]x[/b]"]
    assert rows(Name(""), 20) == []
