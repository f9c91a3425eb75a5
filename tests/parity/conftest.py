"""The comparison needs a second environment: it is collected only with `--peer-python`, as `make parity` gives it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TOLERANCE = 1e-5
OPTION = "--peer-python"


@dataclass(frozen=True)
class Difference:
    """How far the outputs of one case are apart, by the way in which the weights came over.

    Attributes:
        case: Name of the case.
        weights: Number of weight arrays.
        by_order: `set_weights` with the arrays in order.
        by_model_file: The `.keras` file.
        by_weights_file: The `.weights.h5` file.
    """

    case: str
    weights: int
    by_order: float
    by_model_file: float
    by_weights_file: float

    @property
    def largest(self) -> float:
        return max(self.by_order, self.by_model_file, self.by_weights_file)


@dataclass(frozen=True)
class KerasTcnDifference:
    """How far the outputs of one layer of keras-tcn and of ours are apart.

    Attributes:
        case: Name of the case.
        weights: Number of weight arrays, set in order.
        largest: Largest difference.
    """

    case: str
    weights: int
    largest: float


DIFFERENCES = pytest.StashKey[list[Difference]]()
KERAS_TCN_DIFFERENCES = pytest.StashKey[list[KerasTcnDifference]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION, type=Path, metavar="PATH", help="a Python that has neuralspot-edge 0.2.2 and keras-tcn 3.5.7"
    )


def pytest_configure(config: pytest.Config) -> None:
    python = _peer_python(config)
    if python and not python.is_file():
        raise pytest.UsageError(f"{OPTION}: no such file {python}; `make parity` makes the environment")
    config.stash[DIFFERENCES], config.stash[KERAS_TCN_DIFFERENCES] = [], []


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    in_here = collection_path.parent == Path(__file__).parent
    return True if in_here and not _peer_python(config) else None


def _peer_python(config: pytest.Config) -> Path | None:
    # A run of all tests meets this file after the options are read: the option is then unknown.
    return config.getoption(OPTION, default=None)


@pytest.fixture(scope="session")
def peer_files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which 0.2.2 left its models, weights and outputs."""
    return _run_there(request, tmp_path_factory, "peer_side.py")


@pytest.fixture(scope="session")
def keras_tcn_files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which keras-tcn left its weights and outputs."""
    return _run_there(request, tmp_path_factory, "keras_tcn_side.py")


def _run_there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    folder = tmp_path_factory.mktemp("peer")
    script = Path(__file__).with_name(name)
    # -E: a PYTHONPATH with this package on it would hide the peer, which has the same name.
    subprocess.run([_peer_python(request.config).absolute(), "-E", script, folder], check=True)
    return folder


@pytest.fixture
def differences(request: pytest.FixtureRequest) -> list[Difference]:
    """Where the tests leave what the table at the end shows."""
    return request.config.stash[DIFFERENCES]


@pytest.fixture
def keras_tcn_differences(request: pytest.FixtureRequest) -> list[KerasTcnDifference]:
    """Where the tests leave what the second table at the end shows."""
    return request.config.stash[KERAS_TCN_DIFFERENCES]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    _show_neuralspot(terminalreporter, config)
    _show_keras_tcn(terminalreporter, config)


def _show_neuralspot(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash.get(DIFFERENCES, [])
    if not rows:
        return
    width = max(len(row.case) for row in rows)
    terminalreporter.section("largest difference from neuralspot-edge 0.2.2")
    terminalreporter.write_line(f"{'params':{width}}  arrays  set_weights     .keras  .weights.h5")
    for row in rows:
        figures = f"{row.by_order:11.1e} {row.by_model_file:10.1e} {row.by_weights_file:12.1e}"
        terminalreporter.write_line(f"{row.case:{width}}  {row.weights:6} {figures}")
    _show_total(terminalreporter, rows)


def _show_keras_tcn(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash.get(KERAS_TCN_DIFFERENCES, [])
    if not rows:
        return
    width = max(len(row.case) for row in rows)
    terminalreporter.section("largest difference from keras-tcn 3.5.7")
    terminalreporter.write_line(f"{'arguments':{width}}  arrays  set_weights")
    for row in rows:
        terminalreporter.write_line(f"{row.case:{width}}  {row.weights:6} {row.largest:11.1e}")
    _show_total(terminalreporter, rows)


def _show_total(terminalreporter: Any, rows: Sequence[Difference | KerasTcnDifference]) -> None:
    within = sum(row.largest <= TOLERANCE for row in rows)
    worst = max(row.largest for row in rows)
    terminalreporter.write_line(f"{within} of {len(rows)} within {TOLERANCE:.0e}, the largest difference {worst:.1e}")
