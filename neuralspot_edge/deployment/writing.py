"""Writes the generated files into a folder: all of them or none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from neuralspot_edge.deployment.bundle import SELF_TEST, bundle
from neuralspot_edge.deployment.settings import DeploymentSettings
from neuralspot_edge.deployment.sources import sources
from neuralspot_edge.errors import InputError
from neuralspot_edge.files import replacing

__all__ = ["FIRMWARE", "write_bundle", "write_sources"]

FIRMWARE = "firmware"


def write_sources(tflite: bytes, folder: str | Path, settings: DeploymentSettings) -> list[Path]:
    """Writes what `sources` gives into a folder that exists; files of these names are replaced.

    Returns:
        The paths, in alphabetical order.

    Raises:
        InputError: See `sources`; or the folder cannot be written, and nothing in it was changed.
    """
    return _write(sources(tflite, settings), Path(folder))


def write_bundle(tflite: bytes, folder: str | Path, settings: DeploymentSettings) -> list[Path]:
    """Writes what `bundle` gives into `folder/firmware`, made if need be; files of these names are replaced.

    The self-test of an earlier bundle is removed where this one has none.

    Returns:
        The paths, in alphabetical order.

    Raises:
        InputError: See `bundle`; or the folder cannot be written, and no file in it was changed.
    """
    files, firmware = bundle(tflite, settings), Path(folder) / FIRMWARE
    try:
        firmware.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {firmware}: {error.strerror}") from error
    written = _write(files, firmware)
    for name in set(SELF_TEST) - set(files):
        (firmware / name).unlink(missing_ok=True)
    return written


def _write(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    paths = [folder / name for name in sorted(files)]
    with contextlib.ExitStack() as stack:
        # The renames come when the stack unwinds, after the last byte was written.
        for path in paths:
            stack.enter_context(replacing(path)).write_bytes(files[path.name])
    return paths
