"""What a person reads of a Rich renderable."""

from rich.console import Console, RenderableType


def text(renderable: RenderableType, width: int = 200) -> str:
    printer = Console(width=width, markup=False, emoji=False)
    with printer.capture() as capture:
        printer.print(renderable)
    return capture.get()


def rows(renderable: RenderableType, width: int = 200) -> list[str]:
    return [" ".join(line.split()) for line in text(renderable, width).splitlines() if line.strip()]
