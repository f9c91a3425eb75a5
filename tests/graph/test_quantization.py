import numpy as np
import pytest
from graph import tiny_models
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.graph import Quantization
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter


def test_by_hand():
    quantization = Quantization((0.5,), (-3,))
    np.testing.assert_array_equal(
        quantization.quantize([0.0, 1.0, -1.2, 100.0, -100.0], "int8"), [-3, -1, -5, 127, -128]
    )
    np.testing.assert_array_equal(quantization.dequantize(np.array([-3, -1, 127], np.int8)), [0.0, 1.0, 65.0])


def test_halves_round_away_from_zero():
    halves = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    np.testing.assert_array_equal(Quantization((1.0,), (0,)).quantize(halves, "int8"), [-3, -2, -1, 1, 2, 3])


def test_the_float_just_below_a_half_rounds_down():
    below = np.nextafter(np.float32(0.5), np.float32(0))
    assert Quantization((1.0,), (0,)).quantize([below], "int8")[0] == 0


@pytest.mark.parametrize("interpreter", [TflmInterpreter, LiteRtInterpreter])
@pytest.mark.parametrize(("scale", "zero_point"), [(0.25, 3), (0.1, -7), (0.0268169101, 13)])
def test_equals_the_quantize_kernel_on_halves_and_around(interpreter, scale, zero_point):
    halves = (np.arange(-140, 140) + 0.5) * np.float32(scale)
    x = np.concatenate([halves, np.nextafter(halves, np.inf), np.nextafter(halves, -np.inf)]).astype(np.float32)[None]
    (kernel,) = interpreter(tiny_models.quantize_operator(scale, zero_point, x.size)).invoke(x)
    np.testing.assert_array_equal(Quantization((scale,), (zero_point,)).quantize(x, "int8"), kernel)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32"])
def test_infinity_clips_to_the_ends_of_the_type(dtype):
    result = Quantization((0.1,), (0,)).quantize([np.inf, -np.inf, 3.4e38], dtype)
    limits = np.iinfo(dtype)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, [limits.max, limits.min, limits.max])


@given(
    scale=st.floats(2**-20, 2**10, width=32),
    zero_point=st.integers(-128, 127),
    q=st.lists(st.integers(-128, 127), min_size=1, max_size=20),
)
def test_integers_come_back(scale, zero_point, q):
    quantization = Quantization((scale,), (zero_point,))
    np.testing.assert_array_equal(quantization.quantize(quantization.dequantize(q), "int8"), q)


def test_each_channel_has_its_own_scale():
    quantization = Quantization((1.0, 0.5), (0, 10), axis=1)
    x = np.array([[1.0, 1.0], [-2.0, -2.0], [0.0, 0.0]])
    q = quantization.quantize(x, "int8")
    np.testing.assert_array_equal(q, [[1, 12], [-2, 6], [0, 10]])
    np.testing.assert_array_equal(quantization.dequantize(q), x)
    assert quantization.dequantize(q).dtype == np.float32
