"""`nse quant-report`: where a model loses accuracy by int8, and what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuralspot_edge.cli.options import (
    CalibrationOption,
    Format,
    FormatOption,
    print_json,
    read_calibration,
    stdout,
)
from neuralspot_edge.cli.quiet import load_tensorflow

__all__ = ["quant_report"]


def quant_report(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A folder that nse train or nse run wrote, or a float .keras file.")
    ],
    calibration: CalibrationOption = None,
    window: Annotated[int | None, typer.Option(min=1, help="Length in steps of an open time axis.")] = None,
    samples: Annotated[int, typer.Option(min=1, help="How many samples are played at most.")] = 128,
    top: Annotated[int, typer.Option(min=1, help="How many layers the table shows; JSON and page have all.")] = 12,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a page with histograms, too; one file, no network.")
    ] = None,
    output: FormatOption = Format.table,
) -> None:
    """Tell what int8 costs a trained model, layer by layer, and what to try next.

    Each layer is left unrounded in turn: the share of the output's error that goes away is its cost. Beside it stand
    the signal-to-quantization-noise ratio, the values over int8's range, and how uneven the channels are.

    A run's folder is calibrated with its training split and judged on its validation split, never on the held-out one.
    Of a .keras file the calibration samples are the judge, too.
    """
    load_tensorflow()
    from neuralspot_edge.cli.progress import reporting
    from neuralspot_edge.pipeline.quant_report import quant_report as report
    from neuralspot_edge.reports.console import quant_table

    with reporting() as reporter:
        reporter.stage("quantization")
        result = report(
            source, read_calibration(calibration), window=window, limit=samples, progress=reporter.layer
        ).to_dict()
    if html is not None:
        from neuralspot_edge.files import write_text
        from neuralspot_edge.reports.html import render_html

        write_text(html, render_html({"name": result["name"], "quantization": result}))
    if output is Format.json:
        print_json(result)
    else:
        stdout.print(quant_table(result, top))
