"""Sizes against what the compilers of this machine and of the C standard's rules give."""

import ctypes

import pytest

from neuralspot_edge.graph.memory.kernels import DATA, PARAMETERS
from neuralspot_edge.graph.memory.platforms import CORTEX_M, X86_64, Structure, align

TYPES = {"b": ctypes.c_int8, "h": ctypes.c_int16, "i": ctypes.c_int32, "q": ctypes.c_int64, "p": ctypes.c_void_p}


@pytest.mark.parametrize("layout", ["b2ph2i", "q7i5p", "9i2p3i", "3p3b", "2pib", "b8h11i2p2i", "6pip"])
def test_a_structure_is_as_large_as_a_compiler_makes_it(layout):
    letters = [letter * int(count or 1) for count, letter in _members(layout)]
    fields = [(f"m{index}", TYPES[letter]) for index, letter in enumerate("".join(letters))]
    compiled = type("Compiled", (ctypes.Structure,), {"_fields_": fields})
    assert X86_64.structure(layout) == Structure(ctypes.sizeof(compiled), ctypes.alignment(compiled))


def _members(layout):
    count = ""
    for character in layout:
        if character.isdigit():
            count += character
        else:
            yield count, character
            count = ""


def test_a_pointer_takes_half_on_a_cortex_m():
    assert CORTEX_M.structure("2pi") == Structure(12, 4)
    assert X86_64.structure("2pi") == Structure(24, 8)
    assert CORTEX_M.structure("qp") == Structure(16, 8)


def test_members_in_brackets_are_there_with_compression_alone():
    assert (X86_64.structure("i[3i]").size, CORTEX_M.structure("i[3i]").size) == (16, 4)


def test_no_structure_is_larger_on_a_cortex_m():
    for layout in (*PARAMETERS.values(), *DATA.values()):
        assert 0 < CORTEX_M.structure(layout).size <= X86_64.structure(layout).size


@pytest.mark.parametrize(("size", "expected"), [(0, 0), (1, 16), (16, 16), (17, 32)])
def test_sizes_are_rounded_up(size, expected):
    assert align(size, 16) == expected
