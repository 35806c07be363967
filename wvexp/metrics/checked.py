"""A metric held against itself, as plug-ins bring their own: its score, and its units' values."""

from math import isclose, isfinite
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.metrics.metric import METRICS, Labels, Scorer

# Of a score in fractions; float32 is enough for one.
_ROUNDING = 1e-6


def checked_score(metric: str, scorer: Scorer, predicted: Labels) -> float:
    """The score of a split; UserError where it is not a number."""
    score = scorer.score(predicted)
    if not isinstance(score, Real) or not isfinite(score):
        raise UserError(
            f"metric={metric} gives the score {score!r}, which is not a number",
            "define it for all labels and predictions, or take another metric",
        )
    return float(score)


def check_values(metric: str, counts: NDArray[Any], score: float) -> None:
    """UserError where the mean of the values of the units is not the score.

    counts: [units, ...], as `Scorer.by_unit` gives them. Those without values, as of a single unit
    that holds everything, are left.
    """
    try:
        values = METRICS[metric].values(counts.reshape(1, len(counts), -1).astype(np.float64))
    except ValueError:
        return
    mean = float(np.mean(values))
    if not isclose(mean, score, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
        raise UserError(
            f"metric={metric} gives the score {score:.6g}, and values whose mean is {mean:.6g}",
            "correct its score or its values: intervals rest on these",
        )
