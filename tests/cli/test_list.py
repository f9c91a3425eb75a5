import json

from neuralspot_edge.datasets import list_datasets
from neuralspot_edge.recipes import list_models
from neuralspot_edge.targets import list_targets


def test_all_presets_as_json(nse):
    outcome = nse("list", "--format", "json")
    assert (outcome.status, outcome.err) == (0, "")
    rows = json.loads(outcome.out)
    assert [row["name"] for row in rows] == list(list_models())
    assert all(row["parameters"] > 0 and row["int8_bytes"] > 0 and row["description"] and row["source"] for row in rows)


def test_a_pattern(nse):
    rows = json.loads(nse("list", "tcn-ecg*", "--format", "json").out)
    assert {row["name"] for row in rows} == set(list_models("tcn-ecg*"))
    assert 0 < len(rows) < len(list_models())


def test_the_table_names_every_preset_and_what_it_costs(nse):
    out = nse("list").out
    for row in json.loads(nse("list", "--format", "json").out):
        (line,) = (line for line in out.splitlines() if line.split()[0] == row["name"])
        assert f"{row['parameters']:,}" in line
        assert all(f"{row[figure]:,}" in line for figure in ("macs", "int8_bytes", "arena_bytes"))


def test_no_match_is_no_error(nse):
    outcome = nse("list", "nothing*")
    assert outcome.status == 0
    assert "nothing has such a name; without a pattern all are listed" in outcome.out
    assert json.loads(nse("list", "nothing*", "--format", "json").out) == []


def test_the_data_sets_that_a_recipe_may_name(nse):
    rows = json.loads(nse("list", "--datasets", "--format", "json").out)
    assert [row["name"] for row in rows] == list(list_datasets())
    out = nse("list", "--datasets", "basic*").out
    assert "basic-motions" in out
    assert "gunpoint" not in out


def test_the_chips_and_cores_that_target_takes(nse):
    rows = json.loads(nse("list", "--targets", "--format", "json").out)
    assert [row["name"] for row in rows] == list(list_targets())
    assert all(row["source"] and row["clock_mhz"] > 0 for row in rows)
    out = nse("list", "--targets", "stm32*").out
    assert "stm32l4    cortex-m4       120" in out
    assert "cortex-m55" not in out


def test_one_list_at_a_time(refusal):
    assert refusal("list", "--targets", "--datasets") == "--datasets and --targets: name one of them"
