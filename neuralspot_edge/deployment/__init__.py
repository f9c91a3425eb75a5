"""From a `.tflite` to firmware: C sources, the operators to register, golden vectors and a small CMake project.

Everything here is text made from the file and a few settings: deterministic, without a compiler and without TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
