"""Arguments of the layers that keras-tcn 3.5.7 and this package both build. Both environments import this file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

__all__ = ["CASES", "Case"]

STEPS, CHANNELS = 21, 3
SMALL = {"nb_filters": 6, "dilations": [1, 2, 4]}
LEVELS = {"nb_filters": [6, 8, 5], "dilations": [1, 2, 4], "use_skip_connections": False}


@dataclass(frozen=True)
class Case:
    """One layer.

    Attributes:
        name: What the table shows.
        arguments: As keras-tcn's `TCN` takes them.
        steps: Length of the input, None where the layer is not told.
        channels: Of the input.
    """

    name: str
    arguments: dict[str, Any] = field(hash=False)
    steps: int | None = STEPS
    channels: int = CHANNELS

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of what goes in."""
        return (4, self.steps or STEPS, self.channels)


def _grid() -> Iterator[Case]:
    for padding, skip, sequences, stacks in product(("causal", "same"), (True, False), (True, False), (1, 2)):
        arguments = {"padding": padding, "use_skip_connections": skip, "return_sequences": sequences}
        name = f"{padding} skip={skip} sequences={sequences} stacks={stacks}"
        yield Case(name, {**SMALL, **arguments, "nb_stacks": stacks})


def _norms() -> Iterator[Case]:
    for norm, padding, sequences in product(("use_batch_norm", "use_layer_norm"), ("causal", "same"), (True, False)):
        arguments = {norm: True, "padding": padding, "return_sequences": sequences}
        yield Case(f"{norm} {padding} sequences={sequences}", {**SMALL, **arguments})
    for norm in ("use_batch_norm", "use_layer_norm"):
        yield Case(f"{norm} levels, stacks=2", {**LEVELS, norm: True, "nb_stacks": 2})


def _shapes() -> Iterator[Case]:
    yield Case("defaults", {})
    yield Case("defaults, as many channels as filters", {}, channels=64)
    yield Case("channels equal", SMALL, channels=6)
    yield Case("channels equal, sequences", {**SMALL, "return_sequences": True}, channels=6)
    for padding, sequences in product(("causal", "same"), (True, False)):
        arguments = {"padding": padding, "return_sequences": sequences}
        yield Case(f"levels {padding} sequences={sequences}", {**LEVELS, **arguments})
        yield Case(f"length unknown {padding} sequences={sequences}", {**SMALL, **arguments}, steps=None)
    yield Case("equal levels with skip", {**LEVELS, "nb_filters": [6, 6, 6], "use_skip_connections": True})
    for kernel_size, padding in product((1, 2, 4, 7), ("causal", "same")):
        yield Case(f"kernel {kernel_size} {padding}", {**SMALL, "kernel_size": kernel_size, "padding": padding})
    for dilations in ([1], [2, 4], [4, 2, 1], [3, 5], [1, 1, 6]):
        yield Case(f"dilations {dilations}", {**SMALL, "dilations": dilations})
    for steps in (1, 2, 64):
        yield Case(f"{steps} steps", SMALL, steps=steps)
        yield Case(f"{steps} steps, same", {**SMALL, "padding": "same"}, steps=steps)


def _options() -> Iterator[Case]:
    for sequences, padding in product((True, False), ("causal", "same")):
        arguments = {"go_backwards": True, "return_sequences": sequences, "padding": padding}
        yield Case(f"go_backwards {padding} sequences={sequences}", {**SMALL, **arguments})
    yield Case("dropout", {**SMALL, "dropout_rate": 0.4})
    yield Case("return_state, ignored there", {**SMALL, "kernel_initializer": "glorot_uniform"})
    for activation in ("tanh", "sigmoid", "elu", "swish", "gelu", "softplus", "relu6", "linear"):
        yield Case(f"activation {activation}", {**SMALL, "activation": activation})
        yield Case(f"activation {activation}, no skip", {**LEVELS, "activation": activation})


CASES: tuple[Case, ...] = (*_grid(), *_norms(), *_shapes(), *_options())
