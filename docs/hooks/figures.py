"""The figures of the pages on TCNs, as SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neuralspot_edge.models.residual_tcn.params import ResidualTcnParams
from neuralspot_edge.models.residual_tcn.plan import plan_blocks
from neuralspot_edge.models.tcn.params import TcnBlockParams, TcnParams

__all__ = ["blocks", "receptive_field", "residual_block", "thinning"]

_WIDTH, _BOX, _GAP, _MARGIN = 212, 30, 14, 40
_LEFT, _BOX_WIDTH = 14, 164
_CENTER = _LEFT + _BOX_WIDTH / 2


@dataclass(frozen=True)
class _BlockType:
    """A block type as it is drawn.

    Attributes:
        name: Its name.
        title: What it is.
        body: What is repeated `depth` times, from input to output.
        close: What follows once; "+" is where the skip connection is added.
        is_repeated: Whether the body is in a frame that says so.
    """

    name: str
    title: str
    body: tuple[str, ...]
    close: tuple[str, ...] = ()
    is_repeated: bool = True


_RESIDUAL = _BlockType(
    "residual",
    "two dilated convolutions beside a shortcut",
    ("conv, norm", "activation", "dropout", "conv, norm", "activation", "dropout"),
    ("+", "activation"),
    is_repeated=False,
)

_BLOCK_TYPES = (
    _BlockType(
        "lg",
        "pairs of full convolutions",
        ("conv, norm", "conv, norm", "+", "activation", "squeeze-and-excite", "dropout"),
    ),
    _BlockType(
        "mb",
        "inverted bottleneck",
        (
            "1x1 to expand, norm, act.",
            "branch · depthwise, norm",
            "sum, activation",
            "squeeze-and-excite",
            "branch · 1x1 to filters, norm",
            "sum, activation",
        ),
        ("+", "dropout"),
    ),
    _BlockType(
        "sm",
        "depthwise-separable",
        ("branch · depthwise, norm", "sum, activation", "branch · 1x1 to filters, norm", "sum, activation"),
        ("squeeze-and-excite", "+", "dropout"),
    ),
)


def blocks() -> str:
    """One figure for each block type, beside one another where there is room."""
    return _figures(_BLOCK_TYPES)


def residual_block() -> str:
    """The block of the residual TCN."""
    return _figures((_RESIDUAL,))


def _figures(kinds: Sequence[_BlockType]) -> str:
    captions = {kind: f"<figcaption><code>{kind.name}</code>: {kind.title}</figcaption>" for kind in kinds}
    figures = (f"<figure>{_block(kind)}{caption}</figure>" for kind, caption in captions.items())
    return f'<div class="nse-figures">{"".join(figures)}</div>'


def _block(kind: _BlockType) -> str:
    steps = (*kind.body, *kind.close)
    tops = [_MARGIN + index * (_BOX + _GAP) for index in range(len(steps))]
    height = tops[-1] + _BOX + _MARGIN
    end_of_body = tops[len(kind.body) - 1] + _BOX
    parts = [_text(_CENTER, 12, "input"), _text(_CENTER, height - 4, "output")]
    parts += [_arrow(top - _GAP if index else 16, top) for index, top in enumerate(tops)]
    parts.append(_arrow(height - _MARGIN, height - 16))
    # What is in the frame is done depth times: lg adds the input of each time, the others that of the block.
    is_inside = not kind.close
    start, side = (33, 184) if is_inside else (22, 205)
    parts.append(_skip(start, side, tops[steps.index("+")]))
    if kind.is_repeated:
        parts.append(_frame(start - 6 if is_inside else start + 11, end_of_body + 7))
    parts += [_step(top, text) for top, text in zip(tops, steps, strict=True)]
    return _svg(_WIDTH, height, f"A block of type {kind.name}, {kind.title}: {', then '.join(steps)}", parts)


def _step(top: float, text: str) -> str:
    middle = top + _BOX / 2
    if text == "+":
        return f'<circle class="box" cx="{_CENTER}" cy="{middle}" r="11"/>{_text(_CENTER, middle + 5, "+")}'
    kind = "box main" if "conv" in text or "1x1" in text or "depthwise" in text else "box"
    box = f'x="{_LEFT}" y="{top}" width="{_BOX_WIDTH}" height="{_BOX}"'
    return f'<rect class="{kind}" {box} rx="4"/>{_text(_CENTER, middle + 4, text)}'


def _frame(top: float, bottom: float) -> str:
    frame = f'<rect class="frame" x="4" y="{top}" width="186" height="{bottom - top}" rx="6"/>'
    return f'{frame}<text class="note" x="5" y="{top - 5}">depth times</text>'


def _skip(start: float, side: float, top: float) -> str:
    """From the input, around the right side, to where it is added."""
    middle = top + _BOX / 2
    path = f"M {_CENTER} {start} H {side} V {middle} H {_CENTER + 15}"
    return f'<path class="skip" d="{path}"/>{_head(_CENTER + 11, middle, "left")}'


def _arrow(start: float, end: float) -> str:
    return f'<path class="flow" d="M {_CENTER} {start} V {end}"/>{_head(_CENTER, end, "down")}'


def _head(x: float, y: float, towards: str) -> str:
    back = f"{x - 4},{y - 6} {x + 4},{y - 6}" if towards == "down" else f"{x + 6},{y - 4} {x + 6},{y + 4}"
    return f'<polygon class="head" points="{x},{y} {back}"/>'


def receptive_field() -> str:
    """What the last step of a causal TCN sees: one row of steps for the input and one for each block."""
    dilations, kernel = (1, 2, 4, 8), 2
    blocks = tuple(TcnBlockParams(filters=8, kernel=kernel, dilation=dilation) for dilation in dilations)
    params = TcnParams(blocks=blocks, padding="causal", head="last", output_kernel=1)
    field = params.receptive_field
    assert field is not None
    steps = field + 3
    caption = (
        f"Kernel {kernel}, dilations {', '.join(map(str, dilations))}, causal: the last step sees "
        f"{field} steps, <code>params.receptive_field</code>"
    )
    return _wide(dilations, kernel, steps, f"The last step of the output depends on the last {field} steps", caption)


def thinning() -> str:
    """The steps of a residual TCN that are computed for its last one; every block's two kernels of 2 read three."""
    dilations = (1, 2, 4, 8)
    params = ResidualTcnParams(kernel_size=2, dilations=dilations)
    field = params.reach
    plans = plan_blocks(dilations, params.kernel_size, params.padding, field, field - 1)
    computed = sum(plan.exit.count for plan in plans)
    every = len(dilations) * field
    caption = (
        f"Blocks of two convolutions with kernel 2, dilations {', '.join(map(str, dilations))}: for the last step "
        f"of {field}, <code>compute: last_only</code> computes {computed} outputs of blocks in place of {every}"
    )
    return _wide(dilations, 3, field, f"{computed} of {every} outputs of blocks are computed", caption)


def _wide(dilations: Sequence[int], kernel: int, steps: int, title: str, caption: str) -> str:
    parts = list(_network(dilations, kernel, steps))
    height = _row(0) + 34
    svg = _svg(_column(steps) + 4, height, title, parts)
    return f'<figure class="nse-wide">{svg}<figcaption>{caption}</figcaption></figure>'


def _network(dilations: Sequence[int], kernel: int, steps: int) -> Iterator[str]:
    """Edges first, so that the dots lie on them; what the last step sees stands out."""
    seen = [{steps - 1}]
    for dilation in reversed(dilations):
        seen.insert(0, {step - tap * dilation for step in seen[0] for tap in range(kernel)})
    for level, dilation in enumerate(dilations):
        for step in range(steps):
            for tap in range(kernel):
                if (source := step - tap * dilation) >= 0:
                    yield _edge(source, level, step, step in seen[level + 1])
    for level in range(len(dilations) + 1):
        for step in range(steps):
            state = "seen" if step in seen[level] else "unseen"
            yield f'<circle class="{state}" cx="{_column(step)}" cy="{_row(level)}" r="5.5"/>'
        label = f"dilation {dilations[level - 1]}" if level else "input"
        yield f'<text class="note" x="2" y="{_row(level) + 5}">{label}</text>'
    yield f'<text class="note" x="{_column(0) - 6}" y="{_row(0) + 28}">time →</text>'


def _edge(source: int, level: int, step: int, is_seen: bool) -> str:
    ends = f'x1="{_column(source)}" y1="{_row(level)}" x2="{_column(step)}" y2="{_row(level + 1)}"'
    return f'<line class="{"seen" if is_seen else "unseen"}" {ends}/>'


def _column(step: int) -> int:
    return 96 + 24 * step


def _row(level: int) -> int:
    return 16 + 46 * (4 - level)


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle">{text}</text>'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    shape = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg class="nse-figure" {shape} role="img"><title>{title}</title>{"".join(parts)}</svg>'
