"""Which layer of the Keras model a tensor of the converted graph comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["LayerNames", "all_layers"]

_COUNTER = re.compile(r"_\d+$")


def all_layers(model: Any) -> Iterator[Any]:
    """The layers of a model, those of nested models included, outer before inner."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from all_layers(layer)


class LayerNames:
    """Finds layers in the converter's tensor names, such as `tcn/tcn.B1.ACT_1/Relu6;tcn/tcn.B1.CN_1/convolution`."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)

    @classmethod
    def of(cls, model: Any) -> LayerNames:
        """The names of a Keras model's layers."""
        return cls(layer.name for layer in all_layers(model))

    def find(self, tensor_name: str) -> str | None:
        """The layer that gave a tensor; of several fused ones, the last to run, which the converter writes first."""
        for path in tensor_name.split(";"):
            for part in reversed(path.split("/")):
                # Tracing a model anew adds a counter to the scope of each of its layers.
                for name in (part, _COUNTER.sub("", part)):
                    if name in self._names:
                        return name
        return None

    def shorten(self, tensor_name: str) -> str:
        """The layer's name, or the tensor's where no layer is found: names are shipped in flash with the model."""
        return self.find(tensor_name) or tensor_name.partition(";")[0]
