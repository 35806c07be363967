"""Spearman's rank correlation of given and predicted numbers."""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.number_scores import spearman_values
from wvexp.analysis.scores import Values
from wvexp.data.contents import SplitContents
from wvexp.metrics.metric import METRICS, Labels
from wvexp.metrics.numbers import NumberMetric, Numbers, summed


class Spearman(NumberMetric):
    """The correlation of ranks, equal numbers at their mean rank; 0 where predictions are equal."""

    name, words, lowest = "spearman", "rank correlation", -1.0

    def score(self, gold: Numbers, predicted: Numbers, spread: float) -> float | None:
        if len(gold) < 2 or np.ptp(gold) == 0:
            return None
        return float(np.mean(_standard_ranks(gold) * _standard_ranks(predicted)))

    def unit_counts(
        self, gold: Numbers, predicted: Numbers, unit: Labels, units: int
    ) -> NDArray[np.float64]:
        """Sums [units, 4] as `spearman_values` takes them."""
        x, y = _standard_ranks(gold), _standard_ranks(predicted)
        flat = np.ptp(y) == 0
        xx = np.zeros_like(x) if flat else x * x
        return summed((x * y, xx, y * y, np.ones(len(x))), unit, units)

    def values(self, counts: NDArray[np.float64]) -> Values:
        return spearman_values(counts)

    def always(self, train: SplitContents, test: SplitContents) -> float | None:
        return 0.0


def _standard_ranks(numbers: Numbers) -> Numbers:
    """Ranks of mean 0 and spread 1; all 0 where the numbers are equal."""
    _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    spread = np.std(ranks)
    return (ranks - np.mean(ranks)) / spread if spread else np.zeros(len(ranks))


SPEARMAN = METRICS.register(Spearman())
