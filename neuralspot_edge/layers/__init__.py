"""Keras blocks that several families share, each a function of a tensor; 1-D signals are images of height 1."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
