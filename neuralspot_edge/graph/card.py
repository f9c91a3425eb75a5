"""What a `.tflite` says of itself: the contract between a model and the signal it is fed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.metadata import read_metadata
from neuralspot_edge.preprocessing import Preprocessing

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["METADATA_ENTRY", "ModelCard"]

METADATA_ENTRY = "neuralspot_edge"
"""Name of the metadata entry that holds the card as JSON."""

_SCHEMA_VERSION = 1
_NO_PREPROCESSING = Preprocessing("none")


@dataclass(frozen=True)
class ModelCard:
    """What one must know to feed a model and to read its output.

    Attributes:
        name: The recipe's name, or the model's.
        task: What the model does; empty where it is not known.
        preprocessing: What its inputs went through before they were quantized.
        classes: Names of the classes, in the order of the outputs.
        channels: Names of the input channels, in order.
        sampling_rate: In Hz; None where it is not known.
    """

    name: str
    task: str = ""
    preprocessing: Preprocessing = _NO_PREPROCESSING
    classes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sampling_rate: float | None = None

    @classmethod
    def of(cls, recipe: Recipe, preprocessing: Preprocessing, channels: tuple[str, ...] = ()) -> ModelCard:
        """The card of a recipe's model."""
        return cls(
            name=recipe.name,
            task=recipe.task,
            preprocessing=preprocessing,
            classes=tuple(recipe.classes or ()),
            channels=channels,
            sampling_rate=recipe.input.sampling_rate,
        )

    @classmethod
    def read(cls, tflite: bytes | str | Path) -> ModelCard | None:
        """The card in a `.tflite`, None where it has none: a file of foreign make.

        Raises:
            InputError: The file is no `.tflite`, or the card in it is damaged or of a later version.
        """
        return cls.in_metadata(read_metadata(tflite))

    @classmethod
    def in_metadata(cls, metadata: Mapping[str, bytes]) -> ModelCard | None:
        """The card among the metadata entries of a `.tflite`; see `read`."""
        content = metadata.get(METADATA_ENTRY)
        if content is None:
            return None
        try:
            card = json.loads(content)
            if card["schema_version"] != _SCHEMA_VERSION:
                raise InputError(f"its version is {card['schema_version']!r}, known is {_SCHEMA_VERSION}")
            return cls(
                name=card["name"],
                task=card["task"],
                preprocessing=Preprocessing.from_dict(card["preprocessing"]),
                classes=tuple(card["classes"]),
                channels=tuple(card["channels"]),
                sampling_rate=card["sampling_rate"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"the {METADATA_ENTRY!r} metadata of this .tflite is damaged or newer: {error}") from error

    def to_metadata(self) -> dict[str, bytes]:
        """The card as a metadata entry."""
        content: dict[str, Any] = {
            "schema_version": _SCHEMA_VERSION,
            # By name, as all that lies above: the package's root names every room.
            "package_version": import_module("neuralspot_edge").__version__,
            **asdict(self),
            "preprocessing": self.preprocessing.to_dict(),
        }
        return {METADATA_ENTRY: json.dumps(content, separators=(",", ":")).encode()}
