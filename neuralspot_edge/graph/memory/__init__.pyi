from .plan import Allocation as Allocation
from .plan import MemoryPlan as MemoryPlan
from .plan import plan_memory as plan_memory
from .platforms import CORTEX_M as CORTEX_M
from .platforms import X86_64 as X86_64
from .platforms import Platform as Platform

__all__ = ["CORTEX_M", "X86_64", "Allocation", "MemoryPlan", "Platform", "plan_memory"]
