from .fit import Fit as Fit
from .fit import check_fit as check_fit
from .latency import LatencyEstimate as LatencyEstimate
from .latency import estimate_latency as estimate_latency
from .loading import list_targets as list_targets
from .loading import load_core as load_core
from .loading import load_target as load_target
from .loading import target_names as target_names
from .measurements import Measurement as Measurement
from .measurements import load_measurements as load_measurements
from .schema import Core as Core
from .schema import Npu as Npu
from .schema import Reserve as Reserve
from .schema import Target as Target
from .vela import NpuEstimate as NpuEstimate
from .vela import estimate_npu as estimate_npu

__all__ = [
    "Core",
    "Fit",
    "LatencyEstimate",
    "Measurement",
    "Npu",
    "NpuEstimate",
    "Reserve",
    "Target",
    "check_fit",
    "estimate_latency",
    "estimate_npu",
    "list_targets",
    "load_core",
    "load_measurements",
    "load_target",
    "target_names",
]
