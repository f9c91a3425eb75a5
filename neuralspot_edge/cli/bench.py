"""`nse bench`: this package's models on the tasks of the literature, against published figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuralspot_edge.cli.options import Format, FormatOption, print_json, stdout
from neuralspot_edge.cli.quiet import load_tensorflow

if TYPE_CHECKING:
    from neuralspot_edge.published import Mode, Row, RowResult

__all__ = ["app"]

app = typer.Typer(
    help="Train the models on the tasks of the literature, and hold them against published figures.",
    no_args_is_help=True,
)

_Full = Annotated[
    bool, typer.Option("--full/--quick", help="Published sizes, which takes many hours; or reduced ones, in minutes.")
]
_Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="PATTERN", help="Rows by name: --only 'adding*'. May be repeated."),
]
_Out = Annotated[
    Path,
    typer.Option("-o", "--out", metavar="DIR", help="The folder for results and models, which makes it resumable."),
]
_Mnist = Annotated[
    Path | None, typer.Option("--mnist", metavar="FILE", help="Your own mnist.npz, for the rows that need it.")
]
_Markdown = Annotated[
    Path | None,
    typer.Option(
        "--markdown",
        metavar="FILE",
        help="Write the table to a Markdown file too; in a page that has the table already, in its place.",
    ),
]


@app.command("published")
def published(
    full: _Full = False,
    only: _Only = None,
    out: _Out = Path("bench/published"),
    mnist: _Mnist = None,
    list_rows: Annotated[bool, typer.Option("--list", help="List the rows and what was published; run none.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the results that the folder has; run none.")] = False,
    markdown: _Markdown = None,
    output: FormatOption = Format.table,
) -> None:
    """Train each row's model, export and verify it, and print our figure beside the published one.

    A finished row is kept in DIR and not run again, so an interrupted table goes on where it was: run the same command
    again. A row whose recipe changed, or another version of this package, is run anew. A missed figure is a result; a
    row that failed says why, does not stop the others, and makes the exit status 1.
    """
    from neuralspot_edge.published.loading import load_rows, select_rows

    mode: Mode = "full" if full else "quick"
    rows = select_rows(load_rows(), only or ())
    if list_rows:
        _list(rows, mode, output)
        return
    results = _kept(rows, mode, out, mnist) if show else _run(rows, mode, out, mnist)
    _print(results, mode, markdown, output)
    if any(result.status == "failed" for result in results):
        raise typer.Exit(1)


def _list(rows: tuple[Row, ...], mode: Mode, output: Format) -> None:
    from neuralspot_edge.published.console import row_list

    if output is Format.json:
        print_json([row.model_dump(mode="json") for row in rows])
    else:
        stdout.print(row_list(rows, mode))


def _kept(rows: tuple[Row, ...], mode: Mode, out: Path, mnist: Path | None) -> tuple[RowResult, ...]:
    from neuralspot_edge.published import kept_results

    return kept_results(rows, mode, out, mnist=mnist)


def _run(rows: tuple[Row, ...], mode: Mode, out: Path, mnist: Path | None) -> tuple[RowResult, ...]:
    load_tensorflow()
    from neuralspot_edge.cli.bench_progress import showing
    from neuralspot_edge.published import run_rows

    with showing() as on_progress:
        return run_rows(rows, mode, out, on_progress, mnist=mnist)


def _print(results: tuple[RowResult, ...], mode: Mode, markdown: Path | None, output: Format) -> None:
    from neuralspot_edge.published.console import result_table
    from neuralspot_edge.published.markdown import write_markdown

    if output is Format.json:
        print_json([result.to_dict() for result in results])
    else:
        stdout.print(result_table(results))
    if markdown is not None:
        write_markdown(markdown, results, mode)
