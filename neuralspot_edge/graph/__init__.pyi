from .flatbuffer import parse as parse
from .flatbuffer import read_model as read_model
from .flatbuffer import serialize as serialize
from .metadata import annotate as annotate
from .metadata import read_metadata as read_metadata
from .quantization import Quantization as Quantization
from .view import Graph as Graph
from .view import Operator as Operator
from .view import Subgraph as Subgraph
from .view import Tensor as Tensor
from .view import load_graph as load_graph

__all__ = [
    "Graph",
    "Operator",
    "Quantization",
    "Subgraph",
    "Tensor",
    "annotate",
    "load_graph",
    "parse",
    "read_metadata",
    "read_model",
    "serialize",
]
