import re
from pathlib import Path

import pytest
import target_tables

from neuralspot_edge.targets import list_targets, load_core, load_measurements, load_target
from neuralspot_edge.targets.schema import Reserve, Target

PAGE = (Path(__file__).parents[2] / "docs" / "targets.md").read_text()


def rows(markdown: str) -> list[list[str]]:
    """The cells of each row of the tables, without the heads."""
    lines = [line.strip("| ").split(" | ") for line in markdown.splitlines() if line.startswith("|")]
    return [cells for cells in lines if cells[0].startswith("`")]


@pytest.mark.parametrize("name", list_targets())
def test_a_target_is_in_its_table_by_every_name(name):
    target = load_target(name)
    is_core = target.name == target.core
    names = (name, *(load_core(name) if is_core else target).aliases)
    table = target_tables.cores() if is_core else target_tables.chips()
    assert [row[0] for row in rows(table)].count("<br>".join(f"`{each}`" for each in names)) == 1
    assert f"\n- `{name}`: " in "\n" + target_tables.sources()


def test_a_chip_has_its_memory_in_kib():
    (apollo4,) = (row for row in rows(target_tables.chips()) if row[0].startswith("`apollo4`"))
    assert apollo4[2:4] == ["`cortex-m4`", "192"]
    assert apollo4[4] == f"{load_target('apollo4').flash_bytes // 1024:,}"


def test_every_published_time_is_beside_its_estimate():
    table = rows(target_tables.measurements())
    published = load_measurements().measurements
    assert sorted((row[1], row[3]) for row in table) == sorted((e.workload, f"{e.milliseconds:.4g}") for e in published)
    for _, _, _, measured, estimate, ratio, *_ in table:
        assert float(ratio) == pytest.approx(float(estimate) / float(measured), abs=0.01)


def test_every_key_of_a_target_file_is_described():
    keys = [row[0].strip("`") for row in rows(target_tables.fields())]
    assert keys == [*Target.model_fields, *(f"reserve.{name}" for name in Reserve.model_fields)]


def test_the_file_on_the_page_is_a_target(tmp_path):
    (text,) = re.findall(r"^```yml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "my-board.yaml").write_text(text)
    assert load_target(tmp_path / "my-board.yaml").reserve.flash_bytes == 400_000
