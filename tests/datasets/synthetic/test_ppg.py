import numpy as np

from neuralspot_edge.datasets import load_dataset


def test_clean_wave_pulses_at_the_rate_of_a_heart():
    data = load_dataset("synthetic-ppg-denoise", window=1000)
    rates = []
    for clean in data.train.y[::30, :, 0]:
        spectrum = np.abs(np.fft.rfft(clean - clean.mean(), n=8000))
        rates.append(60 * spectrum.argmax() * data.sampling_rate / 8000)
    assert 48 < min(rates) < max(rates) < 110
    assert np.std(rates) > 5


def test_clean_wave_is_free_of_noise_and_of_wander():
    clean = load_dataset("synthetic-ppg-denoise").train.y
    assert clean.min() > -0.01
    assert 0.8 < clean.max() < 1.8
    power = np.abs(np.fft.rfft(clean[..., 0] * np.hanning(256))).sum(axis=0) ** 2
    above_12_hz = np.fft.rfftfreq(256, 1 / 50) > 12
    assert power[above_12_hz].sum() < 1e-3 * power.sum()


def test_motion_disturbs_some_windows_and_leaves_others():
    data = load_dataset("synthetic-ppg-denoise")
    disturbance = (data.train.x - data.train.y).std(axis=(1, 2))
    assert np.quantile(disturbance, 0.1) < 0.15
    assert np.quantile(disturbance, 0.9) > 0.3
