import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.graph.packing import SharingBuilder


def packed(vectors: list[np.ndarray], builder: object) -> bytes:
    """A model of one tensor for each vector, which is its zero points."""
    tensors = [schema.TensorT(quantization=schema.QuantizationParametersT(zeroPoint=vector)) for vector in vectors]
    builder.Finish(schema.ModelT(subgraphs=[schema.SubGraphT(tensors=tensors)]).Pack(builder))
    return bytes(builder.Output())


def vectors_of(content: bytes) -> list[list[int]]:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    return [np.atleast_1d(tensor.quantization.zeroPoint).tolist() for tensor in model.subgraphs[0].tensors]


def test_an_equal_vector_costs_no_second_copy():
    zeros = [np.zeros(100, np.int64) for _ in range(10)]
    one = len(packed(zeros[:1], SharingBuilder(64)))
    assert len(packed(zeros, SharingBuilder(64))) < one + 9 * 100


@given(st.lists(st.lists(st.integers(-1, 1), min_size=1, max_size=3), min_size=1, max_size=6))
def test_shared_or_not_every_vector_comes_back(contents):
    vectors = [np.array(content, np.int64) for content in contents]
    assert vectors_of(packed(vectors, SharingBuilder(64))) == contents


def test_vectors_of_equal_bytes_and_other_types_are_not_one():
    builder = SharingBuilder(64)
    assert builder.CreateNumpyVector(np.zeros(2, np.int64)) != builder.CreateNumpyVector(np.zeros(4, np.int32))


def test_equal_strings_are_there_once():
    builder = SharingBuilder(64)
    assert builder.CreateString("conv") == builder.CreateString(b"conv") != builder.CreateString("dense")
