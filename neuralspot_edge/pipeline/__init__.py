"""The verbs that join the rooms: create a model, export it, verify it, run a recipe from data to proof."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
