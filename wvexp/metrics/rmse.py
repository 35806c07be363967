"""Root-mean-square error, on the scale of the other scores: 1 - RMSE / spread of the numbers."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.number_scores import rmse_values
from wvexp.analysis.scores import Values
from wvexp.data.contents import SplitContents
from wvexp.metrics.metric import METRICS
from wvexp.metrics.numbers import NumberMetric, Numbers, constant_error


class Rmse(NumberMetric):
    """1 - RMSE / standard deviation of the split's numbers.

    0 is what always giving their mean scores, and a point is a hundredth of their spread. RMSE in
    the units of the data stands beside every score (`Scorer.measures`).
    """

    name, words = "rmse", "1 − RMSE/spread"

    def score(self, gold: Numbers, predicted: Numbers, spread: float) -> float | None:
        return float(1 - np.sqrt(np.mean((predicted - gold) ** 2)) / spread)

    def values(self, counts: NDArray[np.float64]) -> Values:
        return rmse_values(counts)

    def always(self, train: SplitContents, test: SplitContents) -> float | None:
        error = constant_error(train, test)
        return None if error is None else 1 - sqrt(error)


RMSE = METRICS.register(Rmse())
