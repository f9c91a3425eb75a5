"""The table of this package's models against the figures that others have published, and the runner that fills it."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
