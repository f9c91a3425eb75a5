"""The beat that ECG and pulse wave share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Rhythm", "beat_phase"]

_Signal = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rhythm:
    """How a heart beats.

    Attributes:
        rate: Mean heart rate in beats per minute.
        breath: Breathing rate in Hz; it modulates the heart rate (respiratory sinus arrhythmia).
        breath_depth: Relative modulation of the beat interval by breathing.
        jitter: Relative deviation of single beat intervals.
    """

    rate: float
    breath: float
    breath_depth: float
    jitter: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Rhythm:
        """The rhythm of one subject at rest."""
        return cls(
            rate=rng.uniform(52, 105),
            breath=rng.uniform(0.18, 0.32),
            breath_depth=rng.uniform(0.01, 0.06),
            jitter=rng.uniform(0.005, 0.02),
        )


def beat_phase(rng: np.random.Generator, rhythm: Rhythm, times: _Signal) -> _Signal:
    """Phase within the beat in radians, -pi to pi, 0 at the R peak.

    Beat intervals vary with breathing, with the slow (0.1 Hz) pressure waves and at random, the two bands that McSharry
    et al. (2003) give to the beat intervals of ECGSYN.

    Args:
        rng: Source of randomness.
        rhythm: How the heart beats.
        times: Seconds, ascending from 0, `(steps,)`.
    """
    mean = 60 / rhythm.rate
    count = int(1.5 * times[-1] / mean) + 4
    nominal = np.arange(count) * mean
    breath = rhythm.breath_depth * np.sin(2 * np.pi * (rhythm.breath * nominal + rng.uniform()))
    pressure = 0.5 * rhythm.breath_depth * np.sin(2 * np.pi * (0.1 * nominal + rng.uniform()))
    intervals = mean * (1 + breath + pressure + rhythm.jitter * rng.standard_normal(count).clip(-3, 3))
    beats = np.cumsum(intervals) - intervals[0] - rng.uniform() * mean
    turns = np.interp(times, beats, np.arange(count))
    return np.asarray(2 * np.pi * (turns - np.round(turns)))
