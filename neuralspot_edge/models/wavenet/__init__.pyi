from .family import FAMILY as FAMILY
from .model import wavenet_model as wavenet_model
from .params import WaveNetParams as WaveNetParams
