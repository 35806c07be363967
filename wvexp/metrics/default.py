"""The metric where nobody names one."""

from wvexp.data.split import Split
from wvexp.metrics.accuracy import ACCURACY
from wvexp.metrics.metric import METRICS


def default_metric(split: Split, label_names: list[str]) -> str:
    """The metric that is usual for such labels of training, accuracy where none is."""
    usual = (metric for metric in METRICS if metric.usual_for(split.kind, label_names))
    return next(usual, ACCURACY).name
