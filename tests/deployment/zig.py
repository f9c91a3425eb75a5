"""Generated sources through the C compiler that the wheel `ziglang` brings: for other cores, and to run here."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STUBS = Path(__file__).parent / "stubs"

CORES = {
    "cortex-m4": ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m4"),
    "cortex-m55": ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m55"),
    "riscv32": ("-target", "riscv32-freestanding", "-mcpu=generic_rv32+m+c"),
}
C11 = ("cc", "-x", "c", "-std=c11")
CPP11 = ("c++", "-std=c++11")
CPP17 = ("c++", "-std=c++17")

_WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror")
_FREESTANDING = ("-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")
_PLAY = """
import ctypes, sys
from tflite_micro.python.tflite_micro import _runtime
ctypes.CDLL(_runtime.__file__, ctypes.RTLD_GLOBAL)
sys.exit(ctypes.CDLL(sys.argv[1]).main())
"""


@dataclass(frozen=True)
class Zig:
    """The compiler, with a cache that lasts for the session."""

    cache: Path

    def compile(self, language: Sequence[str], files: Sequence[str], *flags: str, folder: Path) -> None:
        """Compiles files of a folder to objects in it; a warning is an error."""
        cpp = _FREESTANDING if language[0] == "c++" else ()
        for file in files:  # Given several, it writes the object of one.
            self._run(*language, *cpp, *flags, "-c", file, "-o", f"{file}.o", folder=folder)

    def share(self, language: Sequence[str], files: Sequence[str], *flags: str, folder: Path) -> Path:
        """A shared library for this machine."""
        cpp = (*_FREESTANDING, "-nostdlib++") if language[0] == "c++" else ()
        self._run(*language, *cpp, *flags, "-O1", "-shared", "-fPIC", *files, "-o", "shared.so", folder=folder)
        return folder / "shared.so"

    def load(self, language: Sequence[str], files: Sequence[str], *flags: str, folder: Path) -> ctypes.CDLL:
        """A shared library, loaded."""
        return ctypes.CDLL(str(self.share(language, files, *flags, folder=folder)))

    def play(self, folder: Path) -> Played:
        """Runs the self-test of a bundle on the TensorFlow Lite Micro that is inside the package tflite-micro."""
        files = ("model_data.cc", "model_runner.cc", "golden_data.cc", "golden_test.cc", str(STUBS / "installed.cc"))
        library = self.share(CPP17, files, "-DSTUBS_OLD_NAMESPACES", "-Wl,-z,undefs", folder=folder)
        done = subprocess.run([sys.executable, "-c", _PLAY, str(library)], capture_output=True, text=True, check=False)
        return Played(done.returncode, done.stderr.strip())

    def _run(self, *arguments: str, folder: Path) -> None:
        command = [sys.executable, "-m", "ziglang", *arguments, *_WARNINGS, f"-I{STUBS}", f"-I{folder}"]
        cache = {"ZIG_GLOBAL_CACHE_DIR": str(self.cache), "ZIG_LOCAL_CACHE_DIR": str(self.cache)}
        environment = {**os.environ, **cache}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class Played:
    """How a self-test ended.

    Attributes:
        status: What its `main` returned.
        text: What it printed.
    """

    status: int
    text: str


def write(files: Mapping[str, bytes | str], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
