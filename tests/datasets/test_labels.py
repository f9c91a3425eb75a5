import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.datasets.labels import class_presence, encode_labels, majority, numeric_targets
from neuralspot_edge.errors import InputError


@pytest.mark.parametrize(
    ("raw", "names", "codes", "classes"),
    [
        ([0, 1, 2, 1], None, [0, 1, 2, 1], ("0", "1", "2")),
        ([5, -1, 5], None, [1, 0, 1], ("-1", "5")),
        ([0.0, 2.0], None, [0, 1], ("0", "2")),
        ([True, False], None, [1, 0], ("0", "1")),
        (["walk", "run", "walk"], None, [1, 0, 1], ("run", "walk")),
        (["10", "9", "10"], None, [1, 0, 1], ("9", "10")),
        ([" a ", "b"], None, [0, 1], ("a", "b")),
        ([2, 0], ("x", "y", "z"), [2, 0], ("x", "y", "z")),
        ([1, 2, 3], ("x", "y", "z"), [0, 1, 2], ("x", "y", "z")),
        (["z", "x"], ("z", "y", "x"), [0, 2], ("z", "y", "x")),
        (["2", "1"], ("2", "1"), [0, 1], ("2", "1")),
    ],
)
def test_codes_by_hand(raw, names, codes, classes):
    (encoded,), found = encode_labels([np.array(raw)], names)
    assert encoded.dtype == np.int64
    assert (encoded.tolist(), found) == (codes, classes)


def test_parts_are_numbered_alike_and_keep_their_shapes():
    (train, test), classes = encode_labels([np.array([["b", "c"], ["c", "b"]]), np.array(["a"])], None)
    assert classes == ("a", "b", "c")
    assert train.tolist() == [[1, 2], [2, 1]]
    assert test.tolist() == [0]


@pytest.mark.parametrize(
    ("raw", "names", "message"),
    [
        ([0.5, 1.0], None, "class labels must be whole numbers or strings; received float64"),
        ([np.nan, 1.0], None, "class labels must be"),
        ([1j], None, "complex128"),
        (["a", " "], None, "label 1 is empty"),
        (["wlk"], ("walk", "run"), "unknown class label 'wlk': did you mean 'walk'"),
        ([0, 5], ("x", "y", "z"), r"class labels are 0 to 5 \(2 values\) but 3 class names are given"),
        ([0, 1], ("x", "x"), "class names must differ"),
    ],
)
def test_wrong_labels_are_refused(raw, names, message):
    with pytest.raises(InputError, match=message):
        encode_labels([np.array(raw)], names)


@given(st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=10))
def test_majority_is_the_most_frequent_and_the_lower_of_two(rows):
    found = majority(np.array(rows), 4)
    assert found.tolist() == [min(row, key=lambda label: (-row.count(label), label)) for row in rows]


def test_presence():
    expected = [[True, False, True], [False, True, False]]
    assert class_presence(np.array([[0, 2], [1, 1]]), 3).tolist() == expected
    assert class_presence(np.array([2, 0]), 3).tolist() == [[False, False, True], [True, False, False]]


def test_targets():
    assert numeric_targets(np.array([1, 2], dtype=np.int16)).dtype == np.float32
    with pytest.raises(InputError, match=r"targets must be finite; y\[1, 0\] is nan"):
        numeric_targets(np.array([[1.0], [np.nan]]))
    with pytest.raises(InputError, match=r"y\[0\] is 1e\+300"):
        numeric_targets(np.array([1e300]))
    with pytest.raises(InputError, match="targets must be numbers"):
        numeric_targets(np.array(["a"]))
