"""From a finished window graph to the graph of one hop, which gives the same values bit for bit.

`neuralspot_edge.interpreters.StreamingSession` plays it. Nothing here needs TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
