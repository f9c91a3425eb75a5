import subprocess
import sys

import pytest
from graph import tiny_models, whole_graphs
from graph.whole_graphs import Body, floats, write

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import ArenaReading, measure_arena
from neuralspot_edge.interpreters.tflm_trial import TflmTrial
from neuralspot_edge.processes import shared


def test_the_parts_are_those_that_the_interpreter_names():
    """One operator on two tensors: 2 x 24, 2 x 64, 2 x 32 and 64 bytes with pointers of 8."""
    reading = measure_arena(tiny_models.quantize_operator(0.5, 0, 4))
    assert dict(reading.parts) == {
        "TfLiteEvalTensor data": 48,
        "Persistent TfLiteTensor data": 128,
        "Persistent TfLiteTensor quantization data": 32,
        "Persistent buffer data": 72,
        "NodeAndRegistration struct": 64,
    }
    assert (reading.tensor_bytes, reading.persistent_bytes, reading.total_bytes) == (32, 832, 864)


def test_a_variable_is_a_part_of_its_own():
    assert measure_arena(tiny_models.running_sum(3)).parts["TfLiteTensor variable buffer data"] >= 12


def test_a_path_is_read_like_its_content(tmp_path):
    content = whole_graphs.chain()
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    assert measure_arena(path) == measure_arena(str(path)) == measure_arena(content)


def test_a_model_that_only_a_run_would_refuse_is_measured():
    ends = [tiny_models.tensor("x", (1, 4), "INT64"), tiny_models.tensor("y", (1, 4), "INT64")]
    assert measure_arena(tiny_models.pack("RELU", ends, inputs=[0], outputs=[1])).tensor_bytes == 64


def test_a_loop_without_end_is_measured_for_it_is_not_run():
    assert isinstance(measure_arena(whole_graphs.loop(limit=2**31 - 1)), ArenaReading)


def test_what_tflite_micro_refuses_is_refused_with_its_reason(models):
    with pytest.raises(InputError, match=r"^TFLite Micro refuses the model: it has no operator GELU$"):
        measure_arena(tiny_models.gelu())
    with pytest.raises(InputError, match="truncated or damaged"):
        measure_arena(models["int8"][:1000])


def test_a_crash_is_an_error_and_the_next_model_is_measured():
    measure_arena(whole_graphs.chain())
    worker = shared(TflmTrial)
    with pytest.raises(InputError, match=r"^TFLite Micro crashed on the model \(SIGSEGV\); this process is unharmed"):
        measure_arena(tiny_models.running_sum(3, bias=False))
    assert measure_arena(whole_graphs.branch()).total_bytes > 0
    assert shared(TflmTrial) is worker


@pytest.mark.parametrize("size", [2**27 + 1, 2**31 - 1])
def test_tensors_beyond_any_device_are_refused_before_they_are_allocated(size):
    with pytest.raises(InputError, match=f"computes {size} tensor elements"):
        measure_arena(write(Body(floats(size), [], [0], [0])))


def test_without_the_package_it_says_where_there_is_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    with pytest.raises(InputError, match="tflite-micro is not installed; it exists for linux on x86-64"):
        measure_arena(whole_graphs.chain())


def test_this_process_imports_neither_interpreter(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(whole_graphs.chain())
    code = "import sys; from neuralspot_edge.interpreters import measure_arena; measure_arena(sys.argv[1]); "
    code += "sys.exit(any(name in sys.modules for name in ('tflite_micro', 'ai_edge_litert.interpreter')))"
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 0
