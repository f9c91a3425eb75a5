from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes import load_recipe


@pytest.fixture
def content() -> dict[str, Any]:
    """A small legal recipe, new for each test."""
    return {
        "name": "tcn-test",
        "task": "classification",
        "classes": ["rest", "walk", "run"],
        "data": {"path": "mine.npz"},
        "input": {"window": 50, "channels": 2},
        "model": {"family": "tcn", "params": {"head": "pooled", "blocks": [{"filters": 4}, {"filters": 8}]}},
    }


@pytest.fixture
def refusal() -> Callable[[str | Path | Mapping[str, Any]], str]:
    """Loads what must be refused, and gives the one line that says why."""

    def load(source: str | Path | Mapping[str, Any]) -> str:
        with pytest.raises(InputError) as refused:
            load_recipe(source)
        text = str(refused.value)
        assert text
        assert "\n" not in text
        return text

    return load
