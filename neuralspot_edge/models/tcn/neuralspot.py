"""What a params dict of `neuralspot-edge` 0.2.2 means, written out in this package's terms."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from neuralspot_edge.models.params import ParamsWarning
from neuralspot_edge.suggestions import did_you_mean

__all__ = ["translate"]

_BLOCK_KEYS = {
    *("depth", "branch", "filters", "kernel", "dilation", "ex_ratio"),
    *("se_ratio", "dropout", "norm", "activation"),
}
_KEYS = {
    *("input_kernel", "input_norm", "block_type", "blocks", "output_kernel"),
    *("include_top", "use_logits", "output_activation", "name"),
}


def translate(params: Mapping[str, Any]) -> dict[str, Any]:
    """The dict with 0.2.2's defaults filled in, ints made square, and unknown keys dropped with a warning."""
    # That package's own example writes `model_name`, and loses it; the user surely meant it.
    given = {"name": params["model_name"], **params} if "model_name" in params else dict(params)
    given.pop("model_name", None)
    known = {"input_norm": "layer", "output_kernel": 3, "name": "TCN", **_keep_known(given, _KEYS, "")}
    blocks = known.get("blocks", ())
    return {
        **known,
        "input_kernel": _square(known.get("input_kernel")),
        "output_kernel": _square(known["output_kernel"]),
        "blocks": [_translate_block(block, f"blocks.{number}.") for number, block in enumerate(blocks)],
    }


def _translate_block(block: Mapping[str, Any], place: str) -> dict[str, Any]:
    known = {"norm": "layer", "kernel": 3, "dilation": 1, **_keep_known(block, _BLOCK_KEYS, place)}
    return {**known, "kernel": _square(known["kernel"]), "dilation": _square(known["dilation"])}


def _keep_known(given: Mapping[str, Any], known: set[str], place: str) -> dict[str, Any]:
    for key in given:
        if key not in known:
            hint = did_you_mean(key, known)
            warnings.warn(
                f"{place}{key}: dropped, neuralspot-edge has no such key; {hint}", ParamsWarning, stacklevel=5
            )
    return {key: value for key, value in given.items() if key in known}


def _square(size: Any) -> Any:
    return (size, size) if isinstance(size, int) and not isinstance(size, bool) else size
