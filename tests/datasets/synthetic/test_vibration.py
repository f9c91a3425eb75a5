import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset


@pytest.fixture(scope="module")
def data():
    return load_dataset("synthetic-vibration", window=1600)


def spectrum(windows):
    """Amplitude of each whole number of Hz, on each axis, over the windows."""
    return np.abs(np.fft.rfft(windows, axis=1)).mean(axis=0) / 800


def test_only_the_test_split_has_faults(data):
    assert set(data.train.y) == set(data.validation.y) == {0}
    assert np.bincount(data.test.y).tolist() == [150, 150]


def test_each_tested_machine_is_there_before_and_after_its_fault(data):
    for machine in np.unique(data.test.groups):
        assert np.bincount(data.test.y[data.test.groups == machine]).tolist() == [15, 15]


def windows_of(data, machine, faulty):
    return data.test.x[(data.test.groups == machine) & (data.test.y == faulty)]


def test_imbalance_raises_the_shaft_frequency_on_the_radial_axes_only(data):
    for machine in np.unique(data.test.groups)[1::2]:
        normal, faulty = (spectrum(windows_of(data, machine, fault))[20:33].max(axis=0) for fault in (0, 1))
        assert (faulty[:2] / normal[:2] > 1.4).all()
        assert 0.9 < faulty[2] / normal[2] < 1.1


def test_bearing_rings_at_the_resonance_of_the_housing(data):
    for machine in np.unique(data.test.groups)[::2]:
        normal, faulty = (spectrum(windows_of(data, machine, fault)) for fault in (0, 1))
        resonance = slice(350, 550)
        assert (faulty[resonance].mean(axis=0) / normal[resonance].mean(axis=0) > 1.5).all()
        np.testing.assert_allclose(faulty[20:33].max(axis=0), normal[20:33].max(axis=0), rtol=0.15)
