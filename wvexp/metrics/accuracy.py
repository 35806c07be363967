"""Accuracy: the share of examples whose label is right."""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, accuracy_values
from wvexp.metrics.labels import LabelMetric
from wvexp.metrics.metric import METRICS, Labels


class Accuracy(LabelMetric):
    name, words, sees_majority = "accuracy", "accuracy", True

    def score(self, gold: Labels, predicted: Labels) -> float:
        return float((gold == predicted).mean())

    def unit_counts(
        self, gold: Labels, predicted: Labels, unit: Labels, units: int, classes: int
    ) -> NDArray[np.integer]:
        """Counts [units, 2]: correct, total."""
        columns = [unit[gold == predicted], unit]
        return np.stack([np.bincount(column, minlength=units) for column in columns], 1)

    def values(self, counts: NDArray[np.float64]) -> Values:
        return accuracy_values(counts[..., 0], counts[..., 1])

    def majority(self, share: float, classes: int) -> float | None:
        return share


ACCURACY = METRICS.register(Accuracy())
