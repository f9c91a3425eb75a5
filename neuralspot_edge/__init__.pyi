from . import datasets as datasets
from . import errors as errors
from . import graph as graph
from . import interpreters as interpreters
from . import layers as layers
from . import models as models

__version__: str
