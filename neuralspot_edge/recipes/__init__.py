"""The file a user writes: `Recipe`, read strictly from YAML, JSON, a dict or a preset, and its JSON Schema."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
