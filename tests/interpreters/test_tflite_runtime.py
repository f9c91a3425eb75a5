"""tflite-runtime lives in an environment of its own, since it needs numpy below 2; made once, kept beside the code."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import LiteRtInterpreter, TfliteRuntimeInterpreter

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-tflite-runtime"
REQUIREMENTS = ["tflite-runtime==2.14.0", "numpy<2", "lazy_loader"]
SCRIPT = Path(__file__).with_name("run_with_tflite_runtime.py")
HAS_WHEEL = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64") and sys.version_info < (3, 12)

needs_wheel = pytest.mark.skipif(not HAS_WHEEL, reason="tflite-runtime 2.14 has no wheel for this Python and machine")


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def python() -> Path:
    interpreter, ready = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "ready.txt"
    wanted = " ".join(REQUIREMENTS)
    if not ready.exists() or ready.read_text() != wanted:
        run(sys.executable, "-m", "venv", "--clear", ENVIRONMENT)
        run(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS)
        ready.write_text(wanted)
    return interpreter


def predict_there(python: Path, folder: Path, tflite: bytes, **inputs: np.ndarray) -> list[np.ndarray]:
    model, given, result = folder / "model.tflite", folder / "inputs.npz", folder / "outputs.npz"
    model.write_bytes(tflite)
    np.savez(given, **inputs)
    run(python, SCRIPT, model, given, result, PYTHONPATH=str(ROOT))
    with np.load(result) as outputs:
        return list(outputs.values())


@needs_wheel
@pytest.mark.parametrize(("mode", "dtype"), [("int8", np.int8), ("int16x8", np.int16)])
def test_gives_the_same_integers_as_litert(models, tmp_path, python, mode, dtype):
    limits = np.iinfo(dtype)
    x = np.random.default_rng(0).integers(limits.min, limits.max, (16, 1, 16, 3), dtype, endpoint=True)
    (there,) = predict_there(python, tmp_path, models[mode], in0=x)
    here = LiteRtInterpreter(models[mode]).predict(x)
    assert there.dtype == dtype
    np.testing.assert_array_equal(there, here)


@needs_wheel
def test_quantizes_floats_and_names_inputs_like_litert(models, tmp_path, python):
    rng = np.random.default_rng(1)
    x = {"in0": rng.normal(size=(8, 4)), "in1": rng.normal(size=(8, 6))}
    there = predict_there(python, tmp_path, models["two_ends"], **x)
    interpreter = LiteRtInterpreter(models["two_ends"])
    for output, spec, expected in zip(there, interpreter.outputs, interpreter.predict(x), strict=True):
        assert output.dtype == np.float32
        np.testing.assert_allclose(output, expected, atol=spec.quantization.scale[0] * 1.001)


def test_without_the_package_it_says_what_else_there_is(models):
    with pytest.raises(InputError, match="use LiteRtInterpreter"):
        TfliteRuntimeInterpreter(models["int8"])
