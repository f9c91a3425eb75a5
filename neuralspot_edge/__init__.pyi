from . import cli as cli
from . import conversion as conversion
from . import datasets as datasets
from . import deployment as deployment
from . import errors as errors
from . import files as files
from . import graph as graph
from . import interpreters as interpreters
from . import layers as layers
from . import models as models
from . import pipeline as pipeline
from . import quantization as quantization
from . import recipes as recipes
from . import reports as reports
from . import streaming as streaming
from . import targets as targets
from . import training as training
from .pipeline import create_model as create_model
from .pipeline import export as export
from .pipeline import profile as profile
from .pipeline import run as run
from .pipeline import verify as verify
from .recipes import list_models as list_models
from .recipes import load_recipe as load_recipe
from .streaming import stream as stream
from .training import train as train

__version__: str
