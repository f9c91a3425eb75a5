from .convert import convert as convert
from .rules import check_rules as check_rules
from .settings import ConversionSettings as ConversionSettings
from .trace import FrozenGraph as FrozenGraph
from .trace import input_shapes as input_shapes
from .trace import trace as trace
from .worker import Worker as Worker
from .worker import shared_worker as shared_worker
