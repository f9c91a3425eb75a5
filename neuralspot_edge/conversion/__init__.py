"""From a Keras model to the bytes of a `.tflite` that keeps the graph rules of TensorFlow Lite Micro."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
