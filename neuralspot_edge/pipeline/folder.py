"""The folder that a run writes: which files it holds, and when an old one may be written over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.training.files import TrainFiles
from neuralspot_edge.training.teachers import TEACHER_FOLDER

__all__ = [
    "CHECKPOINT",
    "HISTORY",
    "KERAS_MODEL",
    "PAGE",
    "QAT",
    "RECIPE",
    "REPORT",
    "RESULTS",
    "SOURCES",
    "STREAM",
    "TFLITE",
    "claim_folder",
]

RECIPE = "recipe.json"
KERAS_MODEL = "model.keras"
TFLITE = "model.tflite"
STREAM = "stream.tflite"
HISTORY = "history.csv"
REPORT = "report.json"
PAGE = "report.html"
CHECKPOINT = "checkpoint.npz"
QAT = TrainFiles.of("qat")
"""What training in int8 writes."""
SOURCES = ("golden.npz", "model_data.cc", "model_data.h", "op_resolver.h")

RESULTS = (
    *(RECIPE, KERAS_MODEL, TFLITE, STREAM, *SOURCES, HISTORY, REPORT, PAGE, CHECKPOINT),
    *dataclasses.astuple(QAT),
)

_OF_TEACHER = (f"{TEACHER_FOLDER}/{RECIPE}", f"{TEACHER_FOLDER}/{CHECKPOINT}")


def claim_folder(
    path: str | Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    results: Sequence[str] = (*RESULTS, *_OF_TEACHER),
) -> Path:
    """Makes the folder, or takes one that holds no earlier run.

    Args:
        path: The folder.
        overwrite: Whether an earlier run's files may be replaced.
        resume: Whether an interrupted run may be gone on with; a finished one is left alone.
        results: The files that make it an earlier run.

    Returns:
        The folder.

    Raises:
        InputError: It holds an earlier run, is a file, or cannot be written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".nse-probe").touch()
        (folder / ".nse-probe").unlink()
    except OSError as error:
        raise InputError(f"cannot write to the folder {folder}: {error.strerror}") from error
    earlier = [name for name in results if (folder / name).exists()]
    # A run that was interrupted in its teacher's training has nothing of its own yet.
    is_unfinished = CHECKPOINT in earlier or set(earlier) <= set(_OF_TEACHER)
    if not earlier or overwrite or (resume and is_unfinished):
        return folder
    what = "a run with nothing left to resume" if resume else "an earlier run"
    raise InputError(f"{folder} holds {what} ({', '.join(earlier)}); choose another folder, or overwrite it")
