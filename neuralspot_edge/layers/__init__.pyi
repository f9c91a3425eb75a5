from .convolution import conv as conv
from .convolution import depthwise_conv as depthwise_conv
from .normalization import ChannelNormalization as ChannelNormalization
from .normalization import normalization as normalization
from .squeeze_excite import squeeze_excite as squeeze_excite
