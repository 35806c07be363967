"""The metrics, one per file."""

from wvexp.metrics.accuracy import ACCURACY
from wvexp.metrics.default import default_metric
from wvexp.metrics.entity_f1 import ENTITY_F1
from wvexp.metrics.labels import LabelMetric
from wvexp.metrics.macro_f1 import MACRO_F1
from wvexp.metrics.metric import (
    METRICS,
    Metric,
    Scorer,
    check_metric_for_task,
    scorer_of,
)

__all__ = [
    "ACCURACY",
    "ENTITY_F1",
    "MACRO_F1",
    "METRICS",
    "LabelMetric",
    "Metric",
    "Scorer",
    "check_metric_for_task",
    "default_metric",
    "scorer_of",
]
