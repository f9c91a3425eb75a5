"""Constants in C are the numbers that they were, to the last bit."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.deployment.literals import byte_rows, float_literal, value_rows
from neuralspot_edge.errors import InputError


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_exactly(value):
    literal = float_literal(value)
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?f", literal)
    assert {".", "e"} & set(literal)
    assert np.float32(literal[:-1]).tobytes() == np.float32(value).tobytes()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e39])
def test_a_number_without_a_literal_is_refused(value):
    with pytest.raises(InputError, match="beyond float32: no constant in C can hold it"):
        float_literal(value)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_integers_read_back_up_to_the_ends_of_their_type(dtype):
    limits = np.iinfo(dtype)
    values = np.array([limits.min, limits.min + 1, 0, 1, limits.max - 1, limits.max], dtype)
    words = value_rows(values).replace("ULL", "").replace("LL", "").split(",")[:-1]
    assert [eval(word.strip()) for word in words] == values.tolist()


def test_int64_has_no_literal_that_overflows_before_its_sign():
    assert "(-9223372036854775807LL - 1)" in value_rows(np.array([-(2**63)], np.int64))


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_read_back_and_lines_keep_to_80_columns(content):
    rows = byte_rows(content)
    assert bytes(int(word, 16) for word in rows.replace("\n", " ").split(",")[:-1]) == content
    assert all(len(line) <= 80 and line.startswith("    0x") for line in rows.splitlines())


def test_an_array_is_written_row_by_row():
    assert value_rows(np.arange(6, dtype=np.int8).reshape(2, 3), indent=2) == "  0, 1, 2, 3, 4, 5,"
