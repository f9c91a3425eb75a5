"""From samples to integers: the C of the header against `Preprocessing` and `Quantization`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from deployment.zig import C11, Zig, write
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.deployment.constants import ModelConstants, TensorConstants
from neuralspot_edge.deployment.input_maps import input_map
from neuralspot_edge.deployment.settings import DeploymentSettings
from neuralspot_edge.deployment.sources import source_files
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Quantization, Tensor

C_TYPES = {"int8": ctypes.c_int8, "uint8": ctypes.c_uint8, "int16": ctypes.c_int16, "float32": ctypes.c_float}
PER_CHANNEL = Preprocessing("standardize", (0.0, 2.5, -250.0, 1e4), (1.0, 300.0, 0.25, 10.0))
"""Means of 0, of less than a deviation, and of 1,000 deviations to both sides."""
NONE = Preprocessing("none")


def _tensor(dtype: str, quantization: Quantization | None, channels: int = 4) -> Tensor:
    return Tensor(0, "x", (1, 8, channels), dtype, quantization, None)


def _prepare_in_c(
    zig: Zig, folder: Path, tensor: Tensor, preprocessing: Preprocessing
) -> Callable[[np.ndarray], np.ndarray]:
    """The generated function, compiled as C, over samples (N, channels)."""
    channel = ", channel" if preprocessing.kind == "standardize" else ""
    program = f"""
#include "model_data.h"
void prepare_all(const float* samples, size_t count, size_t channels, m_input0_t* values) {{
  for (size_t i = 0; i < count; ++i) {{
    const size_t channel = i % channels;
    (void)channel;
    values[i] = m_prepare_input0(samples[i]{channel});
  }}
}}
"""
    scale, zero = (
        (tensor.quantization.scale[0], tensor.quantization.zero_point[0]) if tensor.quantization else (None,) * 2
    )
    constants = TensorConstants(
        "input", 0, "x", tensor.shape, tensor.dtype, scale, zero, input_map(tensor, preprocessing)
    )
    model = ModelConstants("m", DeploymentSettings("m", 1, preprocessing), b"TFL3", (constants,), (), ())
    write({**source_files(model), "prepare.c": program}, folder)
    function = zig.load(C11, ("model_data.cc", "prepare.c"), folder=folder).prepare_all

    def prepare(samples: np.ndarray) -> np.ndarray:
        samples = np.ascontiguousarray(samples, np.float32)
        values = np.empty(samples.shape, tensor.dtype)
        pointer = ctypes.POINTER(C_TYPES[tensor.dtype])
        function(
            samples.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            ctypes.c_size_t(samples.size),
            ctypes.c_size_t(samples.shape[-1]),
            values.ctypes.data_as(pointer),
        )
        return values

    return prepare


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [("int8", 0.0304, -2), ("int8", 0.1, 127), ("uint8", 0.02, 128), ("int16", 3.1e-4, 0)],
)
def test_standardize_in_c_differs_from_python_by_one_step_at_most_and_seldom(zig, tmp_path, dtype, scale, zero_point):
    quantization = Quantization((scale,), (zero_point,))
    prepare = _prepare_in_c(zig, tmp_path, _tensor(dtype, quantization), PER_CHANNEL)
    rng = np.random.default_rng(0)
    samples = rng.normal(PER_CHANNEL.mean, 4 * np.array(PER_CHANNEL.std), (20_000, 4)).astype(np.float32)
    expected = quantization.quantize(PER_CHANNEL.apply(samples), dtype)
    apart = np.abs(prepare(samples).astype(int) - expected)
    assert apart.max() <= 1
    # A mean of 1,000 deviations takes 3 digits of 7, and an int16 needs 5.
    assert (apart[:, :2] > 0).mean() < (0.01 if dtype == "int16" else 0.0001)
    assert (apart > 0).mean() < (0.1 if dtype == "int16" else 0.001)


def test_without_preprocessing_c_rounds_and_clips_as_python_does(zig, tmp_path):
    quantization = Quantization((0.25,), (-5,))
    prepare = _prepare_in_c(zig, tmp_path, _tensor("int8", quantization), NONE)
    steps = np.arange(-1200, 1200) / 8  # Halves among them: the scale is a power of 2, so that they stay ties.
    samples = (steps * 0.25).astype(np.float32).reshape(-1, 4)
    np.testing.assert_array_equal(prepare(samples), quantization.quantize(samples, "int8"))
    extremes = np.array([[np.inf, -np.inf, 3e38, -3e38]], np.float32)
    np.testing.assert_array_equal(prepare(extremes), [[127, -128, 127, -128]])
    just_below_a_half = np.array([[0.49999997 / 4, -0.49999997 / 4, 0.5 / 4, -0.5 / 4]], np.float32)
    np.testing.assert_array_equal(prepare(just_below_a_half), [[-5, -5, -4, -6]])


def test_a_sample_that_is_no_number_becomes_the_least_integer(zig, tmp_path):
    prepare = _prepare_in_c(zig, tmp_path, _tensor("int8", Quantization((0.25,), (3,))), NONE)
    np.testing.assert_array_equal(prepare(np.full((1, 4), np.nan)), np.full((1, 4), -128))


def test_a_float_model_is_standardized_in_c_without_rounding(zig, tmp_path):
    preprocessing = Preprocessing("standardize", (1.0, -2.0, 0.0, 40.0), (0.5, 3.0, 1.0, 7.0))
    prepare = _prepare_in_c(zig, tmp_path, _tensor("float32", None), preprocessing)
    samples = np.random.default_rng(0).normal(preprocessing.mean, preprocessing.std, (500, 4)).astype(np.float32)
    np.testing.assert_allclose(prepare(samples), preprocessing.apply(samples), atol=2e-6, rtol=1e-6)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    mean=st.floats(-1e4, 1e4, width=32),
    std=st.floats(1.0, 1e4, width=32),
    scale=st.floats(2**-10, 1.0, width=32),
    zero_point=st.integers(-128, 127),
    deviations=st.lists(st.floats(-8, 8), min_size=1, max_size=20),
)
def test_one_multiplication_and_one_addition_stand_for_both_maps(mean, std, scale, zero_point, deviations):
    quantization, preprocessing = Quantization((scale,), (zero_point,)), Preprocessing("standardize", (mean,), (std,))
    found = input_map(_tensor("int8", quantization, channels=1), preprocessing)
    assert found is not None
    assume(abs(found.offset[0]) <= 2**22)
    samples = (mean + std * np.array(deviations)).astype(np.float32)[:, None]
    steps = samples * np.float32(found.gain[0]) + np.float32(found.offset[0])
    received = np.clip(np.trunc(steps + np.copysign(0.5, steps)), found.lowest, found.highest) + zero_point
    expected = quantization.quantize(preprocessing.apply(samples), "int8")
    assert np.abs(received - expected).max() <= 1


def test_gain_and_offset_are_those_of_a_hand_computed_case():
    found = input_map(
        _tensor("int8", Quantization((0.5,), (3,)), channels=1), Preprocessing("standardize", (10.0,), (4.0,))
    )
    assert found is not None
    assert (found.gain, found.offset, found.lowest, found.highest) == ((0.5,), (-5.0,), -131, 124)


@pytest.mark.parametrize(
    ("tensor", "preprocessing"),
    [
        (_tensor("float32", None), NONE),
        (_tensor("float32", None), Preprocessing("window")),
        (_tensor("int32", None), PER_CHANNEL),
        (_tensor("bool", None), NONE),
    ],
)
def test_there_is_no_map_where_nothing_is_to_be_computed(tensor, preprocessing):
    assert input_map(tensor, preprocessing) is None


def test_a_preprocessing_of_another_model_is_refused():
    with pytest.raises(InputError, match=r"fitted on 4 channels, input 'x' of shape \(1, 8, 3\) has 3"):
        input_map(_tensor("int8", Quantization((0.5,), (0,)), channels=3), PER_CHANNEL)


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1e-45), (1e38, 1e-3), (0.0, 1e300)])
def test_constants_out_of_float32_are_refused(mean, std):
    preprocessing = Preprocessing("standardize", (mean,), (std,))
    with pytest.raises(InputError, match="out of float32's range; record the samples in another unit"):
        input_map(_tensor("int8", Quantization((0.5,), (0,)), channels=1), preprocessing)
