"""`nse compare`: two or more `.tflite` files side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuralspot_edge.cli.options import Format, FormatOption, TargetOption, print_json, stdout, tflite_of
from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.tflm_trial import start_tflm

__all__ = ["compare"]


def compare(
    files: Annotated[list[Path], typer.Argument(metavar="A B [C]...", help=".tflite files, or folders of runs.")],
    target: TargetOption = None,
    output: FormatOption = Format.table,
) -> None:
    """Compare what .tflite files cost; the first is what the others are held against."""
    start_tflm()  # gets ready while the rest is imported
    from neuralspot_edge.pipeline.profile import profile
    from neuralspot_edge.reports.console import compare_table

    if len(files) < 2:
        raise InputError(f"compare needs two files or more, received {len(files)}; nse profile looks at one")
    # By their paths: two runs of one recipe have the same name.
    profiles = [profile(tflite_of(file), target, name=str(file)).to_dict() for file in files]
    if output is Format.json:
        print_json(profiles)
    else:
        stdout.print(compare_table(profiles))
