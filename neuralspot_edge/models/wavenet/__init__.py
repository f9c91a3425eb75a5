"""WaveNet: causal dilated convolutions with gated units, residual and skip outputs, or the simplified stack."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
