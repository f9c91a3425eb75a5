"""Running a `.tflite`: one way to call TFLite Micro, LiteRT and tflite-runtime.

`TflmInterpreter` is the oracle, since it is what runs on the device; `LiteRtInterpreter` with the reference kernels is
the cross-check; `TfliteRuntimeInterpreter` is for machines that have only tflite-runtime, and needs nothing but
tflite-runtime, numpy below 2 and lazy_loader. `StreamingSession` plays a step graph, sample by sample.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
