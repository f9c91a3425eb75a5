import pytest
from targets.by_hand import cost

from neuralspot_edge.targets.kernels import classify


@pytest.mark.parametrize(
    ("kind", "elementwise", "expected"),
    [
        ("CONV_2D", 0, "convolution"),
        ("DEPTHWISE_CONV_2D", 0, "depthwise"),
        ("FULLY_CONNECTED", 0, "fully_connected"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", 9, "fully_connected"),
        ("MEAN", 9, "reduction"),
        ("AVERAGE_POOL_2D", 9, "pooling"),
        ("ADD", 9, "arithmetic"),
        ("QUANTIZE", 9, "arithmetic"),
        ("LOGISTIC", 9, "function"),
        ("SOFTMAX", 9, "softmax"),
        ("RESHAPE", 0, "copy"),
        ("PAD", 0, "movement"),
        ("CUSTOM", 0, "movement"),
    ],
)
def test_operators_fall_into_classes(kind, elementwise, expected):
    assert classify(cost(kind, 1, 4).operator, elementwise) == expected


def test_a_convolution_of_one_step_is_pointwise():
    assert classify(cost("CONV_2D", 1, 1, 8, 4, kernel=1).operator, 0) == "pointwise"
    assert classify(cost("DEPTHWISE_CONV_2D", 1, 1, 8, 4, kernel=1).operator, 0) == "depthwise"
