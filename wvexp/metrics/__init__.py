"""The metrics, one per file."""

from wvexp.metrics.accuracy import ACCURACY
from wvexp.metrics.balanced_accuracy import BALANCED_ACCURACY
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
from wvexp.metrics.micro_f1 import MICRO_F1
from wvexp.metrics.r2 import R_SQUARED
from wvexp.metrics.rmse import RMSE
from wvexp.metrics.spearman import SPEARMAN

__all__ = [
    "ACCURACY",
    "BALANCED_ACCURACY",
    "ENTITY_F1",
    "MACRO_F1",
    "METRICS",
    "MICRO_F1",
    "RMSE",
    "R_SQUARED",
    "SPEARMAN",
    "LabelMetric",
    "Metric",
    "Scorer",
    "check_metric_for_task",
    "default_metric",
    "scorer_of",
]
