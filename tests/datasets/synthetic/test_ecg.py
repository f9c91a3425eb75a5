from itertools import pairwise

import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset

NONE, P_WAVE, QRS, T_WAVE = range(4)
RATE = 100


@pytest.fixture(scope="module")
def segmentation():
    return load_dataset("synthetic-ecg-segmentation", window=1000)


def runs(labels):
    """Each run of equal labels that does not touch an end of the window: label, first step, steps."""
    borders = np.flatnonzero(np.diff(labels)) + 1
    return [(int(labels[begin]), int(begin), int(end - begin)) for begin, end in pairwise(borders)]


def test_waves_follow_one_another_as_in_a_beat(segmentation):
    for labels in segmentation.train.y[::50]:
        waves = [label for label, _, _ in runs(labels) if label != NONE]
        following = {P_WAVE: QRS, QRS: T_WAVE, T_WAVE: P_WAVE}
        assert all(following[wave] == later for wave, later in pairwise(waves))


def test_durations_and_heart_rate_are_those_of_people(segmentation):
    durations = {P_WAVE: [], QRS: [], T_WAVE: []}
    intervals = []
    for labels in segmentation.train.y[::10]:
        found = runs(labels)
        for label, _, steps in found:
            if label != NONE:
                durations[label].append(steps / RATE)
        intervals += (np.diff([begin for label, begin, _ in found if label == QRS]) / RATE).tolist()
    # Seconds, with a step of sampling to either side.
    for label, low, high in [(P_WAVE, 0.06, 0.15), (QRS, 0.07, 0.16), (T_WAVE, 0.10, 0.26)]:
        assert low <= np.median(durations[label]) <= high
    assert 0.45 < min(intervals) < max(intervals) < 1.4
    assert np.std(intervals) > 0.05


def test_beat_intervals_vary_within_one_subject(segmentation):
    begins = [begin for label, begin, _ in runs(segmentation.train.y[:30].ravel()) if label == QRS]
    intervals = np.diff(begins)
    assert 0.005 < intervals.std() / intervals.mean() < 0.15


def test_peak_of_the_clean_beat_is_in_the_qrs():
    labels, clean = load_dataset("synthetic-ecg-segmentation"), load_dataset("synthetic-ecg-denoise")
    for steps, target in zip(labels.test.y, clean.test.y[..., 0], strict=True):
        assert steps[target.argmax()] == QRS
        if (steps == NONE).any() and (steps == T_WAVE).any():
            assert np.abs(target[steps == NONE]).mean() < target[steps == T_WAVE].mean()


def test_qrs_labels_are_those_of_the_segmentation():
    waves, qrs = load_dataset("synthetic-ecg-segmentation"), load_dataset("synthetic-ecg-qrs")
    np.testing.assert_array_equal(qrs.train.x, waves.train.x)
    np.testing.assert_array_equal(qrs.train.y, waves.train.y == QRS)


def test_every_split_has_every_wave(segmentation):
    for split in segmentation.splits.values():
        assert set(np.unique(split.y)) == {NONE, P_WAVE, QRS, T_WAVE}


def test_denoise_target_is_the_signal_without_its_disturbance():
    data = load_dataset("synthetic-ecg-denoise")
    disturbance = data.train.x - data.train.y
    assert 0.1 < disturbance.std() < 1
    assert abs(np.corrcoef(disturbance.ravel(), data.train.y.ravel())[0, 1]) < 0.05
    assert np.abs(data.train.y).max() < 2
