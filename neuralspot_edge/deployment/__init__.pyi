from .bundle import bundle as bundle
from .constants import ModelConstants as ModelConstants
from .constants import model_constants as model_constants
from .golden import Golden as Golden
from .golden import make_golden as make_golden
from .identifiers import c_identifier as c_identifier
from .operators import OperatorRegistration as OperatorRegistration
from .operators import operator_registrations as operator_registrations
from .settings import DeploymentSettings as DeploymentSettings
from .sources import sources as sources
from .writing import write_bundle as write_bundle
from .writing import write_sources as write_sources

__all__ = [
    "DeploymentSettings",
    "Golden",
    "ModelConstants",
    "OperatorRegistration",
    "bundle",
    "c_identifier",
    "make_golden",
    "model_constants",
    "operator_registrations",
    "sources",
    "write_bundle",
    "write_sources",
]
