from .export import ExportSpec as ExportSpec
from .export import QatSpec as QatSpec
from .export import StreamingSpec as StreamingSpec
from .export import ToolsSpec as ToolsSpec
from .json_schema import recipe_json_schema as recipe_json_schema
from .loading import load_recipe as load_recipe
from .overrides import parse_settings as parse_settings
from .presets import list_models as list_models
from .presets import preset_path as preset_path
from .schema import Recipe as Recipe
from .specs import DataSpec as DataSpec
from .specs import DistillationSpec as DistillationSpec
from .specs import GatesSpec as GatesSpec
from .specs import InputSpec as InputSpec
from .specs import ModelSpec as ModelSpec
from .specs import Task as Task
from .specs import TrainingSpec as TrainingSpec

__all__ = [
    "DataSpec",
    "DistillationSpec",
    "ExportSpec",
    "GatesSpec",
    "InputSpec",
    "ModelSpec",
    "QatSpec",
    "Recipe",
    "StreamingSpec",
    "Task",
    "ToolsSpec",
    "TrainingSpec",
    "list_models",
    "load_recipe",
    "parse_settings",
    "preset_path",
    "recipe_json_schema",
]
