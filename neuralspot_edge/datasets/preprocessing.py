"""What happens to the samples of a data set; the class is beneath, for whatever runs a model needs it too."""

from __future__ import annotations

from neuralspot_edge.preprocessing import Preprocessing, PreprocessingKind

__all__ = ["Preprocessing", "PreprocessingKind"]
