from .family import FAMILY as FAMILY
from .model import rnn_model as rnn_model
from .params import RnnParams as RnnParams
from .step import step_calibration as step_calibration
from .step import step_model as step_model
