"""Reading and rewriting `.tflite` files: a typed view of the graph, its quantization and its metadata.

Nothing here runs a model (see `neuralspot_edge.interpreters`) and nothing here needs TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
