"""LiteRT in a process of its own: whether it loads a file, and which shapes it gives the tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.tflite_api import allocate, open_native
from neuralspot_edge.interpreters.trial import TrialWorker, limit_resources, try_out
from neuralspot_edge.processes import serve

__all__ = ["LiteRtTrial", "try_litert"]

Shapes: TypeAlias = tuple[tuple[int, ...], ...]


class LiteRtTrial(TrialWorker):
    """A process with LiteRT."""

    module = "neuralspot_edge.interpreters.litert_trial"
    interpreter = "LiteRT"


def try_litert(content: bytes, kernels: str, *, allocating: bool = True) -> Shapes:
    """Loads a file with LiteRT elsewhere. It is not run: some operators cannot take the zeros that it would be run on.

    Args:
        content: The content of the file.
        kernels: `reference` or `optimized`.
        allocating: Whether operators check and plan their tensors too.

    Returns:
        The shapes of the main subgraph's tensors as LiteRT works them out.

    Raises:
        InputError: LiteRT refuses the file or crashes on it.
    """
    refusal, shapes = try_out(LiteRtTrial, content, kernels, allocating)
    if refusal is not None:
        raise InputError(refusal)
    return tuple(shapes)


def _prepare() -> Callable[[tuple[bytes, str, bool]], tuple[str | None, Shapes]]:
    from ai_edge_litert import interpreter as package

    limit_resources()

    def answer(request: tuple[bytes, str, bool]) -> tuple[str | None, Shapes]:
        content, kernels, allocating = request
        try:
            native = open_native(package, content, kernels)
            if allocating:
                allocate(native)
        except InputError as error:
            return str(error), ()
        return None, tuple(tuple(map(int, detail["shape"])) for detail in native.get_tensor_details())

    return answer


if __name__ == "__main__":
    serve(_prepare, fork=True)
