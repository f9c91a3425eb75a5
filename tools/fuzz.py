"""Damages real `.tflite` files and plays each through all that a profile does: nothing may crash, hang or raise.

`python tools/fuzz.py 10000` takes exports of presets and the hand-written files of the tests. A mutation follows from
the seed and its number alone, and what fails is kept in a folder. Each file must be profiled, or be refused with a
reason.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from fuzz_mutations import mutate

from neuralspot_edge.processes import CrashError, OverdueError, RefusalError, Worker

__all__ = ["Failure", "Outcome", "fuzz"]

ROOT = Path(__file__).parents[1]
PLAY_SECONDS = 30.0


@dataclass(frozen=True)
class Failure:
    """A file that was neither profiled nor refused.

    Attributes:
        number: Which mutation it is.
        reason: What happened.
        content: The file.
    """

    number: int
    reason: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of the mutations.

    Attributes:
        counts: How many came how far: `refused`, `profiled`, and of the latter `measured`, `agreed` (the plan with the
            reading, to the byte) and `ran`.
        failures: Those that failed.
    """

    counts: Counter[str]
    failures: tuple[Failure, ...]


class Player(Worker):
    """A process that plays files."""

    module = "fuzz_player"
    environment: ClassVar[dict[str, str]] = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}


def fuzz(
    corpus: Sequence[bytes], count: int, seed: int = 0, *, report: Callable[[int], object] | None = None
) -> Outcome:
    """Plays mutations of a corpus.

    Args:
        corpus: Sound files.
        count: How many mutations to make.
        seed: Decides, with its number, what a mutation is.
        report: Called after each mutation with the number done.

    Returns:
        What became of them.
    """
    counts: Counter[str] = Counter()
    failures = []
    player = Player()
    for number in range(count):
        content = mutate(corpus, random.Random(f"{seed}/{number}"))
        player = player if player.is_alive else Player()
        try:
            counts.update(player.request(content, seconds=PLAY_SECONDS))
        except (CrashError, OverdueError, RefusalError) as error:
            last = f"; {error.last_words}" if isinstance(error, CrashError) else ""
            failures.append(Failure(number, f"{type(error).__name__}: {error}{last}", content))
        if report:
            report(number + 1)
    player.close()
    return Outcome(counts, tuple(failures))


def default_corpus() -> list[bytes]:
    """Exports of two presets in three types, and the hand-written files of the tests."""
    sys.path.insert(0, str(ROOT / "tests"))
    from helpers.fuzz_corpus import exports, written_files

    return [*exports(), *written_files()]


def main() -> int:
    """Runs it from the command line; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.monotonic()

    def report(done: int) -> None:
        if done % 500 == 0:
            print(f"{done} of {arguments.count}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    outcome = fuzz(default_corpus(), arguments.count, arguments.seed, report=report)
    print(", ".join(f"{name} {outcome.counts[name]}" for name in ("refused", "profiled", "measured", "agreed", "ran")))
    folder = Path(tempfile.mkdtemp(prefix="fuzz-")) if outcome.failures else Path()
    for failure in outcome.failures:
        path = folder / f"{arguments.seed}-{failure.number}.tflite"
        path.write_bytes(failure.content)
        print(f"{path}: {failure.reason}")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
