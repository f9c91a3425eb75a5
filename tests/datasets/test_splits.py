import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.datasets.splits import hold_out_tail, split_by_group, split_contiguous, split_stratified
from neuralspot_edge.datasets.windows import window_starts
from neuralspot_edge.errors import InputError


def steps_of(starts, window):
    return {step for start in starts for step in range(start, start + window)}


@given(length=st.integers(1, 300), window=st.integers(1, 40), hop=st.integers(1, 50))
def test_contiguous_parts_share_no_step_and_are_in_order(length, window, hop):
    starts = window_starts(length, window, hop)
    parts = split_contiguous(starts, window)
    seen = [steps_of(starts[part], window) for part in parts]
    for earlier, later in [(0, 1), (0, 2), (1, 2)]:
        assert not seen[earlier] & seen[later]
        if seen[earlier] and seen[later]:
            assert max(seen[earlier]) < min(seen[later])


@given(window=st.integers(1, 40), hop=st.integers(1, 50), spare=st.integers(0, 200))
def test_contiguous_parts_are_never_empty_where_three_windows_fit_apart(window, hop, spare):
    apart = -(-window // hop) * hop
    starts = window_starts(2 * apart + window + spare, window, hop)
    assert all(len(part) for part in split_contiguous(starts, window))


@pytest.mark.parametrize(("hop", "kept"), [(100, 100), (50, 197), (1, 9703)])
def test_contiguous_fractions(hop, kept):
    starts = window_starts(10_000, 100, hop)
    sizes = [len(part) for part in split_contiguous(starts, 100)]
    assert sum(sizes) == kept
    np.testing.assert_allclose(np.array(sizes) / kept, [0.6, 0.2, 0.2], atol=0.01)


def test_contiguous_drops_nothing_that_does_not_overlap():
    parts = split_contiguous(np.arange(10) * 7, 7)
    assert [part.tolist() for part in parts] == [[0, 1, 2, 3, 4, 5], [6, 7], [8, 9]]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_contiguous_leaves_a_part_empty_where_there_are_too_few(count):
    parts = split_contiguous(np.arange(count) * 5, 5)
    assert len(parts) == 3
    assert not all(len(part) for part in parts)


@settings(deadline=None)
@given(groups=st.lists(st.integers(0, 12), min_size=3, max_size=80), seed=st.integers(0, 9))
def test_groups_are_whole_and_every_window_is_in_one_part(groups, seed):
    groups = np.array(groups)
    if len(set(groups.tolist())) < 3:
        with pytest.raises(InputError, match=r"group\(s\) in .* windows cannot be split into 3 parts"):
            split_by_group(groups, seed=seed)
        return
    parts = split_by_group(groups, seed=seed)
    names = [set(groups[part].tolist()) for part in parts]
    assert all(names)
    assert not names[0] & names[1] | names[0] & names[2] | names[1] & names[2]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(groups)))


def test_group_fractions_and_seeds():
    groups = np.repeat(np.arange(30), 10)
    splits = [split_by_group(groups, seed=seed) for seed in range(4)]
    assert [[len(part) for part in parts] for parts in splits] == [[180, 60, 60]] * 4
    again = split_by_group(groups, seed=2)
    for part, same in zip(splits[2], again, strict=True):
        np.testing.assert_array_equal(part, same)
    assert len({tuple(parts[2]) for parts in splits}) == 4


def test_groups_are_chosen_so_that_every_part_has_every_class():
    # Six of nine groups hold one class only: most orders leave a class out of a part.
    groups = np.repeat(np.arange(9), 4)
    y = np.repeat([0, 0, 0, 0, 0, 0, 1, 1, 1], 4)
    presence = np.stack([y == 0, y == 1], axis=1)
    for seed in range(10):
        for part in split_by_group(groups, seed=seed, presence=presence):
            assert set(y[part]) == {0, 1}


def test_groups_may_be_strings():
    parts = split_by_group(np.array(["anna", "ben", "anna", "cleo", "ben"]), seed=1)
    assert sum(map(len, parts)) == 5


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5), seed=st.integers(0, 5), fraction=st.floats(0.05, 0.5)
)
def test_stratified_takes_the_same_share_of_each_class(sizes, seed, fraction):
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    stay, held = split_stratified(y, fraction, seed)
    assert sorted([*stay, *held]) == list(range(len(y)))
    for label, size in enumerate(sizes):
        count = int((y[held] == label).sum())
        assert count == min(max(1, round(fraction * size)), size - 1)


def test_stratified_depends_on_the_seed_alone():
    y = np.repeat([0, 1], 20)
    same = [split_stratified(y, 0.2, 3)[1].tolist() for _ in range(2)]
    assert same[0] == same[1]
    assert split_stratified(y, 0.2, 4)[1].tolist() != same[0]


@given(
    windows=st.integers(1, 60),
    window=st.integers(1, 20),
    hop=st.integers(1, 25),
    classes=st.integers(1, 3),
    seed=st.integers(0, 3),
)
def test_tail_shares_no_step_with_what_stays(windows, window, hop, classes, seed):
    starts = np.arange(windows) * hop
    strata = np.random.default_rng(seed).integers(0, classes, windows)
    stay, held = hold_out_tail(starts, window, strata)
    assert not steps_of(starts[stay], window) & steps_of(starts[held], window)
    assert set(strata[stay]) == set(strata)


def test_tail_is_the_last_fifth_of_each_class():
    stay, held = hold_out_tail(np.arange(20) * 5, 5, np.repeat([1, 0], 10))
    assert held.tolist() == [8, 9, 18, 19]
    assert len(stay) == 16
