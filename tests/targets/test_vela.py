import subprocess

import pytest
from graph import tiny_models
from targets.by_hand import target

from neuralspot_edge.errors import InputError
from neuralspot_edge.targets import Npu, estimate_npu, load_target, vela

U55 = load_target("alif-e7")


@pytest.fixture(scope="module")
def int8() -> bytes:
    return tiny_models.convolution("int8")


def test_a_model_of_convolutions_runs_on_the_npu(int8):
    estimate = estimate_npu(int8, "alif-e7")
    assert (estimate.accelerator, estimate.clock_mhz) == ("ethos-u55-256", 400)
    assert estimate.npu_operators == 2
    assert estimate.cpu_operators == ()
    assert estimate.cycles > 0
    assert estimate.milliseconds == estimate.cycles / 400_000
    # Input and output, and a feature map between them, of 16 steps and at most 4 channels; 80 weights.
    assert 16 * 5 <= estimate.sram_used_bytes <= 1024
    assert 80 <= estimate.off_chip_used_bytes <= 4096
    assert f"estimate of ethos-u-vela {estimate.version} " in estimate.method
    assert "not a measurement" in estimate.method


def test_fewer_macs_a_cycle_take_more_cycles(int8, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(int8)
    small = U55.replace(npu=Npu(accelerator="ethos-u55-32", clock_mhz=400.0))
    assert estimate_npu(path, small).cycles > estimate_npu(path, U55).cycles
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("accelerator", ["ethos-u65-256", "ethos-u85-256"])
def test_the_other_families(int8, accelerator):
    other = U55.replace(npu=Npu(accelerator=accelerator, clock_mhz=1000.0))
    estimate = estimate_npu(int8, other)
    assert estimate.npu_operators == 2
    assert estimate.milliseconds == estimate.cycles / 1_000_000


def test_int16_activations_are_taken_too():
    assert estimate_npu(tiny_models.convolution("int16x8"), U55).npu_operators == 2


def test_what_stays_on_the_cpu_is_named_with_velas_reason():
    estimate = estimate_npu(tiny_models.quantize_operator(0.1, 0, 4), U55)
    assert estimate.npu_operators == 0
    (operator,) = estimate.cpu_operators
    assert (operator.kind, operator.output) == ("QUANTIZE", "q")
    assert "DataType Float32" in operator.reason
    assert estimate.cycles == 0


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (lambda: tiny_models.convolution("float32"), "this model has float32: export it with quantization int8"),
        (tiny_models.gelu, "this model has float32"),
        (lambda: b"no model at all", "is not a .tflite model"),
    ],
)
def test_a_model_that_an_npu_cannot_take(model, text):
    with pytest.raises(InputError, match=text):
        estimate_npu(model(), U55)


def test_a_target_without_npu_names_those_with_one(int8):
    with pytest.raises(InputError, match="target: mine has no NPU; targets with one are alif-e7, alif-e7-he"):
        estimate_npu(int8, target())
    with pytest.raises(InputError, match="unknown target"):
        estimate_npu(int8, "alif-e77")


def test_without_the_extra_the_remedy_is_named(int8, monkeypatch):
    monkeypatch.setattr(vela.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r"pip install 'neuralspot-edge\[ethos-u\]'"):
        estimate_npu(int8, U55)


@pytest.mark.parametrize(
    ("status", "printed", "text"),
    [
        (1, "Traceback\nRuntimeError: Compilation failed\n", "refuses the model: RuntimeError: Compilation failed"),
        (1, "", "refuses the model: it says no reason"),
        (-11, "", r"crashed over this model \(SIGSEGV\)"),
        (0, "", "wrote no summary"),
    ],
)
def test_how_vela_may_end(int8, monkeypatch, status, printed, text):
    def run(command, **_):
        return subprocess.CompletedProcess(command, status, stdout="", stderr=printed)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(InputError, match=text):
        estimate_npu(int8, U55)


def test_vela_that_does_not_end_is_given_up(int8, monkeypatch):
    def run(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(InputError, match="took more than 600 s"):
        estimate_npu(int8, U55)
