from .compare import StreamComparison as StreamComparison
from .compare import compare_stream as compare_stream
from .step import stream as stream

__all__ = ["StreamComparison", "compare_stream", "stream"]
