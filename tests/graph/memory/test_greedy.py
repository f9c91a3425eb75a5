from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.graph.memory.greedy import Buffer, place

spans = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted)
buffers = st.builds(lambda size, span: Buffer(16 * size, *span), st.integers(1, 8), spans)


def test_the_largest_lies_first_and_others_fill_the_gaps():
    """By hand: 48 at 0, 32 above it, 16 in the gap that the 48 leaves once it is not used any more."""
    assert place([Buffer(16, 2, 3), Buffer(32, 1, 2), Buffer(48, 0, 1)]) == (0, 48, 0)


def test_a_gap_is_taken_only_where_it_is_wide_enough():
    low, high = Buffer(64, 0, 2), Buffer(48, 2, 4)
    assert place([low, high, Buffer(16, 3, 4), Buffer(32, 0, 1)]) == (0, 64, 0, 64)


def test_of_two_of_one_size_the_later_lies_lower():
    assert place([Buffer(16, 0, 0), Buffer(16, 0, 0)]) == (16, 0)


def test_an_offset_of_the_file_stands_and_the_others_go_around_it():
    assert place([Buffer(64, 0, 0), Buffer(16, 0, 0, fixed_offset=32)]) == (48, 32)
    assert place([Buffer(32, 0, 0), Buffer(16, 0, 0, fixed_offset=32)]) == (0, 32)


def test_nothing_needs_no_place():
    assert place([]) == ()


@settings(derandomize=True, deadline=None)
@given(st.lists(buffers, max_size=20))
def test_what_lives_at_one_time_never_overlaps(given_buffers):
    placed = list(zip(place(given_buffers), given_buffers, strict=True))
    for index, (offset, one) in enumerate(placed):
        assert offset % 16 == 0
        for other_offset, other in placed[:index]:
            apart_in_time = one.last < other.first or other.last < one.first
            assert apart_in_time or offset + one.size <= other_offset or other_offset + other.size <= offset
