from .family import FAMILY as FAMILY
from .model import conv_rnn_model as conv_rnn_model
from .params import ConvRnnParams as ConvRnnParams
