"""Results as a person or a script reads them: console tables and report.json. Nothing is computed here."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
