"""TFLite Micro's memory plan as an own calculation: what a model needs of RAM, and which operators make the peak."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
