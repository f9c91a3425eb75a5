"""The files of a training: what they are called in its folder."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RECIPE", "TrainFiles"]

RECIPE = "recipe.json"
"""What a folder's model was trained by; it is written last, and where it is all of the training is."""


@dataclass(frozen=True)
class TrainFiles:
    """Names of what a training writes.

    Attributes:
        model: The trained model.
        history: Its epochs.
        checkpoint: The state while it is not done.
    """

    model: str = "model.keras"
    history: str = "history.csv"
    checkpoint: str = "checkpoint.npz"

    @classmethod
    def of(cls, stem: str) -> TrainFiles:
        """Names for a training in the folder of another: of `qat` they are qat.keras, qat_history.csv and so on."""
        return cls(f"{stem}.keras", f"{stem}_history.csv", f"{stem}_checkpoint.npz")
