"""Files that appear whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from neuralspot_edge.errors import InputError

__all__ = ["read_bytes", "replacing", "write_bytes", "write_text"]


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Gives a temporary path beside `path` that takes its place when the block ends well.

    Args:
        path: The file to write. Its folder must exist.

    Yields:
        A path with the same suffix in the same folder, to be written by the block.

    Raises:
        InputError: The folder cannot be written, or the disk is full. `path` is then as it was.
    """
    path = Path(path)
    draft = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; nothing there was changed") from error
    finally:
        # Gone where all went well; where it cannot be removed it could not be made either.
        with contextlib.suppress(OSError):
            draft.unlink()


def write_bytes(path: str | Path, content: bytes) -> Path:
    """Writes `content` to `path` whole or not at all; see `replacing` for the errors."""
    with replacing(path) as draft:
        draft.write_bytes(content)
    return Path(path)


def write_text(path: str | Path, content: str) -> Path:
    """Writes `content` to `path` as UTF-8, whole or not at all; see `replacing` for the errors."""
    return write_bytes(path, content.encode())


def read_bytes(path: str | Path, what: str = "file") -> bytes:
    """Reads a file that the user named.

    Args:
        path: The file.
        what: What it is to the user, for the message: `recipe`, `model`.

    Returns:
        The content.

    Raises:
        InputError: There is no such file, or it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the {what} {path}: {error.strerror}") from error
