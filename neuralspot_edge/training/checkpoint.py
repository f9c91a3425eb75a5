"""The state of an unfinished training, in one file that is whole or not there."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import replacing
from neuralspot_edge.training.files import TrainFiles
from neuralspot_edge.training.history import Epoch

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["Checkpoint", "State", "identity"]

_MATTERS = ("task", "classes", "outputs", "data", "input", "model", "training")
"""Parts of a recipe that training depends on; gates, for one, may change."""


def identity(recipe: Mapping[str, Any], teacher: str | None = None) -> str:
    """What is the same in all parts of one training, and another in any other.

    Args:
        recipe: The recipe as JSON values.
        teacher: What tells its teacher from others; it counts in place of the teacher's name.
    """
    content = {key: value for key, value in recipe.items() if key in _MATTERS}
    # More epochs or patience are what one resumes for; all else makes it another training.
    content["training"] = {key: value for key, value in recipe["training"].items() if key not in ("epochs", "patience")}
    if teacher is not None:
        content["training"]["teacher"] = teacher
    return json.dumps(content, sort_keys=True)


@dataclass(frozen=True)
class State:
    """Where a training stands.

    Attributes:
        history: The epochs done.
        weights: The model's weights now.
        best_weights: Those of its best epoch.
        optimizer: The optimizer's variables.
    """

    history: tuple[Epoch, ...]
    weights: list[np.ndarray]
    best_weights: list[np.ndarray]
    optimizer: list[np.ndarray]


class Checkpoint:
    """The checkpoint of one recipe's training.

    Args:
        folder: Where the file is; it must exist.
        recipe: The recipe that is trained.
        name: The file's name.
        teacher: What tells its teacher from others, where it has one.
    """

    def __init__(
        self, folder: Path, recipe: Recipe, name: str = TrainFiles().checkpoint, teacher: str | None = None
    ) -> None:
        self.path = folder / name
        self._recipe = identity(recipe.to_dict(), teacher)
        self._of = "recipe or teacher" if teacher else "recipe"

    def save(self, state: State) -> None:
        """Writes the state."""
        arrays = {
            f"{field}.{index}": array
            for field in ("weights", "best_weights", "optimizer")
            for index, array in enumerate(getattr(state, field))
        }
        history = json.dumps([dataclasses.asdict(epoch) for epoch in state.history])
        with replacing(self.path) as draft:
            np.savez(draft, **arrays, history=np.array(history), recipe=np.array(self._recipe))

    def load(self) -> State | None:
        """Reads the state, None where there is none.

        Raises:
            InputError: The file is damaged, or belongs to another recipe.
        """
        if not self.path.exists():
            return None
        try:
            with np.load(self.path) as file:
                content = dict(file)
            history = tuple(Epoch(**epoch) for epoch in json.loads(str(content["history"])))
            recipe = str(content["recipe"])
            state = State(history, *(_list(content, field) for field in ("weights", "best_weights", "optimizer")))
        except Exception as error:  # a damaged zip raises what its parts raise: zipfile, zlib, numpy, json
            raise InputError(f"{self.path} is damaged; delete it to train from the start") from error
        if recipe != self._recipe:
            raise InputError(f"{self.path} belongs to another {self._of}; delete it, or train into another folder")
        return state

    def remove(self) -> None:
        """Removes the file: the training is done."""
        self.path.unlink(missing_ok=True)


def _list(content: dict[str, np.ndarray], field: str) -> list[np.ndarray]:
    count = sum(key.startswith(f"{field}.") for key in content)
    return [content[f"{field}.{index}"] for index in range(count)]
