"""Runs under the Python that has pytorch-tcn: a line of JSON asks, a line of JSON answers."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from importlib.metadata import version
from itertools import cycle
from typing import Any

import numpy as np
import torch
from pytorch_tcn import TCN

PEER_VERSION = "1.2.3"


def main() -> None:
    """Answers until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    # More threads only wait for one another: a step is some microseconds of arithmetic.
    torch.set_num_threads(1)
    model = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if version("pytorch-tcn") != PEER_VERSION:
                raise RuntimeError(f"this Python has pytorch-tcn {version('pytorch-tcn')}")
            command = request.pop("command")
            with torch.inference_mode():
                if command == "build":
                    model, answer = _build(**request)
                else:
                    answer = {"play": _play, "time": _time}[command](model, **request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


def _build(arguments: dict[str, Any], weights: str) -> tuple[TCN, dict[str, Any]]:
    """Builds the model and writes its weights: for each block two convolutions and the shortcut's, then the top."""
    torch.manual_seed(0)
    model = TCN(**arguments, dropout=0.0, use_norm=None).eval()
    blocks = [conv for block in model.network for conv in (block.conv1, block.conv2, block.downsample)]
    tensors = [tensor for conv in (*blocks, model.projection_out) if conv is not None for tensor in _of(conv)]
    np.savez(weights, **{f"{index:04}": tensor.numpy() for index, tensor in enumerate(tensors)})
    return model, {"weights": sum(tensor.numel() for tensor in model.parameters())}


def _of(conv: torch.nn.Conv1d) -> tuple[torch.Tensor, torch.Tensor]:
    return conv.weight, conv.bias


def _play(model: TCN, signal: str, output: str, hop: int) -> dict[str, Any]:
    """The stream against the same model on the whole sequence, which is written."""
    x = torch.from_numpy(np.load(signal)).T[None]
    whole = model(x)
    model.reset_buffers()
    stream = torch.cat([model(x[..., i : i + hop], inference=True) for i in range(0, x.shape[-1], hop)], dim=-1)
    np.save(output, whole[0].T.numpy())
    return {"largest": (stream - whole).abs().max().item(), "differing": int((stream != whole).sum())}


def _time(model: TCN, signal: str, hop: int, readings: int, batch: int) -> dict[str, Any]:
    """The median processor time of a call on the signal, from tensors that are there to tensors."""
    x = torch.from_numpy(np.load(signal)).T[None]
    frames = cycle([x[..., i : i + hop].contiguous() for i in range(0, x.shape[-1] - hop + 1, hop)])
    model.reset_buffers()
    seconds = []
    for _ in range(readings + readings // 10):
        start = time.thread_time()
        for _ in range(batch):
            model(next(frames), inference=True)
        seconds.append((time.thread_time() - start) / batch)
    return {"seconds": statistics.median(seconds[readings // 10 :])}


if __name__ == "__main__":
    main()
