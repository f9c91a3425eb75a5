"""The residual TCN: the generic temporal convolutional network of Bai et al. (2018), as keras-tcn users know it."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
