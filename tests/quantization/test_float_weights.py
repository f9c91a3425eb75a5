"""Float weights are found behind the integers, and only those of the same model."""

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.families import build

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.errors import ConversionError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.quantization.float_weights import find_float_weights, find_gates

_SHAPE = (16, 2)
_GATED = {"block_type": "mb", "blocks": [{"filters": 4, "se_ratio": 2}]}


def _files(model):
    x = tcn.windows(_SHAPE, count=16)
    return load_graph(convert(model, calibration=[x])), load_graph(convert(model, ConversionSettings("float32")))


def test_a_weight_is_that_of_the_model_and_within_half_a_step_of_its_integer():
    model = tcn.randomize(build("mlp", _SHAPE, {"hidden": [6]}))
    graph, floating = _files(model)
    found = find_float_weights(graph, floating)
    assert not found.gates
    kernels = [layer.get_weights()[0] for layer in model.layers if layer.get_weights()]
    for operator, kernel in zip([o for o in graph.operators if o.kind == "CONV_2D"], kernels, strict=True):
        tensor = operator.inputs[1]
        values = found.values[tensor.index]
        np.testing.assert_array_equal(np.sort(values.ravel()), np.sort(kernel.ravel()))
        rounded = np.frombuffer(tensor.data, np.int8).reshape(tensor.shape)
        apart = np.abs(tensor.quantization.dequantize(rounded) - values)
        assert apart.max() <= 0.51 * max(tensor.quantization.scale)


def test_a_hard_sigmoid_is_known_although_its_sixth_has_gone_into_the_kernel():
    graph, floating = _files(tcn.randomize(build("tcn", _SHAPE, _GATED)))
    found = find_float_weights(graph, floating)
    (gate,) = (o for o in graph.operators if o.outputs[0].index in found.gates)
    assert gate.outputs[0].name == "tcn.B1.D1.SE.ex.act"
    _, other = _files(tcn.randomize(build("tcn", _SHAPE, _GATED), seed=5))
    assert find_gates(graph, other) == found.gates, "whatever became of the weights"


@pytest.mark.parametrize("seed", [1, 3])
def test_a_squeeze_of_dead_units_has_its_weights_all_the_same(seed):
    """What is always 0 has steps so fine that the bias behind it fills 32 bits, more than a float can tell apart."""
    keras.utils.set_random_seed(seed)
    graph, floating = _files(tcn.randomize(build("tcn", _SHAPE, _GATED)))
    assert min(tensor.quantization.scale[0] for tensor in graph.tensors if tensor.quantization) < 1e-7
    assert find_float_weights(graph, floating).gates


def test_gates_of_another_model_are_not_looked_for():
    graph, _ = _files(tcn.randomize(build("mlp", _SHAPE, {"hidden": [6]})))
    _, floating = _files(tcn.randomize(build("tcn", _SHAPE, _GATED)))
    with pytest.raises(ConversionError, match="the float file is of another model"):
        find_gates(graph, floating)


def test_weights_of_another_model_are_not_taken():
    graph, _ = _files(tcn.randomize(build("mlp", _SHAPE, {"hidden": [6]}), seed=1))
    _, floating = _files(tcn.randomize(build("mlp", _SHAPE, {"hidden": [6]}), seed=2))
    with pytest.raises(ConversionError, match=r"^layer 'mlp\..*': the float file has no such weights"):
        find_float_weights(graph, floating)
