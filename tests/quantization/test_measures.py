import math

import numpy as np
import pytest

from neuralspot_edge.quantization.measures import batches, relative, relative_error, sqnr_db


def test_batches_are_all_samples_in_their_order():
    one, other = np.arange(10), np.arange(20).reshape(10, 2)
    parts = list(batches([one, other], 4))
    assert [len(part[0]) for part in parts] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), one)
    np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), other)


def test_an_error_is_a_share_of_the_power():
    assert relative_error(np.array([3.0, 5.0]), np.array([3.0, 4.0])) == pytest.approx(1 / 25)
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    assert relative(1.0, 0.0) == math.inf


def test_decibels_grow_as_the_error_shrinks():
    assert sqnr_db(0.01) == pytest.approx(20)
    assert sqnr_db(0.0) == math.inf
