import pytest

from neuralspot_edge.suggestions import did_you_mean, unknown_name

KNOWN = ("standardize", "window", "none")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("standardise", "did you mean 'standardize'?"),
        ("WINDOW", "did you mean 'window'?"),
        ("nnoe", "did you mean 'none'?"),
        ("spectrogram", ""),
        ("", ""),
        (None, "did you mean 'none'?"),
        (7, ""),
    ],
)
def test_the_nearest_name_is_offered(name, hint):
    assert did_you_mean(name, KNOWN) == hint


def test_the_case_of_the_known_name_is_kept():
    assert did_you_mean("conv2d", ["Conv2D", "Dense"]) == "did you mean 'Conv2D'?"


def test_an_unknown_name_is_answered_with_the_nearest_or_with_all():
    assert unknown_name("preprocessing", "standard", KNOWN) == (
        "unknown preprocessing 'standard': did you mean 'standardize'?"
    )
    assert unknown_name("preprocessing", "fft", iter(KNOWN)) == (
        "unknown preprocessing 'fft': known are none, standardize, window"
    )
