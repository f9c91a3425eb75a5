"""Did you mean: the nearest known name for one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "unknown_name"]


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The hint `did you mean 'x'?` for the nearest of `known`, or an empty string where none is near."""
    folded = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(str(name).lower(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[near[0]]!r}?" if near else ""


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """One line for a name that is not known: what it is, what was received, the nearest name or all of them."""
    known = sorted(known)
    return f"unknown {what} {name!r}: {did_you_mean(name, known) or 'known are ' + ', '.join(known)}"
