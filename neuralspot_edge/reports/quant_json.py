"""What int8 costs by layer as JSON values: what `nse quant-report --format json` prints and report.json holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralspot_edge.reports.report_json import jsonable

if TYPE_CHECKING:
    from neuralspot_edge.pipeline.quant_report import QuantReport

__all__ = ["QUANT_SCHEMA_VERSION", "describe_quantization"]

QUANT_SCHEMA_VERSION = 1
"""Version of the shape of a report on quantization."""


def describe_quantization(report: QuantReport) -> dict[str, Any]:
    """All facts of a report on quantization as JSON values.

    Names are those of `neuralspot_edge.quantization.analysis`. A ratio in dB is null where there is no error.
    """
    analysis = report.analysis
    return {
        "schema_version": QUANT_SCHEMA_VERSION,
        "name": report.name,
        "method": report.method,
        "calibration": report.calibration,
        "samples": report.samples,
        "error": jsonable(analysis.error),
        "sqnr_db": jsonable(analysis.sqnr_db),
        "outputs": jsonable(analysis.outputs),
        "advice": jsonable(report.advice),
        "layers": jsonable(analysis.layers),
    }
