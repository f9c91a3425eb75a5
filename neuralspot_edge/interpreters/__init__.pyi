from .available import available as available
from .base import Interpreter as Interpreter
from .base import TensorSpec as TensorSpec
from .litert import LiteRtInterpreter as LiteRtInterpreter
from .tflite_runtime import TfliteRuntimeInterpreter as TfliteRuntimeInterpreter
from .tflm import TflmInterpreter as TflmInterpreter

__all__ = [
    "Interpreter",
    "LiteRtInterpreter",
    "TensorSpec",
    "TfliteRuntimeInterpreter",
    "TflmInterpreter",
    "available",
]
