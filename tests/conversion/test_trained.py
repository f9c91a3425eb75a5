"""What is asked of a model that was trained in int8, beside its own file."""

from __future__ import annotations

import keras
import pytest
from helpers import tcn
from helpers.families import build
from keras import layers

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import read_metadata
from neuralspot_edge.quantization import quantize_aware


@pytest.fixture(scope="module")
def aware() -> keras.Model:
    return quantize_aware(tcn.randomize(build("linear", (8, 3))), tcn.windows((8, 3)))


def test_its_file_needs_no_calibration_and_takes_metadata(aware):
    assert read_metadata(convert(aware, metadata={"made by": b"me"}))["made by"] == b"me"


@pytest.mark.parametrize("quantization", ["float32", "float16", "int16x8"])
def test_another_quantization_is_refused(aware, quantization):
    with pytest.raises(InputError, match=f"trained in int8, '{quantization}'"):
        convert(aware, ConversionSettings(quantization))


def test_layers_around_it_are_refused(aware):
    inputs = keras.Input((8, 3))
    wrapped = keras.Model(inputs, layers.Softmax(name="after")(aware.layers[-1](inputs)))
    with pytest.raises(InputError, match="'after' stands beside"):
        convert(wrapped)
