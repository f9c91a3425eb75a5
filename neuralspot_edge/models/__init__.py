"""Model families: each is a params schema and a builder that turns params into a functional Keras model."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
