"""Training a recipe's model on a recipe's data, and the metrics by which a task is judged."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
