"""Balanced accuracy: the mean recall of the labels, each of one weight."""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, recall_values
from wvexp.metrics.labels import LabelMetric, by_class
from wvexp.metrics.metric import METRICS, Labels


class BalancedAccuracy(LabelMetric):
    """Unweighted mean recall of the labels that occur, known to training or not."""

    name, words = "balanced_accuracy", "balanced accuracy"

    def score(self, gold: Labels, predicted: Labels) -> float:
        right = np.bincount(gold[gold == predicted], minlength=int(gold.max()) + 1)
        support = np.bincount(gold)
        there = support > 0
        return float(np.mean(right[there] / support[there]))

    def values(self, counts: NDArray[np.float64]) -> Values:
        right, _, missed = by_class(counts)
        return recall_values(right, missed)

    def majority(self, share: float, classes: int) -> float | None:
        return 1 / classes


BALANCED_ACCURACY = METRICS.register(BalancedAccuracy())
