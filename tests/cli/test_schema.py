import json

from neuralspot_edge.recipes import recipe_json_schema


def test_the_schema_on_stdout_and_in_a_file(nse, tmp_path):
    outcome = nse("schema")
    assert (outcome.status, outcome.err) == (0, "")
    assert json.loads(outcome.out) == recipe_json_schema()
    outcome = nse("schema", "-o", "recipe.schema.json")
    assert (outcome.status, outcome.out) == (0, "")
    assert json.loads((tmp_path / "recipe.schema.json").read_text()) == recipe_json_schema()


def test_a_place_that_cannot_be_written(refusal, tmp_path):
    (tmp_path / "file").touch()
    assert "cannot write file/schema.json: Not a directory" in refusal("schema", "-o", "file/schema.json")
