"""Runs the benchmarks: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks import export, imports, int8_training, keras_tcn, streaming, streaming_pytorch
from benchmarks.harness import show, write
from benchmarks.side import QUIET

HERE = Path(__file__).parent
GROUPS = {
    "imports": imports.measure,
    "export": export.measure,
    "keras-tcn": keras_tcn.measure,
    "int8-training": int8_training.measure,
    "streaming": streaming.measure,
    "pytorch-tcn": streaming_pytorch.measure,
}
WITHIN = ("int8-training", "streaming")
"""Groups that need no other environment."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures this package against neuralspot-edge 0.2.2, keras-tcn 3.5.7 and pytorch-tcn 1.2.3, and "
        "step graphs against their window graphs, and training in int8 against float training, each figure as a ratio "
        "within one run.",
    )
    parser.add_argument(
        "--peer-python",
        type=Path,
        default=HERE.parent / ".venv-peer/bin/python",
        metavar="PATH",
        help="a Python that has the first two (default: the one that `make bench` sets up)",
    )
    parser.add_argument(
        "--pytorch-python",
        type=Path,
        default=HERE.parent / ".venv-pytorch/bin/python",
        metavar="PATH",
        help="a Python that has pytorch-tcn (default: the one that `make bench` sets up)",
    )
    parser.add_argument("--only", choices=GROUPS, help="one group of figures, not all")
    parser.add_argument("--pairs", type=int, default=5, help="measurements of each side (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=HERE / "results.json", help="where the figures go (default: benchmarks/)"
    )
    arguments = parser.parse_args()
    if arguments.pairs < 1:
        parser.error(f"--pairs: at least 1, received {arguments.pairs}")
    os.environ.update(QUIET)
    groups = [arguments.only] if arguments.only else list(GROUPS)
    pythons = {group: _python(parser, arguments, group) for group in groups}
    rows = [row for group, python in pythons.items() for row in GROUPS[group](python, arguments.pairs)]
    show(rows)
    write(rows, arguments.output)


def _python(parser: argparse.ArgumentParser, arguments: argparse.Namespace, group: str) -> Path:
    """The Python of what a group is measured against; some are measured against this package's own."""
    option = "pytorch_python" if group == "pytorch-tcn" else "peer_python"
    python: Path = getattr(arguments, option)
    if group not in WITHIN and not python.is_file():
        name = option.replace("_", "-")
        parser.error(f"--{name}: no such file {python}; `make bench` makes the environment")
    return python.absolute()


if __name__ == "__main__":
    main()
