"""Macro F1: the mean F1 of the classes, each of one weight."""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, macro_f1_values
from wvexp.metrics.labels import LabelMetric, by_class
from wvexp.metrics.metric import METRICS, Labels


class MacroF1(LabelMetric):
    """Unweighted mean F1 of the classes that occur in the gold labels, known to training or not.

    A class that is predicted alone has no part in the mean, so that all arms are scored over the
    same classes; such a prediction still counts against the class it was taken from. scikit-learn
    takes the mean over both, unless it is given `labels`.
    """

    name, words = "macro_f1", "macro F1"

    def score(self, gold: Labels, predicted: Labels) -> float:
        classes = np.unique(gold)
        right = gold[gold == predicted]
        size = int(max(gold.max(), predicted.max())) + 1
        both = np.bincount(gold, minlength=size) + np.bincount(predicted, minlength=size)
        return float((2 * np.bincount(right, minlength=size)[classes] / both[classes]).mean())

    def values(self, counts: NDArray[np.float64]) -> Values:
        return macro_f1_values(*by_class(counts))

    def majority(self, share: float, classes: int) -> float | None:
        return 2 * share / (1 + share) / classes


MACRO_F1 = METRICS.register(MacroF1())
