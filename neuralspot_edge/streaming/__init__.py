"""From a finished window graph to the graph of one hop, which gives the same values bit for bit.

Nothing here runs a model (see `neuralspot_edge.interpreters.StreamingSession`) and nothing here needs TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
