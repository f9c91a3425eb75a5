"""A parametric model zoo for microcontrollers: params in, a verified int8 TFLite Micro model out.

Importing this package loads neither TensorFlow nor Keras; each part is loaded when it is first used.
"""

import lazy_loader as _lazy

__version__ = "1.0.0"

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
