"""Names in C: an identifier for any name, and what a name may do in a comment or a string."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["c_comment", "c_identifier", "c_string"]

_NAMELESS = "model"

_WORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await
    co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do
    double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
    requires restrict return short signed sizeof static static_assert static_cast struct switch template this
    thread_local throw true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while
    xor xor_eq errno linux main std tflite tflm unix
"""

_RESERVED = frozenset(_WORDS.split())
"""Keywords of C23 and C++20, and names that compilers, the C library or TensorFlow Lite Micro have taken."""


def c_identifier(name: str) -> str:
    """A legal identifier for any name: lower case, ASCII, words joined by one underscore.

    Letters with marks lose them, what has no ASCII form becomes an underscore. A name that begins with a digit is led
    by `model_`, a reserved word is followed by `_model`, and a name of which nothing is left becomes `model`.

    Args:
        name: What the model is called.

    Returns:
        An identifier of C and C++ that is no keyword, matches `[a-z][a-z0-9_]*`, and is reserved to no library.
    """
    letters = (c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    identifier = re.sub(r"[^a-z0-9]+", "_", "".join(letters)).strip("_")
    if not identifier:
        return _NAMELESS
    if identifier[0].isdigit():
        return f"{_NAMELESS}_{identifier}"
    return f"{identifier}_{_NAMELESS}" if identifier in _RESERVED else identifier


def c_comment(text: str) -> str:
    """Text for a `//` comment, in which it can neither end the line nor join it with the next."""
    return re.sub(r"[^\w ,.:;+*=()\[\]<>@%/-]", "_", text)


def c_string(text: str) -> str:
    """A C string literal of the UTF-8 bytes of `text`.

    Octal escapes have a fixed length, so that no digit that follows is taken as a part of one.
    """
    content = text.encode("utf-8", errors="replace")
    return '"' + "".join(chr(byte) if _is_plain(byte) else f"\\{byte:03o}" for byte in content) + '"'


def _is_plain(byte: int) -> bool:
    # Two question marks begin a trigraph.
    return 0x20 <= byte < 0x7F and byte not in b'"\\?'
