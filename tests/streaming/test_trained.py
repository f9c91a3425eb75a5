"""A file that was trained in int8 streams bit for bit: its scales are learned, its graph is that of any file."""

import keras
import numpy as np
import pytest
from helpers import streams, tcn
from helpers.families import build

from neuralspot_edge.conversion import convert
from neuralspot_edge.quantization import quantize_aware
from neuralspot_edge.streaming import stream

SHAPE = (20, 2)
MODELS = {
    "tcn": {"padding": "causal", "head": "last", "blocks": [{"filters": 4, "dilation": 2}]},
    "wavenet": {"filters": 3, "dilations": [1, 2], "padding": "causal"},
    "residual_tcn": {"filters": 4, "dilations": [1, 2], "compute": "all"},
}


@pytest.mark.parametrize("family", MODELS)
def test_a_trained_file_streams(family):
    x = tcn.windows(SHAPE, count=16)
    model = quantize_aware(tcn.randomize(build(family, SHAPE, MODELS[family])), x)
    before = convert(model)
    model.compile(keras.optimizers.Adam(0.05), "mse", run_eagerly=True)
    model.train_on_batch(x, np.zeros((16, *model.output_shape[1:])))
    after = convert(model)
    assert after != before
    assert len(stream(after)) == pytest.approx(len(stream(before)), rel=0.05)
    streams.assert_streams(after)
