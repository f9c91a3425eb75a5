"""How large C++ structures are on a machine: what makes a reading on a desktop differ from the device."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

__all__ = ["CORTEX_M", "X86_64", "Platform", "Structure", "align"]

_SCALARS = {"b": 1, "h": 2, "i": 4, "q": 8}


@dataclass(frozen=True)
class Structure:
    """Size and alignment of a C++ structure, in bytes."""

    size: int
    alignment: int


@dataclass(frozen=True)
class Platform:
    """A machine, and how TFLite Micro was built for it.

    Attributes:
        name: What it is called in a text.
        pointer_bytes: Size of a pointer, and of `size_t`.
        allocator: Layouts of what the allocator itself keeps in the arena, in the order of allocation.
        compression: Whether the build can unpack compressed weights, for which some structures are larger.
    """

    name: str
    pointer_bytes: int
    allocator: tuple[str, ...]
    compression: bool

    def structure(self, layout: str) -> Structure:
        """Size and alignment of a structure.

        Args:
            layout: Its members in order, each a count (1 where left out) and a letter: `b`, `h`, `i`, `q` for 1, 2, 4
                and 8 bytes, floats of that size included, and `p` for a pointer. What stands in brackets is there only
                in a build with compression. `9i2p3i[2i]` is the data of a convolution.
        """
        return _structure(re.sub(r"\[(.*?)\]", r"\1" if self.compression else "", layout), self.pointer_bytes)


@functools.cache
def _structure(layout: str, pointer_bytes: int) -> Structure:
    size, alignment = 0, 1
    for count, letter in re.findall(r"(\d*)([bhiqp])", layout):
        member = _SCALARS.get(letter, pointer_bytes)
        size = align(size, member) + member * int(count or 1)
        alignment = max(alignment, member)
    return Structure(align(size, alignment), alignment)


def align(size: int, alignment: int) -> int:
    """The least multiple of `alignment` that is not below `size`."""
    return -(-size // alignment) * alignment


# SingleArenaBufferAllocator, GreedyMemoryPlanner, MicroAllocator and MicroBuiltinDataAllocator, from their headers in
# https://github.com/tensorflow/tflite-micro; the recording kinds of the first and the third count besides.
CORTEX_M = Platform("Cortex-M", 4, ("9p", "p2i4p2ipb", "5pb3p", "2p"), compression=False)
"""A 32-bit device with TFLite Micro's default build and reference kernels; those of CMSIS-NN ask for more scratch."""

X86_64 = Platform("x86-64", 8, ("13p", "p2i4p2ipb", "5pb3p25p", "2p"), compression=True)
"""A desktop with the tflite-micro package, whose interpreter reports to Python what it allocates."""
