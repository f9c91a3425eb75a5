"""`nse stream`: the step graph of a `.tflite`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuralspot_edge.cli.options import Format, FormatOption, print_json, stdout, tflite_of
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.streams import StateForm
from neuralspot_edge.interpreters.tflm_trial import start_tflm

__all__ = ["stream"]


def stream(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A .tflite of any make, or a folder that nse run wrote.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The step graph to write, a .tflite.")],
    hop: Annotated[
        int, typer.Option(min=1, help="Input steps of a call, a multiple of the model's strides over time.")
    ] = 1,
    state: Annotated[
        StateForm,
        typer.Option(
            help="Where the past is kept: io, as inputs and outputs, for any interpreter; tflm, in TensorFlow Lite "
            "Micro's CIRCULAR_BUFFER (int8, hop 1)."
        ),
    ] = "io",
    time_axis: Annotated[
        int | None,
        typer.Option(
            min=1, help="The input's axis of time: 1 of (1, time, ...) by default, 2 of (1, 1, time, channels)."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace FILE, even if it is no step graph of this command.")
    ] = False,
    output: FormatOption = Format.table,
) -> None:
    """Rewrite a finished .tflite into the graph of one hop, which computes what is new alone.

    A window graph computes a whole window for each new sample. The step graph takes the samples as they come, keeps
    what it must remember as states, and gives the same integers: weights and scales are not touched, nothing is
    calibrated again. For a model that looks ahead they come later, by a delay that is told. Both graphs are then
    played on random numbers and must agree in every value; nse verify does it with real data.

    Play the file with neuralspot_edge.interpreters.StreamingSession, or on a device with the runner of
    nse export --bundle, where the recipe says export: {streaming: {hop: 1}}.

    Exit status 1 where a value differs, and then nothing is written; or where nothing can be proven on this machine.
    """
    start_tflm()  # gets ready while the rest is imported
    from neuralspot_edge.files import write_bytes
    from neuralspot_edge.graph import read_model
    from neuralspot_edge.pipeline.streaming import stream_file
    from neuralspot_edge.reports.console import stream_table
    from neuralspot_edge.reports.report_json import stream_to_dict

    source = tflite_of(model)
    window = read_model(source)
    _check_out(out, source, overwrite=overwrite)
    step, made = stream_file(window, hop, state, time_axis=time_axis)
    write_bytes(out, step)
    if output is Format.json:
        print_json({"path": str(out), **stream_to_dict(made)})
    else:
        stdout.print(stream_table(stream_to_dict(made), str(out)))
    if made.proof is None or not made.proof.holds:
        raise typer.Exit(1)


def _check_out(out: Path, source: Path, *, overwrite: bool) -> None:
    """Keeps a file that this command did not write, and always the one that it reads."""
    if out.is_dir():
        raise InputError(f"--out: {out} is a folder; name the file, as in {out / 'stream.tflite'}")
    if not out.exists():
        return
    if out.samefile(source):
        raise InputError(f"--out: {out} is the model itself, which the step graph must not replace; name another file")
    if not overwrite and not _is_step_graph(out):
        raise InputError(f"--out: {out} is no step graph of this command; name another file, or pass --overwrite")


def _is_step_graph(path: Path) -> bool:
    from neuralspot_edge.graph import read_metadata
    from neuralspot_edge.graph.streams import STREAM_ENTRY

    try:
        return STREAM_ENTRY in read_metadata(path)
    except InputError:
        return False
