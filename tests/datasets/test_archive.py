import socket
import sys

import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import InputError


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    ("name", "shapes", "classes"),
    [
        ("basic-motions", [(32, 100, 6), (8, 100, 6), (40, 100, 6)], 4),
        ("gunpoint", [(40, 150, 1), (10, 150, 1), (150, 150, 1)], 2),
        ("japanese-vowels", [(216, 29, 12), (54, 29, 12), (370, 29, 12)], 9),
    ],
)
def test_loads_from_the_wheel(no_network, name, shapes, classes):
    data = load_dataset(name)
    assert [split.x.shape for split in data.splits.values()] == shapes
    assert data.num_classes == classes
    for split in data.splits.values():
        assert set(split.y) == set(range(classes))


def test_samples_and_labels_are_those_of_the_archive():
    from aeon.datasets import load_basic_motions

    x, y = load_basic_motions(split="test")
    data = load_dataset("basic-motions", seed=5)
    np.testing.assert_array_equal(data.test.x, x.transpose(0, 2, 1).astype(np.float32))
    assert [data.classes[label] for label in data.test.y] == y.tolist()


def test_test_split_does_not_depend_on_the_seed_and_validation_does():
    first, same, other = (load_dataset("basic-motions", seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.test.x, other.test.x)
    np.testing.assert_array_equal(first.validation.x, same.validation.x)
    assert not np.array_equal(first.validation.x, other.validation.x)


def test_validation_is_stratified_and_not_in_train():
    data = load_dataset("basic-motions", seed=3)
    assert np.bincount(data.validation.y).tolist() == [2, 2, 2, 2]
    train = {series.tobytes() for series in data.train.x}
    assert not train & {series.tobytes() for series in data.validation.x}


def test_short_vowels_are_padded_with_zeros_at_the_end():
    data = load_dataset("japanese-vowels")
    lengths = [int(np.flatnonzero(series.any(axis=1))[-1]) + 1 for series in data.test.x]
    assert (min(lengths), max(lengths)) == (7, 29)
    for series, length in zip(data.test.x, lengths, strict=True):
        assert series[:length].any(axis=1).all()
    assert "padded" in data.provenance.note


def test_shorter_windows_stay_in_the_split_of_their_series():
    data = load_dataset("basic-motions", window=40, hop=20)
    assert data.train.x.shape == (32 * 4, 40, 6)
    whole = load_dataset("basic-motions")
    np.testing.assert_array_equal(data.validation.x[5], whole.validation.x[1, 20:60])
    np.testing.assert_array_equal(data.validation.y, np.repeat(whole.validation.y, 4))


def test_window_longer_than_the_series_is_refused():
    with pytest.raises(InputError, match="window 151 is longer than the series of 150 steps"):
        load_dataset("gunpoint", window=151)


def test_missing_aeon_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon", None)
    with pytest.raises(InputError, match=r'pip install "neuralspot-edge\[data\]"'):
        load_dataset("gunpoint")
