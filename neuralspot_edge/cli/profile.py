"""`nse profile`: what a `.tflite` of any make costs, what runs it, and where it fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuralspot_edge.cli.options import Format, FormatOption, TargetOption, print_json, stdout, tflite_of
from neuralspot_edge.interpreters.tflm_trial import start_tflm

__all__ = ["profile"]


def profile(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .tflite of any make, or a folder that holds one.")],
    target: TargetOption = None,
    vela: Annotated[
        bool, typer.Option("--vela", help="Ask ethos-u-vela about the targets with an Ethos-U (extra ethos-u).")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a page with pictures, too; one file, no network.")
    ] = None,
    output: FormatOption = Format.table,
) -> None:
    """Tell what a .tflite costs: MACs, bytes and arena by layer, what runs it, where it fits.

    Reads the file alone: no board, no TensorFlow, no recipe. Without --target it is held against every chip known.
    """
    start_tflm()  # gets ready while the rest is imported
    from neuralspot_edge.pipeline.profile import list_chips
    from neuralspot_edge.pipeline.profile import profile as profile_file
    from neuralspot_edge.reports.console import profile_table

    result = profile_file(tflite_of(file), target or list_chips(), vela=vela).to_dict()
    if html is not None:
        from neuralspot_edge.files import write_text
        from neuralspot_edge.reports.html import render_html

        write_text(html, render_html({"name": result["model"]["name"], "profile": result}))
    if output is Format.json:
        print_json(result)
    else:
        stdout.print(profile_table(result))
