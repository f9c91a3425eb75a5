from .family import FAMILY as FAMILY
from .model import mlp_model as mlp_model
from .params import MlpParams as MlpParams
