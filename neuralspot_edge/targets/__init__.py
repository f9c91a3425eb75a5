"""Chips and cores as data: does a model fit, and about how long does it take.

The figures are in `data/`: a file for each chip and each core, with where its numbers come from. Nothing here runs a
model; what it says of time is an estimate and says so.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
