from .family import FAMILY as FAMILY
from .model import ds_cnn_model as ds_cnn_model
from .params import DsCnnBlockParams as DsCnnBlockParams
from .params import DsCnnParams as DsCnnParams
