from reports.console.printed import rows, text

from neuralspot_edge.recipes.facts import PresetDescription, describe_presets
from neuralspot_edge.reports import console


def _preset(name, task, description, *figures):
    parameters, macs, int8_bytes, arena_bytes = figures
    return PresetDescription(
        name=name,
        task=task,
        description=description,
        source="a paper",
        parameters=parameters,
        macs=macs,
        int8_bytes=int8_bytes,
        arena_bytes=arena_bytes,
    )


PRESETS = [
    _preset("tcn-a-longer-name", "classification", "what it is for [10 Hz]", 12345, 1_234_567, 6789, 54_321),
    _preset("tcn-b", "denoising", "", 5, 6, 7, 8),
]


def test_presets_with_their_figures_and_what_they_are_for():
    assert rows(console.preset_table(PRESETS)) == [
        "preset parameters MACs int8 bytes arena",
        "tcn-a-longer-name 12,345 1,234,567 6,789 54,321",
        "classification: what it is for [10 Hz]",
        "tcn-b 5 6 7 8",
        "denoising",
    ]
    assert rows(console.preset_table([])) == ["nothing has such a name; without a pattern all are listed"]


def test_the_figures_of_presets_stand_below_their_headings():
    head, *lines = text(console.preset_table(PRESETS), width=80).splitlines()
    figures = [line for line in lines if line.startswith("tcn")]
    for column, first in (
        ("parameters", "12,345"),
        ("MACs", "1,234,567"),
        ("int8 bytes", "6,789"),
        ("arena", "54,321"),
    ):
        assert figures[0].index(first) + len(first) == head.index(column) + len(column)
    assert len({len(line.rstrip()) for line in figures}) == 1


def test_the_rows_of_the_presets_that_there_are_fit_a_terminal():
    names = {preset.name for preset in describe_presets()}
    lines = text(console.preset_table(describe_presets()), width=80).splitlines()
    assert len([line for line in lines if line.split()[0] in names]) == len(names)
    assert all(len(line.split()) == 5 for line in lines if line.split()[0] in names)


def test_data_sets():
    entry = {"name": "waves", "tasks": ["classification"], "window": 32, "channels": ["x", "y"], "sampling_rate": 12.5}
    assert rows(console.dataset_table([{**entry, "description": "by hand"}])) == [
        "data set task window channels Hz",
        "waves classification 32 2 12.5",
        "by hand",
    ]
