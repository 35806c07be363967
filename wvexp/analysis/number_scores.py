"""From sums per test unit to one value per seed and unit, for scores of predicted numbers.

Values are as `wvexp.analysis.scores` has them: their mean over units is the score, exactly, and
their spread the score's sampling spread. All scores are on one scale, on which 1 is perfect.

With R = sum e² / sum (y - ȳ)², the squared errors against those of always giving the mean of the
test numbers, R² is 1 - R and the root-mean-square error is sqrt(R) times their spread. R is a ratio
of sums over units and has jackknife values as accuracy has; ȳ may be taken as given, for the sum of
squares is flat at its minimum. sqrt(R) has those of R by its slope, 1 / (2 sqrt(R)).
"""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, ratio_values


def r2_values(counts: NDArray[np.float64]) -> Values:
    """Values [seeds, units] of R², from `number_counts` [seeds, units, 4]."""
    return 1.0 - _error_ratio(counts)


def rmse_values(counts: NDArray[np.float64]) -> Values:
    """Values [seeds, units] of 1 - RMSE / spread, from `number_counts` [seeds, units, 4]."""
    ratio = _error_ratio(counts)
    score = np.sqrt(np.maximum(ratio.mean(axis=1, keepdims=True), 0.0))
    slope = np.divide(0.5, score, out=np.zeros_like(score), where=score > 0)
    return 1.0 - score - slope * (ratio - ratio.mean(axis=1, keepdims=True))


def spearman_values(counts: NDArray[np.float64]) -> Values:
    """Values [seeds, units] of the rank correlation, from sums [seeds, units, 4].

    Of the unit's examples, over x and y, the standardised ranks of given and predicted numbers:
    sum x y, sum x², sum y², number. An example's value is rho + x y - rho (x² + y²) / 2, the
    influence of a pair on a correlation (Devlin, Gnanadesikan and Kettenring 1975) of what are
    here ranks; those of a unit are summed, and the sums scaled to a mean of rho. Predictions that
    are all equal have no ranks: all sums but the last are 0, and so is rho.
    """
    xy, xx, yy, n = np.moveaxis(counts, -1, 0)
    all_xx, all_yy, examples = (one.sum(axis=1, keepdims=True) for one in (xx, yy, n))
    shares = [
        np.divide(one, whole, out=np.zeros_like(one), where=whole != 0)
        for one, whole in ((xy, np.sqrt(all_xx * all_yy)), (xx, all_xx), (yy, all_yy))
    ]
    rho = shares[0].sum(axis=1, keepdims=True)
    influence = shares[0] - rho / 2 * (shares[1] + shares[2])
    values: Values = rho + counts.shape[1] * influence
    return np.where(np.isnan(examples), np.nan, values)


def _error_ratio(counts: NDArray[np.float64]) -> Values:
    n, errors, numbers, squares = np.moveaxis(counts, -1, 0)
    mean = numbers.sum(axis=1, keepdims=True) / n.sum(axis=1, keepdims=True)
    spread = np.maximum(squares - 2 * mean * numbers + n * mean**2, 0.0)
    return ratio_values(errors, spread, "the squares of the test numbers", alone=True)
