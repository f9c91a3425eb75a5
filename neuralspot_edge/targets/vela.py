"""What a model takes on an Ethos-U, by Arm's compiler for it: ethos-u-vela (the extra `ethos-u`).

Vela's figures are estimates of its own, from a model of the NPU and of the memories in one of its system
configurations. It runs in a process of its own, for it prints, writes files and ends the process where it fails.
"""

from __future__ import annotations

import csv
import importlib.metadata
import importlib.util
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Graph, load_graph, read_model
from neuralspot_edge.targets.loading import list_targets, load_target
from neuralspot_edge.targets.schema import Npu, Target

__all__ = ["CpuOperator", "NpuEstimate", "estimate_npu"]

_SECONDS = 600
_INTEGERS = {"int8", "uint8", "int16"}
_CONFIGURATIONS = {
    "ethos-u55": ("Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "ethos-u65": ("Ethos_U65_Client_Server", "Dedicated_Sram_384KB"),
    "ethos-u85": ("Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram_384KB"),
}
"""System configuration and memory mode for each family, those that vela itself takes where none are given."""

_WARNING = re.compile(r"operator: (?P<kind>\S+), ofm: '(?P<output>.*)'\n\s*Reason: (?P<reason>.*)")
_ON_CPU = re.compile(r"^\s+CPU: \S+ = (?P<output>.*) \(outputs \[", re.MULTILINE)


@dataclass(frozen=True)
class CpuOperator:
    """An operator that stays on the CPU.

    Attributes:
        kind: The operator's kind in the file.
        output: Name of the tensor that it writes.
        reason: Why, in vela's words.
    """

    kind: str
    output: str
    reason: str


@dataclass(frozen=True)
class NpuEstimate:
    """What vela says of a model on an NPU. It is not a measurement.

    Attributes:
        accelerator: The NPU, as vela calls it.
        clock_mhz: Its clock, by which cycles become time.
        cycles: Cycles of the part that runs on the NPU, waiting for memory included.
        milliseconds: The same as time. Operators on the CPU are not in it.
        sram_used_bytes: Working memory of that part.
        off_chip_used_bytes: Its weights and commands in flash or DRAM.
        npu_operators: How many of the file's operators run on the NPU.
        cpu_operators: Those that do not, with the reason.
        method: How it was made, one sentence for a person.
        version: Version of ethos-u-vela.
    """

    accelerator: str
    clock_mhz: float
    cycles: int
    milliseconds: float
    sram_used_bytes: int
    off_chip_used_bytes: int
    npu_operators: int
    cpu_operators: tuple[CpuOperator, ...]
    method: str
    version: str


def estimate_npu(tflite: bytes | str | Path, target: Target | str | Path) -> NpuEstimate:
    """Asks ethos-u-vela what a model takes on a target's NPU.

    Args:
        tflite: The model, of int8 or int16 activations; float inputs and outputs may be converted in it.
        target: A target with an NPU, or its name or file.

    Returns:
        Vela's figures.

    Raises:
        InputError: The target has no NPU, ethos-u-vela is not installed, the model is not quantized, or vela refuses
            it.
    """
    target = target if isinstance(target, Target) else load_target(target)
    if target.npu is None:
        with_one = ", ".join(name for name in list_targets() if load_target(name).npu)
        raise InputError(f"target: {target.name} has no NPU; targets with one are {with_one}")
    if importlib.util.find_spec("ethosu") is None:
        raise InputError("estimates for an Ethos-U need ethos-u-vela: pip install 'neuralspot-edge[ethos-u]'")
    content = read_model(tflite)
    graph = load_graph(content)
    _check_types(graph)
    with tempfile.TemporaryDirectory() as folder:
        printed = _run_vela(content, target.npu, Path(folder))
        summary = _read_summary(Path(folder))
    return _estimate(target.npu, graph, printed, summary)


def _check_types(graph: Graph) -> None:
    types = {tensor.dtype for operator in graph.operators for tensor in operator.outputs}
    if not types & _INTEGERS:
        found = ", ".join(sorted(types)) or "no operators"
        raise InputError(
            f"an Ethos-U takes int8 and int16 activations, this model has {found}: export it with quantization int8"
        )


def _run_vela(content: bytes, npu: Npu, folder: Path) -> str:
    """Compiles the model in `folder`; gives what vela printed."""
    (folder / "model.tflite").write_bytes(content)
    system, memory = _CONFIGURATIONS[npu.backend]
    options = {
        "--accelerator-config": npu.accelerator,
        "--config": "Arm/vela.ini",
        "--system-config": system,
        "--memory-mode": memory,
        "--output-dir": ".",
    }
    command = [sys.executable, "-P", "-m", "ethosu.vela", "model.tflite", "--show-cpu-operations"]
    command += [word for option in options.items() for word in option]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(f"ethos-u-vela took more than {_SECONDS} s over this model") from None
    if done.returncode < 0:
        raise InputError(f"ethos-u-vela crashed over this model ({signal.Signals(-done.returncode).name})")
    if done.returncode:
        lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        raise InputError(f"ethos-u-vela refuses the model: {lines[-1][:300] if lines else 'it says no reason'}")
    return done.stdout


def _read_summary(folder: Path) -> Mapping[str, str]:
    """The one row of the table that vela writes beside the compiled model."""
    for path in folder.glob("model_summary_*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                return row
    raise InputError("ethos-u-vela wrote no summary of this model")


def _estimate(npu: Npu, graph: Graph, printed: str, summary: Mapping[str, str]) -> NpuEstimate:
    on_cpu = _cpu_operators(graph, printed)
    cycles = round(float(summary["cycles_total"]))
    version = importlib.metadata.version("ethos-u-vela")
    off_chip = ("dram_memory_used", "on_chip_flash_memory_used", "off_chip_flash_memory_used")
    return NpuEstimate(
        accelerator=npu.accelerator,
        clock_mhz=npu.clock_mhz,
        cycles=cycles,
        milliseconds=cycles / (npu.clock_mhz * 1000),
        sram_used_bytes=_bytes(summary["sram_memory_used"]),
        off_chip_used_bytes=sum(_bytes(summary[column]) for column in off_chip),
        npu_operators=len(graph.operators) - len(on_cpu),
        cpu_operators=on_cpu,
        method=f"estimate of ethos-u-vela {version} for the {npu.accelerator} at {npu.clock_mhz:g} MHz, memories as in "
        f"its {_CONFIGURATIONS[npu.backend][0]}; not a measurement",
        version=version,
    )


def _bytes(kib: str) -> int:
    """Vela's tables count in KiB, with a fraction."""
    return round(float(kib) * 1024)


def _cpu_operators(graph: Graph, printed: str) -> tuple[CpuOperator, ...]:
    reasons = {match["output"]: match["reason"].strip() for match in _WARNING.finditer(printed)}
    names = {*reasons, *(match["output"] for match in _ON_CPU.finditer(printed))}
    return tuple(
        CpuOperator(
            operator.custom_code or operator.kind, tensor.name, reasons.get(tensor.name, "vela gives no reason")
        )
        for operator in graph.operators
        for tensor in operator.outputs[:1]
        if tensor.name in names
    )
