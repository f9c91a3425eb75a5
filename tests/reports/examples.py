"""A profile and a report as JSON values, of any size, with figures that are easy to follow."""

from typing import Any


def layer(index: int, operator: str = "CONV_2D", name: str = "") -> dict[str, Any]:
    return {
        "index": index,
        "operator": operator,
        "name": name or f"net.layer-{index}",
        "output_shape": [1, 1, 100, 8],
        "dtype": "int8",
        "macs": 1000 * (index + 1),
        "elementwise": 10,
        "weight_bytes": 2000,
        "activation_bytes": 1600,
        "live_bytes": 1600 + index,
    }


def allocation(index: int, kind: str = "tensor") -> dict[str, Any]:
    return {
        "name": f"{kind}-{index}",
        "kind": kind,
        "size_bytes": 800,
        "offset": 800 * (index % 2) if kind == "tensor" else 1600,
        "first_use": index,
        "last_use": index + 1,
    }


def profile(count: int = 3) -> dict[str, Any]:
    """Of a chain of `count` operators, the last of which has scratch memory and makes the peak."""
    layers = [layer(index) for index in range(count)]
    plan = {
        "total_bytes": 3000,
        "tensor_bytes": 2400,
        "scratch_bytes": 800,
        "persistent_bytes": 600,
        "peak_operators": [count - 1],
        "live_bytes": [each["live_bytes"] for each in layers],
        "allocations": [*(allocation(index) for index in range(count)), allocation(count - 1, "scratch")],
    }
    end = {"shape": [1, 100, 6], "dtype": "int8", "scale": 0.125, "zero_point": -3}
    return {
        "schema_version": 1,
        "model": {
            "name": "a-model",
            "size_bytes": 12345,
            "inputs": [{"name": "x", **end}],
            "outputs": [{"name": "y", **end}],
            "operators": {"CONV_2D": count},
            "uncounted": [],
        },
        "totals": {
            "macs": sum(each["macs"] for each in layers),
            "elementwise": 10 * count,
            "weight_bytes": 2000 * count,
            "activation_bytes": 1600 * count,
            "arena_bytes": 3300,
        },
        "layers": layers,
        "memory": {
            "plan": plan,
            "measured": {"total_bytes": 3300, "tensor_bytes": 2400, "persistent_bytes": 900, "parts": {"Head": 2400}},
            "measured_detail": "read on this machine",
            "cortex_m": {
                "total_bytes": 2950,
                "tensor_bytes": 2400,
                "scratch_bytes": 800,
                "persistent_bytes": 550,
                "loading_bytes": 2960,
            },
            "note": "a Cortex-M needs less",
        },
        "support": [
            {"backend": "tflm", "fast": count, "runs": 0, "refused": 0, "problems": []},
            {"backend": "ethos-u55", "fast": count - 2, "runs": 1, "refused": 1, "problems": problems()},
        ],
        "targets": [{**target("big", True), "npu": npu()}, target("small", False), target("core", None)],
    }


def problems() -> list[dict[str, Any]]:
    kinds = [("runs", "it is slow here", "leave it"), ("refused", "it has no kernel", "take another activation")]
    return [
        {"operator_index": index, "operator": "CONV_2D", "layer": f"net.layer-{index}", "level": level}
        | {"reason": reason, "remedy": remedy}
        for index, (level, reason, remedy) in enumerate(kinds)
    ]


def target(name: str, fits: bool | None) -> dict[str, Any]:
    is_bare = fits is None
    return {
        "name": name,
        "description": f"the {name} one",
        "core": "cortex-m4",
        "clock_mhz": 96,
        "fits": fits,
        "flash_used_bytes": 12345,
        "flash_margin_bytes": None if is_bare else 50_000,
        "ram_used_bytes": 3300,
        "ram_margin_bytes": None if is_bare else (70_000 if fits else -1300),
        "detail": f"what {name} has",
        "latency": None if is_bare else {"milliseconds": 2.345, "low": 1.2, "high": 40.4, "method": f"by {name}"},
        "npu": None,
        "source": "https://example.org/datasheet",
    }


def npu() -> dict[str, Any]:
    """What vela says, of a model that leaves one operator to the CPU."""
    return {
        "accelerator": "ethos-u55-128",
        "clock_mhz": 160.0,
        "cycles": 54_321,
        "milliseconds": 0.33950625,
        "sram_used_bytes": 2304,
        "off_chip_used_bytes": 4608,
        "npu_operators": 2,
        "cpu_operators": [{"kind": "MEAN", "output": "net.mean", "reason": "too large for it"}],
        "method": "by vela",
        "version": "5.2.0",
    }


def report(classes: tuple[str, ...] = ("low", "high"), operators: int = 3) -> dict[str, Any]:
    diagonal = [[7 if row == column else 0 for column in range(len(classes))] for row in range(len(classes))]
    checks = [
        {"name": "tflm_vs_litert", "status": "passed", "figure": 0.0, "limit": 1.0, "unit": "LSB", "detail": "counts"},
        {"name": "drop_vs_float", "status": "passed", "figure": 0.01, "limit": 0.02, "unit": "accuracy", "detail": ""},
    ]
    history = [
        {"number": 1, "loss": 1.5, "val_loss": 1.25, "is_best": True},
        {"number": 2, "loss": 1.0, "val_loss": 0.75, "is_best": True},
        {"number": 3, "loss": None, "val_loss": 0.875, "is_best": False},
    ]
    return {
        "schema_version": 2,
        "name": "a-run",
        "ok": True,
        "recipe": {"name": "a-run", "description": "what it is for", "source": "https://example.org/paper, 2020"},
        "dataset": {
            "name": "data",
            "provenance": {"source": "a study", "citation": "", "licence": "CC0", "note": ""},
            "channels": ["c0", "c1"],
            "classes": list(classes),
            "sampling_rate": 10.0,
            "windows": {"train": 30, "validation": 10, "test": 1400},
            "preprocessing": {"kind": "standardize", "mean": [0.5, 1.5], "std": [2.0, 3.0]},
        },
        "training": {
            "parameters": 4321,
            "epochs": 3,
            "best_epoch": 2,
            "best_val_loss": 0.75,
            "stopped_early": True,
            "seed": 7,
            "history": history,
        },
        "export": {
            "path": "model.tflite",
            "size_bytes": 12345,
            "quantization": "int8",
            "io": "int8",
            "operators": {"CONV_2D": operators},
            "calibration": "30 samples of real data",
            "files": ["model_data.h", "golden.npz"],
        },
        "verification": {
            "checks": checks,
            "samples": 1400,
            "differing_values": 0,
            "output_values": 2800,
            "metric": "accuracy",
            "metric_value": 0.96875,
            "float_metric_value": 0.978,
            "confusion": diagonal,
            "float_confusion": diagonal,
            "ok": True,
        },
        "versions": {"neuralspot-edge": "1.0.0", "tflite-micro": None},
        "profile": profile(operators),
    }


def ladder() -> dict[str, Any]:
    effect = {"tool": "equalize", "error_before": 0.05, "error_after": 0.001, "is_kept": True}
    rungs = [
        ("ptq", "loses", 0.025, 0.95, 0.0521, "", []),
        ("ptq+", "holds", 0.0, 0.975, 0.0012, "equalize", [effect | {"detail": "<b>a</b> by 100"}]),
        ("qat", "refused", None, None, None, "layer 'x' does not train", []),
    ]
    names = ("method", "status", "drop", "metric_value", "error", "detail", "effects")
    return {
        "method": "ptq+",
        "metric": "accuracy",
        "float_metric_value": 0.975,
        "max_drop": 0.002,
        "rungs": [dict(zip(names, rung, strict=True)) for rung in rungs],
    }


def quantized_layer(index: int, count: int) -> dict[str, Any]:
    """A layer whose histogram goes from -2 to 2 of which int8 has -1 to 1, with 64 values in each of the 64 bins."""
    return {
        "name": f"layer-{index}",
        "cost": round(0.5 - index / count, 6),
        "weight_cost": -0.125,
        "activation_cost": 0.625,
        "sqnr_db": 23.456,
        "alone_sqnr_db": None,
        "activation": {
            "tensor": f"net.layer-{index}",
            "low": -1.0,
            "high": 1.0,
            "seen_low": -2.0,
            "seen_high": 2.0,
            "histogram": {"low": -2.0, "high": 2.0, "counts": [64] * 64},
            "saturated": 0.5,
            "steps": 250,
            "sqnr_db": 23.456,
            "own_sqnr_db": 30.0,
            "channel_spread": 102.4,
            "channel": 5,
            "channel_steps": 2.5,
            "is_prescribed": False,
        },
        "kernel": {"tensor": "net.kernel", "is_per_channel": False, "spread": 7.25, "channel": 5},
        "reads": ["input"],
        "is_input": False,
        "is_output": index == count - 1,
    }


def quantization(count: int = 3) -> dict[str, Any]:
    """What int8 costs a model of `count` layers, the first of which is the worst."""
    advice = {"rule": "loud-channel", "layers": ["layer-0"], "text": "Equalize layer-0.", "settings": {"a.b": True}}
    return {
        "schema_version": 1,
        "name": "a-model",
        "method": "ptq",
        "calibration": "30 samples of real data",
        "samples": "64 of the validation split",
        "error": 0.0045,
        "sqnr_db": 23.456,
        "outputs": [{"name": "y", "dtype": "int8", "error": 0.0045, "sqnr_db": 23.456}],
        "advice": [advice, {**advice, "text": "Then train."}],
        "layers": [quantized_layer(index, count) for index in range(count)],
    }
