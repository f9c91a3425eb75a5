"""Runs the benchmarks: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks import export, imports, keras_tcn
from benchmarks.harness import show, write
from benchmarks.peer import QUIET

HERE = Path(__file__).parent
GROUPS = {"imports": imports.measure, "export": export.measure, "keras-tcn": keras_tcn.measure}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures this package against neuralspot-edge 0.2.2 and keras-tcn 3.5.7, each figure as a ratio "
        "within one run.",
    )
    parser.add_argument(
        "--peer-python",
        type=Path,
        default=HERE.parent / ".venv-peer/bin/python",
        metavar="PATH",
        help="a Python that has both (default: the one that `make bench` sets up)",
    )
    parser.add_argument("--only", choices=GROUPS, help="one group of figures, not all")
    parser.add_argument("--pairs", type=int, default=5, help="measurements of each side (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=HERE / "results.json", help="where the figures go (default: benchmarks/)"
    )
    arguments = parser.parse_args()
    python = arguments.peer_python.absolute()
    if not python.is_file():
        parser.error(f"--peer-python: no such file {arguments.peer_python}; `make bench` makes the environment")
    if arguments.pairs < 1:
        parser.error(f"--pairs: at least 1, received {arguments.pairs}")
    os.environ.update(QUIET)
    groups = [arguments.only] if arguments.only else list(GROUPS)
    rows = [row for group in groups for row in GROUPS[group](python, arguments.pairs)]
    show(rows)
    write(rows, arguments.output)


if __name__ == "__main__":
    main()
