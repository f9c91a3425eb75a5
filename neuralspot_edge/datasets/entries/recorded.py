"""Recorded series of the UCR and UEA archives."""

from __future__ import annotations

from neuralspot_edge.datasets.archive import ArchiveLoader
from neuralspot_edge.datasets.entry import DatasetEntry, unchanged
from neuralspot_edge.datasets.types import Provenance

__all__ = ["ENTRIES"]

_UEA = "A. Bagnall et al., The UEA multivariate time series classification archive, 2018, arXiv:1811.00075"

ENTRIES = (
    DatasetEntry(
        name="basic-motions",
        description="Four activities of four students with a smartwatch: accelerometer and gyroscope, ten seconds",
        tasks=("classification",),
        channels=("acc-x", "acc-y", "acc-z", "gyro-x", "gyro-y", "gyro-z"),
        sampling_rate=10.0,
        classes=("standing", "walking", "running", "badminton"),
        window=100,
        provenance=Provenance(
            "BasicMotions of the UEA archive, from the files of the package aeon",
            _UEA,
            "not stated by the source",
            "official test split, which does not tell the students apart; validation is a fifth of the official "
            "training split, stratified by class",
        ),
        load=unchanged(ArchiveLoader("load_basic_motions", ("standing", "walking", "running", "badminton"), 100)),
    ),
    DatasetEntry(
        name="gunpoint",
        description="Drawing a gun or pointing a finger: position of the right hand in a video, five seconds",
        tasks=("classification",),
        channels=("hand-x",),
        sampling_rate=30.0,
        classes=("gun", "point"),
        window=150,
        provenance=Provenance(
            "GunPoint of the UCR archive, from the files of the package aeon",
            "H. A. Dau et al., The UCR time series archive, 2018, arXiv:1810.07758",
            "not stated by the source",
            "each series has mean 0 and deviation 1 in the source; 30 frames per second is what the archive states for "
            "later recordings of the same motions; official test split; validation is a fifth of the official training "
            "split, stratified by class",
        ),
        load=unchanged(ArchiveLoader("load_gunpoint", ("1", "2"), 150)),
    ),
    DatasetEntry(
        name="japanese-vowels",
        description="Which of nine men says /ae/: 12 LPC cepstrum coefficients, 7 to 29 frames padded to 29",
        tasks=("classification",),
        channels=tuple(f"lpc-cepstrum-{index}" for index in range(1, 13)),
        # Frames of 25.6 ms every 6.4 ms.
        sampling_rate=156.25,
        classes=tuple(f"speaker-{index}" for index in range(1, 10)),
        window=29,
        provenance=Provenance(
            "JapaneseVowels of the UEA archive, from the files of the package aeon",
            "M. Kudo, J. Toyama, M. Shimbo, Multidimensional curve classification using passing-through regions, "
            "Pattern Recognition Letters 20(11-13), 1999",
            "CC BY 4.0 (UCI Machine Learning Repository)",
            "series of 7 to 29 frames are padded with zeros at the end to 29; official test split; validation is a "
            "fifth of the official training split, stratified by class",
        ),
        load=unchanged(ArchiveLoader("load_japanese_vowels", tuple(str(index) for index in range(1, 10)), 29)),
    ),
)
