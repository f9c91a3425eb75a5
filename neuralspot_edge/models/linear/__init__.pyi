from .family import FAMILY as FAMILY
from .least_squares import fit_least_squares as fit_least_squares
from .model import linear_model as linear_model
from .params import LinearParams as LinearParams
