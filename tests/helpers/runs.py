"""One whole run of the small recipe, made once a session; tests that change its folder take a copy."""

from __future__ import annotations

import pytest

from helpers import small
from neuralspot_edge.pipeline import RunResult, run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("finished")
    recipe = small.recipe(small.write_waves(folder), {"training.epochs": 5})
    return run(recipe, folder / "run")
