from .family import FAMILY as FAMILY
from .model import tc_resnet_model as tc_resnet_model
from .params import TcResNetParams as TcResNetParams
