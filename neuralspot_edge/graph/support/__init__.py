"""Which operators of a model a runtime or an accelerator takes, which of them fast, and what to change otherwise.

One table a backend, made of facts from its sources; `check` reads them. Nothing here loads a runtime.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
