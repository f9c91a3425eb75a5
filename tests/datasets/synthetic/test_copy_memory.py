import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import InputError
from neuralspot_edge.training.metrics import accuracy, cross_entropy

SIZES = {"train": 500, "validation": 20, "test": 20}


def test_a_sequence_is_symbols_blanks_and_delimiters():
    data = load_dataset("copy-memory", window=12, options={**SIZES, "memory": 3}).train
    symbols = data.x[:, :3, 0]
    assert set(np.unique(symbols)) == set(range(1, 9))
    # T is 6: 5 blanks, 4 delimiters.
    np.testing.assert_array_equal(data.x[:, 3:, 0], np.tile([0, 0, 0, 0, 0, 9, 9, 9, 9], (500, 1)))
    assert not data.y[:, :9].any()
    np.testing.assert_array_equal(data.y[:, 9:], symbols)


@settings(deadline=None, derandomize=True)
@given(memory=st.integers(1, 30), blanks=st.integers(1, 50), seed=st.integers(0, 2**32 - 1))
def test_what_is_to_be_recalled_is_at_the_end_whatever_the_sizes(memory, blanks, seed):
    options = {"train": 2, "validation": 1, "test": 1, "memory": memory}
    data = load_dataset("copy-memory", window=2 * memory + blanks, seed=seed, options=options)
    for split in data.splits.values():
        x = split.x[..., 0].astype(int)
        np.testing.assert_array_equal(split.y[:, -memory:], x[:, :memory])
        assert (x == 0).sum() == len(split) * (blanks - 1)
        assert (x == 9).sum() == len(split) * (memory + 1)
        assert (split.y == 0).sum() == len(split) * (blanks + memory)


def test_symbols_are_uniform():
    counts = np.bincount(load_dataset("copy-memory", window=40, options=SIZES).train.y.ravel())[1:]
    assert (np.abs(counts - 625) < 5 * np.sqrt(625)).all()


@pytest.mark.parametrize("window", [1020, 621])
def test_who_remembers_nothing_has_the_published_loss_and_accuracy(window):
    data = load_dataset("copy-memory", window=window, options={**SIZES, "train": 100}).train
    # Sure of the blanks, and in the last ten steps of nothing but that it is one of eight symbols.
    logits = np.full((*data.y.shape, 10), -100.0)
    logits[:, :-10, 0] = 0
    logits[:, -10:, 1:9] = 0
    assert cross_entropy(data.y, logits) == pytest.approx(10 * np.log(8) / window, rel=1e-6)
    expected = (window - 10 + 10 / 8) / window
    assert accuracy(data.y, logits) == pytest.approx(expected, abs=4 * 0.105 / np.sqrt(100 * window))
    if window == 621:
        # The plateau in the log of keras-tcn, at T = 601.
        assert expected == pytest.approx(0.9859, abs=5e-5)


def test_a_window_without_blanks_is_refused():
    assert load_dataset("copy-memory", window=21, options=SIZES).train.x[0, 10:, 0].tolist() == [9] * 11
    with pytest.raises(InputError, match="window 20 leaves no blank between 10 symbols and their recall: at least 21"):
        load_dataset("copy-memory", window=20)
