from .calibration import MAX_SAMPLES as MAX_SAMPLES
from .calibration import check_calibration as check_calibration
from .calibration import random_calibration as random_calibration
