from .arena import X86_NOTE as X86_NOTE
from .arena import ArenaReading as ArenaReading
from .arena import measure_arena as measure_arena
from .available import available as available
from .base import Interpreter as Interpreter
from .base import TensorSpec as TensorSpec
from .litert import LiteRtInterpreter as LiteRtInterpreter
from .session import StreamingSession as StreamingSession
from .tflite_runtime import TfliteRuntimeInterpreter as TfliteRuntimeInterpreter
from .tflm import TflmInterpreter as TflmInterpreter
from .tflm_trial import start_tflm as start_tflm

__all__ = [
    "X86_NOTE",
    "ArenaReading",
    "Interpreter",
    "LiteRtInterpreter",
    "StreamingSession",
    "TensorSpec",
    "TfliteRuntimeInterpreter",
    "TflmInterpreter",
    "available",
    "measure_arena",
    "start_tflm",
]
