"""R²: the share of the numbers' variance that predictions account for."""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.number_scores import r2_values
from wvexp.analysis.scores import Values
from wvexp.data.contents import SplitContents
from wvexp.metrics.metric import METRICS
from wvexp.metrics.numbers import NumberMetric, Numbers, constant_error
from wvexp.tasks import TaskKind


class R2(NumberMetric):
    """1 - sum of squared errors / that of always giving the mean of the split's numbers."""

    name, words = "r2", "R²"

    def usual_for(self, kind: TaskKind, label_names: list[str]) -> bool:
        return self.serves(kind)

    def score(self, gold: Numbers, predicted: Numbers, spread: float) -> float | None:
        return float(1 - np.mean((predicted - gold) ** 2) / spread**2)

    def values(self, counts: NDArray[np.float64]) -> Values:
        return r2_values(counts)

    def always(self, train: SplitContents, test: SplitContents) -> float | None:
        error = constant_error(train, test)
        return None if error is None else 1 - error


R_SQUARED = METRICS.register(R2())
