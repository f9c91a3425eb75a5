"""The copy memory task: ten symbols are to be recalled after a long time of blanks.

As S. Bai, J. Z. Kolter, V. Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
Sequence Modeling", 2018, https://arxiv.org/abs/1803.01271, generate it (`copy_memory` of
https://github.com/locuslab/TCN; `tasks/copy_memory` of keras-tcn does the same). With M symbols and T blanks, a
sequence has T + 2 M steps: M symbols of 1 to 8, T - 1 blanks (0), M + 1 delimiters (9). The targets are blank but for
the last M steps, which are the symbols. Loss and accuracy are over all steps: whoever remembers nothing, but knows when
to answer, has a loss of M ln(8) / (T + 2 M) and is right in (T + M + M / 8) / (T + 2 M) of the steps.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from neuralspot_edge.datasets.entry import Loaded, Request
from neuralspot_edge.datasets.synthetic.independent import Sequences, independent_splits
from neuralspot_edge.datasets.types import Split
from neuralspot_edge.errors import InputError
from neuralspot_edge.strict import Count, StrictModel

__all__ = ["CLASSES", "CopyMemoryOptions", "load_copy_memory"]

_SYMBOLS = 8
_DELIMITER = 9
CLASSES = ("blank", *(f"symbol-{number}" for number in range(1, _SYMBOLS + 1)), "delimiter")


class CopyMemoryOptions(StrictModel):
    """Options of the copy memory task."""

    train: Sequences = Field(default=10_000, description="Sequences to learn from")
    validation: Sequences = Field(default=1_000, description="Sequences for early stopping")
    test: Sequences = Field(default=1_000, description="Sequences held out")
    memory: Annotated[Count, Field(ge=1, le=100_000)] = Field(default=10, description="Symbols to recall")


def load_copy_memory(request: Request) -> Loaded:
    """Sequences `(time, 1)` of numbers 0 to 9; targets `(time,)`, the class of each step.

    Raises:
        InputError: The window has no room for the symbols, a blank and their recall.
    """
    window, memory = request.window, request.options.memory
    if window <= 2 * memory:
        raise InputError(
            f"window {window} leaves no blank between {memory} symbols and their recall: at least {2 * memory + 1}"
        )

    def draw(rng: np.random.Generator, count: int) -> Split:
        symbols = rng.integers(1, _SYMBOLS, size=(count, memory), endpoint=True)
        x = np.zeros((count, window, 1), dtype=np.float32)
        x[:, :memory, 0] = symbols
        x[:, -memory - 1 :] = _DELIMITER
        y = np.zeros((count, window), dtype=np.int64)
        y[:, -memory:] = symbols
        return Split(x, y)

    # A target takes twice the bytes of a number.
    return independent_splits(request, request.options, 3 * window, draw)
