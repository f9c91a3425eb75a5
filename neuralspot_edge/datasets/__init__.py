"""Named real and generated data, and a user's own, behind `load_dataset` and `load_file`, in one typed shape."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
