"""A text as a language model reads it: at every step a token, and as target the token after it.

Tokens are characters, or words as S. Bai, J. Z. Kolter, V. Koltun, 2018, https://arxiv.org/abs/1803.01271, take them
(`word_cnn` of https://github.com/locuslab/TCN): what white space separates, and `<eos>` at the end of each line. The
parts follow one another in the text, 80/10/10; the vocabulary is that of the training part, most frequent tokens first,
and all else is `<unk>`.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from neuralspot_edge.datasets.entry import Loaded, Request
from neuralspot_edge.datasets.types import IntArray, Split
from neuralspot_edge.datasets.windows import check_memory, sliding_windows, window_starts
from neuralspot_edge.errors import InputError
from neuralspot_edge.files import read_bytes
from neuralspot_edge.strict import Count, StrictModel, Text

__all__ = ["END_OF_LINE", "UNKNOWN", "TextOptions", "load_characters", "load_words"]

UNKNOWN = "<unk>"
END_OF_LINE = "<eos>"

_FRACTIONS = (0.8, 0.1, 0.1)
# The mark of UTF-32 begins with that of UTF-16: it is looked for first.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class TextOptions(StrictModel):
    """Options of a text."""

    path: Text = Field(description="The text file; in a recipe file it is relative to that file's folder")
    charset: Text = Field(
        default="utf-8", description="Its encoding, such as latin-1; a byte order mark goes before it"
    )
    vocabulary: Annotated[Count, Field(ge=2, le=4096)] | None = Field(
        default=None, description="Most tokens, <unk> among them; null takes all of the training part"
    )
    encoding: Literal["one-hot", "index"] = Field(
        default="one-hot",
        description="one-hot: a channel for each token of the vocabulary; index: one channel with its number, for a "
        "model that begins with an embedding",
    )


def load_characters(request: Request) -> Loaded:
    """Windows of characters; see `_language` for shapes and errors."""
    return _language(request, _read_text(request.options))


def load_words(request: Request) -> Loaded:
    """Windows of words; see `_language` for shapes and errors."""
    lines = _read_text(request.options).splitlines()
    return _language(request, [word for line in lines for word in (*line.split(), END_OF_LINE)])


def _read_text(options: TextOptions) -> str:
    content = read_bytes(options.path, "text")
    marked = (charset for mark, charset in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
    charset = next(marked, options.charset)
    try:
        text = content.decode(charset)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{options.path}: byte {error.start} is not {charset}: name its encoding, such as latin-1, in charset"
        ) from None
    except (LookupError, ValueError):
        raise InputError(f"charset: {charset!r} is no encoding that Python knows; utf-8 and latin-1 are") from None
    return text.replace("\r\n", "\n")


def _language(request: Request, tokens: Sequence[str]) -> Loaded:
    """Windows of tokens.

    Returns:
        x one-hot `(time, vocabulary)` or the token's number `(time, 1)`; y `(time,)`, the number of the token after.

    Raises:
        InputError: The text is too short, or its windows do not fit into memory.
    """
    window, hop, options = request.window, request.hop, request.options
    borders = np.rint(np.cumsum(_FRACTIONS) * len(tokens)).astype(int)[:-1]
    _check_length(options.path, np.diff([0, *borders, len(tokens)]), window)
    vocabulary = _vocabulary(tokens[: borders[0]], options.vocabulary)
    number = {token: index for index, token in enumerate(vocabulary)}
    stream = np.fromiter((number.get(token, 0) for token in tokens), np.int64, len(tokens))
    channels = vocabulary if options.encoding == "one-hot" else ("token",)
    check_memory(len(window_starts(len(tokens), window, hop)), window * (len(channels) + 2))
    train, validation, test = (
        _split(part, window, hop, len(vocabulary), options.encoding) for part in np.split(stream, borders)
    )
    return Loaded((train, validation, test), channels, vocabulary)


def _check_length(path: str, lengths: IntArray, window: int) -> None:
    if lengths.min() > window:
        return
    needed = int(np.ceil((window + 1) / min(_FRACTIONS))) + 1
    raise InputError(
        f"{path}: {lengths.sum():,} tokens are too few for three parts with a window of {window} steps: about "
        f"{needed:,} are needed, or a shorter window"
    )


def _vocabulary(tokens: Sequence[str], most: int | None) -> tuple[str, ...]:
    """`<unk>`, then the tokens by how frequent they are, those of equal frequency by where they first are."""
    counts = Counter(tokens)
    counts.pop(UNKNOWN, None)
    return (UNKNOWN, *(token for token, _ in counts.most_common(None if most is None else most - 1)))


def _split(stream: IntArray, window: int, hop: int, tokens: int, encoding: str) -> Split:
    windows = sliding_windows(stream, window + 1, hop)
    x, y = windows[:, :-1], windows[:, 1:].copy()
    if encoding == "index":
        return Split(x[..., None].astype(np.float32), y)
    one_hot = np.zeros((*x.shape, tokens), dtype=np.float32)
    np.put_along_axis(one_hot, x[..., None], 1, axis=-1)
    return Split(one_hot, y)
