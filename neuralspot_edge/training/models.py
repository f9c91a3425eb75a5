"""Keras models on disk: saved whole or not at all, loaded in safe mode."""

from __future__ import annotations

import importlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import replacing

if TYPE_CHECKING:
    import keras

__all__ = ["load_model", "save_model"]


def save_model(model: keras.Model, path: str | Path) -> Path:
    """Saves a model as `.keras`; see `neuralspot_edge.files.replacing` for the errors."""
    with replacing(path) as draft:
        model.save(draft)
    return Path(path)


def load_model(path: str | Path) -> keras.Model:
    """Loads a `.keras` file, in Keras's safe mode: code in it is not run.

    Only a caller of `keras.config.enable_unsafe_deserialization` has it otherwise, for the whole process.

    Args:
        path: The file, made by this package, by `neuralspot-edge` 0.2.2 or by any Keras 3.

    Raises:
        InputError: There is no such file, it is of another kind, or it carries code (a Lambda layer).
    """
    import keras

    # Registers the package's own layers with Keras; by name, where a layer lives in a room above.
    importlib.import_module("neuralspot_edge.quantization.int8_layer")
    import neuralspot_edge.layers.normalization
    import neuralspot_edge.layers.recurrent
    import neuralspot_edge.models.residual_tcn.layer  # noqa: F401

    if not Path(path).is_file():
        raise InputError(f"cannot read the model {path}: no such file")
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path} is not a .keras model: it is no zip archive; save it with model.save('{path}')")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras meets in the file
        if "Lambda" in str(error):
            raise InputError(
                f"{path} has a Lambda layer, which would run code from the file; rebuild it with keras.ops or a "
                "registered layer"
            ) from error
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InputError(f"{path} is not a .keras model that can be loaded: {reason[:300]}") from error
