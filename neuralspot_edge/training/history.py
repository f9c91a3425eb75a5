"""The course of a training."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Epoch", "to_csv"]


@dataclass(frozen=True)
class Epoch:
    """One pass over the training part.

    Attributes:
        number: From 1.
        loss: On the training part, as an average over the epoch.
        val_loss: On the validation part, after the epoch.
        is_best: Whether `val_loss` is the lowest so far.
    """

    number: int
    loss: float
    val_loss: float
    is_best: bool


def to_csv(history: Iterable[Epoch]) -> str:
    """The history as CSV with a header, one line an epoch."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in dataclasses.fields(Epoch)])
    writer.writerows([epoch.number, epoch.loss, epoch.val_loss, int(epoch.is_best)] for epoch in history)
    return text.getvalue()
