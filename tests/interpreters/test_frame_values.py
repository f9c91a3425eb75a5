"""Samples to integers and back, against the slower ways that define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Quantization
from neuralspot_edge.interpreters import TensorSpec
from neuralspot_edge.interpreters.frame_values import FrameDecoder, FrameEncoder
from neuralspot_edge.preprocessing import Preprocessing

NONE = Preprocessing("none")
FLOATS = st.floats(allow_nan=False, width=32)
QUANTIZATIONS = st.builds(
    lambda scale, zero_point: Quantization((scale,), (zero_point,)),
    st.floats(2**-20, 2.0**13, width=32),
    st.integers(-128, 127),
)


def _spec(dtype: str, quantization: Quantization | None) -> TensorSpec:
    return TensorSpec("x", (1, 2, 3), dtype, quantization)


@settings(derandomize=True, deadline=None)
@given(arrays.arrays(np.float32, (2, 3), elements=FLOATS), QUANTIZATIONS, st.sampled_from(["int8", "int16"]))
def test_floats_become_the_integers_of_the_quantization(x, quantization, dtype):
    spec = _spec(dtype, quantization)
    encoded = FrameEncoder(spec, NONE, 3)(x)
    assert encoded.dtype == dtype
    np.testing.assert_array_equal(encoded, spec.to_raw(x))


@settings(derandomize=True, deadline=None)
@given(
    arrays.arrays(np.float64, (2, 3), elements=st.floats(-1e6, 1e6)),
    st.tuples(*[st.floats(-1e3, 1e3)] * 3),
    st.tuples(*[st.floats(1e-3, 1e3)] * 3),
    QUANTIZATIONS,
)
def test_samples_are_standardized_as_the_preprocessing_does(x, mean, std, quantization):
    preprocessing = Preprocessing("standardize", mean, std)
    for spec in (_spec("int8", quantization), _spec("float32", None)):
        np.testing.assert_array_equal(FrameEncoder(spec, preprocessing, 3)(x), spec.to_raw(preprocessing.apply(x)))


@settings(derandomize=True, deadline=None)
@given(arrays.arrays(np.int16, (2, 3), elements=st.integers(-32768, 32767)), QUANTIZATIONS)
def test_integers_become_the_real_values_of_the_quantization(raw, quantization):
    spec = _spec("int16", quantization)
    np.testing.assert_array_equal(FrameDecoder(spec)(raw), spec.to_real(raw))
    assert FrameDecoder(spec)(raw).dtype == FrameDecoder(spec).dtype == np.float32


def test_halves_go_away_from_zero_and_the_largest_float_below_a_half_does_not():
    below = np.nextafter(np.float32(0.5), np.float32(0))
    encode = FrameEncoder(_spec("int8", Quantization((1.0,), (0,))), NONE, 3)
    assert encode(np.array([0.5, -0.5, 1.5, -2.5, below, -below, np.inf, -np.inf])).tolist() == [
        *(1, -1, 2, -3, 0, 0),
        *(127, -128),
    ]


def test_what_is_not_quantized_stays():
    raw = np.array([1, 2], np.int32)
    assert FrameDecoder(_spec("int32", None))(raw) is raw


def test_windows_are_refused_with_a_reason():
    with pytest.raises(InputError, match=r"which a stream does not know .*train it with preprocess: standardize"):
        FrameEncoder(_spec("int8", Quantization((1.0,), (0,))), Preprocessing("window"), 3)


def test_a_preprocessing_of_other_channels_is_refused():
    with pytest.raises(InputError, match="has 3 channels, its preprocessing was fitted on 2"):
        FrameEncoder(_spec("float32", None), Preprocessing("standardize", (0.0, 0.0), (1.0, 1.0)), 3)


def test_a_scale_for_each_channel_is_refused():
    spec = _spec("int8", Quantization((1.0, 2.0, 3.0), (0, 0, 0), axis=2))
    with pytest.raises(InputError, match="tensor 'x' has a scale for each channel"):
        FrameEncoder(spec, NONE, 3)
    with pytest.raises(InputError, match="tensor 'x' has a scale for each channel"):
        FrameDecoder(spec)
