"""What a fresh process waits for: the import, the command that lists the presets, and the profile of a file."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness import Row, paired, say, seconds
from benchmarks.side import QUIET
from neuralspot_edge.pipeline.create import convert_untrained
from neuralspot_edge.recipes import load_recipe

__all__ = ["measure"]

ROOT = Path(__file__).parents[1]
IMPORT = ("-c", "import neuralspot_edge")
CLI = ("-m", "neuralspot_edge.cli.app")
IMPORT_TARGET, PROFILE_TARGET = 0.05, 0.1
WIDE_BLOCKS = [{"filters": 112, "dilation": dilation, "ex_ratio": 2, "depth": 3} for dilation in (1, 2, 4)]
"""What makes of a preset a model of about 500 KB."""


def measure(peer_python: Path, pairs: int) -> list[Row]:
    """Each row against the import of the peer."""

    def theirs() -> float:
        return _process_seconds(peer_python, "-E", *IMPORT, cwd=Path(tempfile.gettempdir()))

    with tempfile.TemporaryDirectory() as folder:
        file = _write_large_model(Path(folder))
        rows = (
            ("import neuralspot_edge", IMPORT, IMPORT_TARGET),
            ("nse list, against the import", (*CLI, "list"), IMPORT_TARGET),
            (
                f"nse profile of {file.stat().st_size:,} bytes, against the import",
                (*CLI, "profile", file),
                PROFILE_TARGET,
            ),
        )
        return [
            paired(
                name,
                lambda a=arguments: _process_seconds(Path(sys.executable), *a, cwd=ROOT),
                theirs,
                pairs=pairs,
                target=target,
            )
            for name, arguments, target in rows
        ]


def _write_large_model(folder: Path) -> Path:
    say("nse profile: making its model")
    recipe = load_recipe("tcn-har-smartwatch").override({"model.params.blocks": WIDE_BLOCKS})
    path = folder / "large.tflite"
    path.write_bytes(convert_untrained(recipe))
    return path


def _process_seconds(python: Path, *arguments: str | Path, cwd: Path) -> float:
    command = [str(argument) for argument in (python, *arguments)]
    environment = {**os.environ, **QUIET}
    return seconds(lambda: subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True))
