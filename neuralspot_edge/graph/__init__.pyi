from .card import ModelCard as ModelCard
from .costs import Costs as Costs
from .costs import OperatorCost as OperatorCost
from .costs import count_costs as count_costs
from .flatbuffer import parse as parse
from .flatbuffer import read_model as read_model
from .flatbuffer import serialize as serialize
from .memory import CORTEX_M as CORTEX_M
from .memory import X86_64 as X86_64
from .memory import Allocation as Allocation
from .memory import MemoryPlan as MemoryPlan
from .memory import plan_memory as plan_memory
from .metadata import annotate as annotate
from .metadata import read_metadata as read_metadata
from .quantization import Quantization as Quantization
from .streams import StreamInfo as StreamInfo
from .streams import StreamOutput as StreamOutput
from .streams import StreamState as StreamState
from .streams import stream_info as stream_info
from .support import Support as Support
from .support import check_support as check_support
from .view import Graph as Graph
from .view import Operator as Operator
from .view import Signature as Signature
from .view import Subgraph as Subgraph
from .view import Tensor as Tensor
from .view import load_graph as load_graph

__all__ = [
    "CORTEX_M",
    "X86_64",
    "Allocation",
    "Costs",
    "Graph",
    "MemoryPlan",
    "ModelCard",
    "Operator",
    "OperatorCost",
    "Quantization",
    "Signature",
    "StreamInfo",
    "StreamOutput",
    "StreamState",
    "Subgraph",
    "Support",
    "Tensor",
    "annotate",
    "check_support",
    "count_costs",
    "load_graph",
    "parse",
    "plan_memory",
    "read_metadata",
    "read_model",
    "serialize",
    "stream_info",
]
