"""The params that both packages build, and those that only this one does. Both environments import this file.

Where `norm`, `kernel`, `dilation` or `block_type` is not in a dict, that is meant: 0.2.2's defaults are to be met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

__all__ = ["CASES", "REFUSED_THERE", "Case"]

NORMS = ("batch", "layer", None)
SIGNAL, IMAGE = (24, 3), (4, 12, 3)
CLASSES = 4


@dataclass(frozen=True)
class Case:
    """One model.

    Attributes:
        name: What the table shows.
        params: The dict as a user of 0.2.2 writes it.
        shape: The input without the batch, (time, channels) or (height, time, channels).
        num_classes: Width of the top.
    """

    name: str
    params: dict[str, Any] = field(hash=False)
    shape: tuple[int | None, ...] = SIGNAL
    num_classes: int | None = CLASSES


def _blocks(**settings: Any) -> list[dict[str, Any]]:
    """Two blocks, the second with a skip connection, dilated."""
    widths = ({"filters": 6, "kernel": (1, 3)}, {"filters": 6, "kernel": (1, 3), "dilation": (1, 2)})
    return [{**width, **settings} for width in widths]


def _large() -> Iterator[Case]:
    for norm, depth, se_ratio in product(NORMS, (1, 2, 3), (0, 2)):
        blocks = _blocks(norm=norm, depth=depth, se_ratio=se_ratio)
        yield Case(f"lg norm={norm} depth={depth} se={se_ratio}", {"block_type": "lg", "blocks": blocks})


def _bottleneck() -> Iterator[Case]:
    for norm, (depth, branch) in product(NORMS, ((1, 1), (1, 2), (1, 3), (2, 1), (2, 3), (3, 2))):
        blocks = _blocks(norm=norm, depth=depth, branch=branch, se_ratio=2 if depth == 2 else 0)
        encoder = {"input_kernel": (1, 5), "input_norm": norm}
        yield Case(f"mb norm={norm} depth={depth} branch={branch}", {"block_type": "mb", "blocks": blocks, **encoder})
    for norm, (ex_ratio, se_ratio) in product(NORMS, ((0.5, 0), (1.5, 4), (4, 4))):
        blocks = _blocks(norm=norm, ex_ratio=ex_ratio, se_ratio=se_ratio)
        yield Case(f"mb norm={norm} ex={ex_ratio} se={se_ratio}", {"block_type": "mb", "blocks": blocks})


def _small() -> Iterator[Case]:
    # se_ratio is never 0: 0.2.2 divides by it.
    for norm, (depth, branch) in product(NORMS, ((1, 1), (1, 3), (2, 3), (3, 2))):
        blocks = _blocks(norm=norm, depth=depth, branch=branch, se_ratio=2 if branch < 3 else 3)
        yield Case(f"sm norm={norm} depth={depth} branch={branch}", {"block_type": "sm", "blocks": blocks})


def _images() -> Iterator[Case]:
    for block_type, norm, (kernel, dilation) in product(
        ("lg", "mb", "sm"), ("batch", None), ((3, 2), ((3, 5), (2, 1)), ((1, 3), (1, 4)))
    ):
        block = {"filters": 5, "kernel": kernel, "dilation": dilation, "norm": norm, "se_ratio": 2}
        params = {"block_type": block_type, "blocks": [block, block], "input_kernel": 3, "output_kernel": (2, 3)}
        yield Case(f"{block_type} 2-D norm={norm} kernel={kernel} dilation={dilation}", params, IMAGE)


def _specials() -> Iterator[Case]:
    yield Case("documentation example, model_name", DOCUMENTATION, (800, 1), 5)
    yield Case("only filters", {"blocks": [{"filters": 6}, {"filters": 6}]})
    yield Case("only filters, 2-D", {"blocks": [{"filters": 6}, {"filters": 6}]}, IMAGE)
    yield Case("no blocks", {"blocks": []})
    yield Case("nothing but an encoder", {"input_kernel": 5})
    yield Case("no norm given, lg", {"block_type": "lg", "blocks": [{"filters": 6, "kernel": 5, "dilation": 2}]})
    yield Case("no norm given, sm", {"block_type": "sm", "blocks": [{"filters": 6, "se_ratio": 2}]})
    yield Case("no input_norm given", {"input_kernel": 3, "blocks": [{"filters": 6, "norm": "batch"}]})
    yield Case("no block_type, kernel or dilation", {"name": "mine", "blocks": [{"filters": 3, "norm": "batch"}]})
    yield Case("int kernel and dilation on a signal", {"blocks": _plain(kernel=4, dilation=3)})
    yield Case("lists as pairs", {"input_kernel": [1, 7], "blocks": _plain(kernel=[1, 5], dilation=[1, 2])})
    yield Case("an unknown key", {"blocks": _plain(kernal=7)})
    yield Case("depths differ", {"blocks": [*_plain(depth=3), *_plain(depth=1, filters=4)]})
    yield Case("odd ratios", {"blocks": _plain(filters=7, ex_ratio=1.3, se_ratio=2.5)})
    yield Case("squeeze too narrow, mb", {"blocks": _plain(se_ratio=7)})
    yield Case("squeeze too narrow, sm", {"block_type": "sm", "blocks": _plain(se_ratio=6)})
    yield Case("dropout", {"blocks": _plain(dropout=0.3, depth=2)})
    for activation in ("relu", "swish", "gelu", "tanh", "linear"):
        yield Case(f"activation {activation}", {"blocks": _plain(activation=activation, ex_ratio=2)})
    for kernel, norm in product((3, (1, 9)), NORMS):
        yield Case(f"encoder {kernel} norm={norm}", {"input_kernel": kernel, "input_norm": norm, "blocks": _plain()})
    yield from _tops()


def _tops() -> Iterator[Case]:
    yield Case("no top", {"include_top": False, "blocks": _plain()}, num_classes=None)
    yield Case("softmax", {"use_logits": False, "blocks": _plain()})
    yield Case("softmax, 2-D", {"use_logits": False, "blocks": _plain()}, IMAGE)
    yield Case("sigmoid in place of logits", {"output_activation": "sigmoid", "blocks": _plain()})
    yield Case(
        "tanh in place of softmax", {"output_activation": "tanh", "use_logits": False, "blocks": _plain()}, IMAGE
    )
    yield Case("output kernel 1, one class", {"output_kernel": 1, "blocks": _plain()}, num_classes=1)
    yield Case("one channel", {"blocks": _plain()}, (24, 1))
    yield Case("time unknown", {"blocks": _plain(dilation=(1, 2))}, (None, 3))
    yield Case("time unknown, 2-D", {"blocks": _plain(), "input_kernel": 3, "input_norm": "batch"}, (4, None, 3))


def _plain(**settings: Any) -> list[dict[str, Any]]:
    return [{"filters": 6, "norm": "batch", **settings}, {"filters": 6, "norm": "batch", **settings}]


_DOCUMENTED = {"kernel": (1, 3), "dropout": 0.1, "ex_ratio": 1, "norm": "batch"}
DOCUMENTATION: dict[str, Any] = {
    "input_kernel": (1, 3),
    "input_norm": "batch",
    "blocks": [
        {"filters": filters, "dilation": (1, dilation), "se_ratio": se_ratio, **_DOCUMENTED}
        for filters, dilation, se_ratio in ((8, 1, 0), (16, 2, 0), (24, 4, 4), (32, 8, 4))
    ],
    "output_kernel": (1, 3),
    "include_top": True,
    "use_logits": True,
    "model_name": "tcn",
}

CASES: tuple[Case, ...] = (*_large(), *_bottleneck(), *_small(), *_images(), *_specials())

REFUSED_THERE: tuple[Case, ...] = (
    Case("sm without squeeze-and-excite", {"block_type": "sm", "blocks": [{"filters": 6}]}),
    Case("squeeze too narrow, lg", {"block_type": "lg", "blocks": [{"filters": 6, "se_ratio": 7}]}),
)
