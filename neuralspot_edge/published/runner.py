"""Running rows one after the other: what is finished is kept, and what fails does not stop the others."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import neuralspot_edge
from neuralspot_edge.errors import InputError, NseError
from neuralspot_edge.files import write_text
from neuralspot_edge.published.results import RowResult, RunFigures
from neuralspot_edge.published.rows import Mode, Row
from neuralspot_edge.published.work import Callbacks, Worker, run_folder
from neuralspot_edge.recipes import Recipe
from neuralspot_edge.training import Epoch

__all__ = ["Progress", "kept_results", "run_rows"]

NO_MNIST = "it needs your own mnist.npz: give --mnist FILE"
"""Why a row is not run that has no data."""


@dataclass(frozen=True)
class Progress:
    """How far the work is.

    Attributes:
        index: Of the row, from 1.
        total: Rows in all.
        row: The row.
        seed: Of the run; None where the row's result is told.
        stage: `data`, `training`, `export`, `verification`, `report`; `kept` where an earlier result stands, else the
            result's status.
        epochs: Most epochs of the run.
        epoch: The epoch that is done, while it trains.
        result: The row's result, once it is there.
    """

    index: int
    total: int
    row: Row
    stage: str
    seed: int | None = None
    epochs: int = 0
    epoch: Epoch | None = None
    result: RowResult | None = None


OnProgress = Callable[[Progress], None]


def run_rows(
    rows: Sequence[Row],
    mode: Mode,
    out_dir: str | Path,
    on_progress: OnProgress | None = None,
    *,
    mnist: str | Path | None = None,
) -> tuple[RowResult, ...]:
    """Runs rows; one that the folder has a result of, of the same recipe and version of this package, is kept as it is.

    Args:
        rows: The rows.
        mode: `quick` or `full`; each has its own results.
        out_dir: The folder: `<mode>/<row>.json` for each finished row, and its models in `<mode>/runs`.
        on_progress: Called as things go on.
        mnist: The user's file of MNIST; without it the rows that need it are not run.

    Returns:
        One result for each row. A failed one says why, and is tried again the next time.

    Raises:
        InputError: The folder cannot be written.
        KeyboardInterrupt: The results of finished rows are kept, and the training that was interrupted is gone on with
            the next time.
    """
    tell = on_progress or (lambda _: None)
    folder = _made(Path(out_dir) / mode)
    results: list[RowResult] = []
    for index, row in enumerate(rows, start=1):
        progress = Progress(index, len(rows), row, "")
        result = _prepared(row, mode, folder, mnist)
        is_kept = result.status == "done"
        if result.recipe and not is_kept:
            result = _run(result, folder, progress, tell)
        tell(dataclasses.replace(progress, stage="kept" if is_kept else result.status, result=result))
        results.append(result)
    return tuple(results)


def kept_results(
    rows: Sequence[Row], mode: Mode, out_dir: str | Path, *, mnist: str | Path | None = None
) -> tuple[RowResult, ...]:
    """The results that a folder has, nothing being run; a row without one is `not run`."""
    return tuple(_prepared(row, mode, Path(out_dir) / mode, mnist) for row in rows)


def _prepared(row: Row, mode: Mode, folder: Path, mnist: str | Path | None) -> RowResult:
    """The row's result where the folder has it; otherwise what is to be run, without a recipe where it cannot be."""
    empty = RowResult(row, mode, {}, neuralspot_edge.__version__)
    if row.needs_mnist and mnist is None:
        return dataclasses.replace(empty, reason=NO_MNIST)
    try:
        recipe = row.recipe_for(mode, None if mnist is None else str(Path(mnist).absolute()))
    except NseError as error:
        return dataclasses.replace(empty, status="failed", reason=str(error))
    begun = dataclasses.replace(empty, recipe=recipe.to_dict())
    try:
        content = json.loads((folder / f"{row.name}.json").read_bytes())
    except (OSError, ValueError):
        return begun
    return begun.filled_from(content) or begun


def _run(result: RowResult, folder: Path, progress: Progress, tell: OnProgress) -> RowResult:
    row, runs = result.row, []
    try:
        recipe = Recipe.model_validate(result.recipe)
        for offset in range(row.seeds):
            seeded = recipe.override({"training.seed": recipe.training.seed + offset})
            runs.append(_run_seed(row, seeded, folder, progress, tell))
        result = dataclasses.replace(result, status="done", runs=tuple(runs))
        write_text(folder / f"{row.name}.json", json.dumps(result.to_dict(), indent=2) + "\n")
    except Exception as error:  # whatever happens in one row, the others are to run
        return dataclasses.replace(result, status="failed", reason=_reason(error), runs=())
    return result


def _run_seed(row: Row, recipe: Recipe, folder: Path, progress: Progress, tell: OnProgress) -> RunFigures:
    now = dataclasses.replace(progress, seed=recipe.training.seed, epochs=recipe.training.epochs)
    callbacks = Callbacks(
        on_stage=lambda stage: tell(dataclasses.replace(now, stage=stage)),
        on_epoch=lambda epoch: tell(dataclasses.replace(now, stage="training", epoch=epoch)),
    )
    with _memory_freed():
        return Worker(row, recipe, run_folder(folder, row, recipe), callbacks).run()


@contextmanager
def _memory_freed() -> Iterator[None]:
    """Keras keeps the graphs of all models until it is told otherwise: some gigabytes in the course of a table."""
    import keras

    try:
        yield
    finally:
        keras.backend.clear_session()


def _reason(error: Exception) -> str:
    if isinstance(error, NseError):
        return str(error)
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]:.300}" if lines else type(error).__name__


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to the folder {folder}: {error.strerror}") from error
    return folder
