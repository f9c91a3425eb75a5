"""Arrays that a user hands to a command: calibration samples, inputs to play, their labels."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from neuralspot_edge.datasets.types import AnyArray
from neuralspot_edge.errors import InputError

__all__ = ["load_arrays"]


def load_arrays(path: str | Path) -> dict[str, AnyArray]:
    """Reads a `.npy` (one array, under the name `x`) or a `.npz` (arrays under their own names).

    Args:
        path: The file.

    Raises:
        InputError: It cannot be read, is of another kind, or holds Python objects.
    """
    try:
        content = np.load(path, allow_pickle=False)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a .npy or .npz file of plain arrays: write it with numpy.savez") from error
    if isinstance(content, np.ndarray):
        return {"x": content}
    with content:
        return dict(content)
