"""The registry's entry for DS-CNN."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="ds_cnn",
    title="DS-CNN: depthwise-separable convolutions on an image of time and coefficients, MLPerf Tiny's keyword net",
    schema="neuralspot_edge.models.ds_cnn.params:DsCnnParams",
    builder="neuralspot_edge.models.ds_cnn.model:ds_cnn_model",
)
"""DS-CNN, as `model.family: ds_cnn` names it."""
