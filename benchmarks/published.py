"""Runs the table of published figures: `python -m benchmarks.published --help`, the same as `nse bench published`."""

from __future__ import annotations

import sys

from neuralspot_edge.cli import app

__all__: list[str] = []


def main() -> None:
    sys.argv[:1] = ["nse", "bench", "published"]
    app.main()


if __name__ == "__main__":
    main()
