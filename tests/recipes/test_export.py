from itertools import product
from typing import get_args

import pytest

from neuralspot_edge.conversion.settings import ConversionSettings
from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import validate
from neuralspot_edge.recipes import ExportSpec, StreamingSpec
from neuralspot_edge.recipes.quantizations import IO_TYPES, Io, QuantizationKind

LEGAL = {
    ("float32", "float32"),
    ("float16", "float32"),
    ("int8", "int8"),
    ("int8", "float32"),
    ("int16x8", "int16"),
    ("int16x8", "float32"),
}


def test_the_table_has_a_row_for_each_kind():
    assert set(IO_TYPES) == set(get_args(QuantizationKind))


@pytest.mark.parametrize(("quantization", "io"), list(product(get_args(QuantizationKind), get_args(Io))))
def test_a_recipe_and_a_conversion_allow_the_same(quantization, io):
    values = {"quantization": quantization, "io": io}
    if (quantization, io) in LEGAL:
        assert validate(ExportSpec, values).io_type == ConversionSettings(**values).io_type == io
        return
    with pytest.raises(InputError, match=f"^io: '{io}' does not go with quantization {quantization}, allowed are"):
        validate(ExportSpec, values)
    with pytest.raises(InputError, match=f"^io: '{io}' does not go with quantization {quantization}, allowed are"):
        ConversionSettings(**values)


@pytest.mark.parametrize(
    ("quantization", "io"), [("float32", "float32"), ("float16", "float32"), ("int8", "int8"), ("int16x8", "int16")]
)
def test_without_io_it_is_the_quantizations_own(quantization, io):
    assert validate(ExportSpec, {"quantization": quantization}).io_type == io
    assert ConversionSettings(quantization).io_type == io


def test_nothing_streams_unless_it_is_asked_for():
    assert ExportSpec().streaming is None
    assert validate(ExportSpec, {"streaming": {}}).streaming == StreamingSpec(hop=1, state="io")


@pytest.mark.parametrize(
    ("streaming", "message"),
    [
        ({"hop": 0}, "streaming.hop: 0 is out of range, allowed is at least 1"),
        ({"hop": "1"}, "streaming.hop: must be a whole number, received '1'"),
        ({"state": "flash"}, "streaming.state: 'flash'"),
        ({"hopp": 1}, "streaming: unknown key 'hopp': did you mean 'hop'"),
        ({"hop": 4, "state": "tflm"}, "streaming: state tflm takes one step a call, hop is 4: write state io or hop 1"),
    ],
)
def test_what_cannot_be_streamed_is_refused_with_the_remedy(streaming, message):
    with pytest.raises(InputError) as refused:
        validate(ExportSpec, {"streaming": streaming})
    assert message in str(refused.value)
