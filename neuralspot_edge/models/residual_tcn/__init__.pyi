from .compiled import compiled_tcn as compiled_tcn
from .family import FAMILY as FAMILY
from .layer import TCN as TCN
from .model import residual_tcn_model as residual_tcn_model
from .params import ResidualTcnParams as ResidualTcnParams
from .summary import tcn_full_summary as tcn_full_summary
