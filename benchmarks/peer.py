"""The environment of neuralspot-edge 0.2.2, and a process in it that converts its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.side import Side

__all__ = ["Peer"]


class Peer(Side):
    """A process that holds the peer's models and converts them. Use it as a context manager.

    Args:
        python: The Python that has neuralspot-edge 0.2.2.
    """

    def __init__(self, python: Path) -> None:
        super().__init__(python, Path(__file__).with_name("peer_side.py"))
        self.start_seconds: float = self.receive()["seconds"]

    def build(self, params: dict[str, Any], shape: tuple[int, ...], num_classes: int, weights: Path) -> None:
        """Builds the model that the next conversions are of, with the weights of an `.npz` file."""
        self.ask(command="build", params=params, shape=shape, num_classes=num_classes, weights=str(weights))

    def load(self, model: Path) -> None:
        """Loads a `.keras` file, of which the next conversions are."""
        self.ask(command="load", model=str(model))

    def convert(self, calibration: Path, output: Path, mode: str) -> float:
        """Converts to int8 in one of the peer's modes; returns the seconds that took."""
        answer = self.ask(command="convert", calibration=str(calibration), output=str(output), mode=mode)
        return float(answer["seconds"])
