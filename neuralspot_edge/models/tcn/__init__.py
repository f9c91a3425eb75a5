"""The TCN family: dilated temporal convolutions for the edge, after neuralspot-edge and Lea et al. (2016)."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
