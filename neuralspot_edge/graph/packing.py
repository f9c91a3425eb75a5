"""How a `.tflite` is packed for a device that maps it from flash: aligned where it must be, nothing there twice."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np

__all__ = ["AlignedBuffer", "SharingBuilder"]

BUFFER_ALIGNMENT = 16


class SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that writes equal vectors and strings once.

    Every channel of every weight and bias has a zero point of 8 bytes, all of them 0: as lists of their own they were a
    quarter of a small model's file.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._places: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802 - the library's name
        """Writes an array as a vector, or gives the place of an equal one."""
        return self._once((x.dtype.str, x.tobytes()), lambda: super(SharingBuilder, self).CreateNumpyVector(x))

    def CreateString(self, s: str | bytes, encoding: str = "utf-8", errors: str = "strict") -> int:  # noqa: N802
        """Writes a string, or gives the place of an equal one."""
        content = s.encode(encoding, errors) if isinstance(s, str) else bytes(s)
        return self._once(("string", content), lambda: super(SharingBuilder, self).CreateString(content))

    def _once(self, key: tuple[str, bytes], write: Any) -> int:
        if key not in self._places:
            self._places[key] = write()
        return self._places[key]


class AlignedBuffer:
    """A schema buffer that packs its data at a multiple of `BUFFER_ALIGNMENT`."""

    def __init__(self, buffer: Any) -> None:
        self.data = None if buffer.data is None else bytes(buffer.data)

    def Pack(self, builder: Any) -> int:  # noqa: N802 - the schema's name
        """Writes the buffer and gives its place."""
        from ai_edge_litert import schema_py_generated as schema

        if self.data is not None:
            builder.StartVector(1, len(self.data), BUFFER_ALIGNMENT)
            builder.head -= len(self.data)
            builder.Bytes[builder.head : builder.head + len(self.data)] = self.data
            data = builder.EndVector()
        schema.BufferStart(builder)
        if self.data is not None:
            schema.BufferAddData(builder, data)
        return int(schema.BufferEnd(builder))
