from .aware import QatScheme as QatScheme
from .aware import quantize_aware as quantize_aware
from .aware import trainable_int8 as trainable_int8
from .calibration import MAX_SAMPLES as MAX_SAMPLES
from .calibration import check_calibration as check_calibration
from .calibration import random_calibration as random_calibration
