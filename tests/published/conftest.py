import pytest
from helpers import small

from neuralspot_edge.published import Row
from neuralspot_edge.strict import validate


@pytest.fixture
def make_row():
    """A row of a naive forecast, which takes no time; `changes` replace its keys, None leaves one out."""

    def make(**changes) -> Row:
        content = {
            "name": "naive",
            "title": "The last value",
            "kind": "naive",
            "measure": "mse",
            "published": [{"by": "Somebody", "figure": 0.02, "size": "50 steps", "source": "https://example.org/a"}],
            "preset": "linear-two-sines",
            "changes": {"data.options": {"steps_ahead": 1, "train": 20, "validation": 20, "test": 20}, "outputs": 1},
        }
        return validate(Row, {key: value for key, value in {**content, **changes}.items() if value is not None})

    return make


@pytest.fixture
def trained_row(make_row, tmp_path):
    """A row of the small recipe, which trains for seconds."""
    recipe = small.content(small.write_waves(tmp_path))
    published = [{"by": "Somebody", "figure": 0.1, "size": "60 windows", "source": "https://example.org/b"}]
    return make_row(
        name="small", kind="trained", measure="accuracy", preset=None, recipe=recipe, published=published, changes={}
    )
