import numpy as np
import pytest
from graph import tiny_models

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import parse, serialize
from neuralspot_edge.interpreters import LiteRtInterpreter


def test_both_kinds_of_kernels_give_nearly_the_same(models):
    x = np.random.default_rng(0).integers(-128, 127, (16, 1, 16, 3), np.int8)
    reference = LiteRtInterpreter(models["int8"]).predict(x)
    optimized = LiteRtInterpreter(models["int8"], kernels="optimized").predict(x)
    assert np.abs(reference.astype(int) - optimized).max() <= 1


def test_unknown_kernels_are_refused(models):
    with pytest.raises(InputError, match="unknown kernels 'fast': known are reference, optimized"):
        LiteRtInterpreter(models["int8"], kernels="fast")


def test_it_runs_what_tflite_micro_does_not():
    result = LiteRtInterpreter(tiny_models.gelu()).predict(np.array([[0.0, 1.0, 10.0, -10.0]]))
    np.testing.assert_allclose(result, [[0.0, 0.841345, 10.0, 0.0]], atol=1e-5)


def test_an_unknown_custom_operator_is_named():
    with pytest.raises(InputError, match="unresolved custom op: Mine"):
        LiteRtInterpreter(tiny_models.custom("Mine"))


def test_a_damaged_file_is_refused(models, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(models["int8"][:1000])
    with pytest.raises(InputError, match=r"model\.tflite is truncated or damaged"):
        LiteRtInterpreter(path)


def test_tensors_that_do_not_fit_their_operator_are_refused(models):
    model = parse(models["int8"])
    model.subgraphs[0].tensors[0].shape = [1, 1, 16, 5]
    with pytest.raises(InputError, match="ai_edge_litert refuses the model"):
        LiteRtInterpreter(serialize(model))


def test_an_output_of_no_fixed_shape_is_refused():
    ends = [
        tiny_models.tensor("x", (1, 4)),
        tiny_models.tensor("shape", (1,), "INT32"),
        tiny_models.tensor("y", (1, 4)),
    ]
    tflite = tiny_models.pack("RESHAPE", ends, inputs=[0, 1], outputs=[2])
    runner = LiteRtInterpreter(tflite)
    with pytest.raises(InputError, match=r"'y' has no fixed shape: \(1, 4\) in the file, now \(4,\)"):
        runner.invoke(np.zeros((1, 4), np.float32), np.array([4], np.int32))
