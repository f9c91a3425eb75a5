from __future__ import annotations

import numpy as np
import pytest
from graph import tiny_models

from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.layer_names import layer_of


def _operator(output: str, constant: str):
    tensors = [
        tiny_models.tensor("x", (1, 4)),
        tiny_models.tensor(constant, (1, 4), data=np.ones((1, 4), np.float32)),
        tiny_models.tensor(output, (1, 4)),
    ]
    (operator,) = load_graph(tiny_models.pack("ADD", tensors, inputs=[0], outputs=[2])).operators
    return operator


@pytest.mark.parametrize(
    ("output", "constant", "layer"),
    [
        ("tcn.B1.D1.DW.ACT", "tcn.B1.D1.DW.CN", "tcn.B1.D1.DW.ACT"),
        ("model/conv1/Relu;model/conv1/BiasAdd;model/conv1/Conv2D", "w", "conv1"),
        ("Identity", "tcn.NECK.conv", "tcn.NECK.conv"),
        ("StatefulPartitionedCall_1:0", "model/head/MatMul", "head"),
        ("PartitionedCall:0", "arith.constant12", ""),
    ],
)
def test_a_layer_is_found_by_the_names_of_its_tensors(output, constant, layer):
    assert layer_of(_operator(output, constant)) == layer
