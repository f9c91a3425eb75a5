"""Ranges of activations against the float model's own intermediate results."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.tflite import convert_with, kinds, most_lsb_apart

from neuralspot_edge.graph import load_graph

SHAPE = (48, 3)


@pytest.mark.parametrize("context", ["window", "causal", "frame"])
@pytest.mark.parametrize("block_type", tcn.BLOCK_TYPES)
def test_every_layers_tensor_has_the_range_of_that_layer(block_type, context):
    """The converter's own calibration gave gates the range of the product after them, computed in the same memory."""
    block = {"filters": 8, "se_ratio": 2, "ex_ratio": 2}
    params = {"block_type": block_type, "se_context": context, "blocks": [block, {**block, "dilation": 2}]}
    model = tcn.randomize(tcn.build(params, SHAPE))
    x = tcn.windows(SHAPE, count=32)
    names = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Multiply | keras.layers.Add)]
    names += [layer.name for layer in model.layers if layer.name.endswith((".SE.ex.act", ".SE.sq.act"))]
    outputs = keras.Model(model.inputs, [model.get_layer(name).output for name in names]).predict(x, verbose=0)
    expected = {name: np.ptp([*output.ravel(), 0]) for name, output in zip(names, outputs, strict=True)}
    found = {t.name: t.quantization for t in load_graph(convert_with(model, x)).tensors if not t.is_constant}
    compared = [name for name in names if name in found]
    assert len(compared) >= len(names) // 2
    for name in compared:
        span = 255 * found[name].scale[0]
        # A fused ReLU6 or a folded hard sigmoid is given its whole range, and none is given less than it has.
        whole = {".SE.sq.act": 6, ".SE.ex.act": 1}
        allowed = max(expected[name], next((top for end, top in whole.items() if name.endswith(end)), 0))
        assert 0.999 * expected[name] <= span <= 1.001 * allowed, name


@pytest.mark.parametrize(("shape", "kernel"), [((2, 1), (1, 2)), ((2, 2, 1), (2, 2))])
def test_a_kernel_as_long_as_its_input_gives_one_file(shape, kernel):
    """Five conversions by the converter's own calibration gave five files, with ranges up to 1e34."""
    model = tcn.randomize(tcn.build({"output_kernel": kernel}, shape))
    x = tcn.windows(shape)
    files = {convert_with(model, x) for _ in range(4)}
    assert len(files) == 1
    assert most_lsb_apart(files.pop(), x) <= 1


def test_gates_fold_once_their_ranges_are_right():
    model = tcn.build({"blocks": [{"filters": 8, "se_ratio": 2}], "se_context": "frame"}, SHAPE)
    assert kinds(convert_with(tcn.randomize(model), tcn.windows(SHAPE))).count("MUL") == 1


@pytest.mark.filterwarnings("ignore:.*norm 'channel' over a single channel")
def test_a_difference_that_is_always_0_does_not_abort_the_device():
    model = tcn.randomize(tcn.build({"input_kernel": 3, "input_norm": "channel"}, (12, 1)))
    x = tcn.windows((12, 1))
    assert most_lsb_apart(convert_with(model, x), x) <= 1


def test_a_model_that_gives_its_input_back_converts():
    content = convert_with(tcn.build({"include_top": False}, (1, *SHAPE)), tcn.windows((1, *SHAPE)))
    assert not kinds(content)
    assert load_graph(content).inputs[0].shape == (1, 1, *SHAPE)
