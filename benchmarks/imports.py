"""What a fresh process waits for: the import, and the command that lists the presets."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness import Row, paired, seconds
from benchmarks.peer import QUIET

__all__ = ["measure"]

ROOT = Path(__file__).parents[1]
TARGET = 0.05
IMPORT = ("-c", "import neuralspot_edge")
LIST = ("-m", "neuralspot_edge.cli.app", "list")


def measure(peer_python: Path, pairs: int) -> list[Row]:
    """Both rows, each against the import of the peer."""

    def theirs() -> float:
        return _process_seconds(peer_python, "-E", *IMPORT, cwd=Path(tempfile.gettempdir()))

    return [
        paired(
            name,
            lambda a=arguments: _process_seconds(Path(sys.executable), *a, cwd=ROOT),
            theirs,
            pairs=pairs,
            target=TARGET,
        )
        for name, arguments in (("import neuralspot_edge", IMPORT), ("nse list, against the import", LIST))
    ]


def _process_seconds(python: Path, *arguments: str, cwd: Path) -> float:
    command = [str(python), *arguments]
    environment = {**os.environ, **QUIET}
    return seconds(lambda: subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True))
