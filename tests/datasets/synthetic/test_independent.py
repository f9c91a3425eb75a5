import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import InputError

NAMES = ["adding-problem", "copy-memory", "two-sines"]
SIZES = {"train": 30, "validation": 20, "test": 10}


def loaded(name, seed=0, **sizes):
    return load_dataset(name, window=40, seed=seed, options={**SIZES, **sizes})


@pytest.mark.parametrize("name", NAMES)
def test_splits_have_the_sizes_that_are_asked_for_and_share_no_sequence(name):
    splits = loaded(name).splits
    assert [len(split) for split in splits.values()] == [30, 20, 10]
    assert len({window.tobytes() for split in splits.values() for window in split.x}) == 60


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_arrays_other_seed_others(name):
    first, same, other = (loaded(name, seed) for seed in (1, 1, 2))
    for part, split in first.splits.items():
        np.testing.assert_array_equal(split.x, same.splits[part].x)
        np.testing.assert_array_equal(split.y, same.splits[part].y)
        assert not np.array_equal(split.x, other.splits[part].x)


@pytest.mark.parametrize("name", NAMES)
def test_the_size_of_one_split_changes_no_other(name):
    small, large = loaded(name), loaded(name, train=300)
    np.testing.assert_array_equal(small.validation.x, large.validation.x)
    np.testing.assert_array_equal(small.test.y, large.test.y)


@pytest.mark.parametrize("name", NAMES)
def test_more_than_fits_into_memory_is_refused(name):
    with pytest.raises(InputError, match=r"^10,000,030 windows of .* GiB, allowed are 8: ask for fewer or for shorter"):
        load_dataset(name, window=1000, options={**SIZES, "train": 10_000_000})
