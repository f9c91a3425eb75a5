from .check import BACKENDS as BACKENDS
from .check import check_support as check_support
from .verdict import Level as Level
from .verdict import Support as Support

__all__ = ["BACKENDS", "Level", "Support", "check_support"]
