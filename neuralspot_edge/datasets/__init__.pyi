from .arrays import load_arrays as load_arrays
from .files import load_file as load_file
from .preprocessing import Preprocessing as Preprocessing
from .registry import DatasetEntry as DatasetEntry
from .registry import dataset_entry as dataset_entry
from .registry import list_datasets as list_datasets
from .registry import load_dataset as load_dataset
from .types import Dataset as Dataset
from .types import Provenance as Provenance
from .types import Split as Split
from .windows import sliding_windows as sliding_windows

__all__ = [
    "Dataset",
    "DatasetEntry",
    "Preprocessing",
    "Provenance",
    "Split",
    "dataset_entry",
    "list_datasets",
    "load_arrays",
    "load_dataset",
    "load_file",
    "sliding_windows",
]
