"""How probable it is that an arm is as good as the best of all."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.components import joint
from wvexp.analysis.paired import MARGIN
from wvexp.analysis.rare import least_error

DRAWS = 20_000


def near_best(
    values: NDArray[np.float64],
    rng: np.random.Generator,
    margin: float = MARGIN,
    widening: float = 1.0,
) -> NDArray[np.float64]:
    """Probability [arms] that each arm's true score is within `margin` of the best one's.

    The arms' true scores are drawn from the multivariate t around their means, with the two-way
    covariance and the smallest of the arms' degrees of freedom: the confidence distribution that
    belongs to the intervals of `paired.py`. Arms that hardly disagree are drawn as far apart as
    `rare.py` allows.

    Parameters
    ----------
    values
        [arms, seeds, units] at one size; every arm with 2 seeds that ran and some spread.
    widening
        What variances are multiplied by (`overlap.py`).
    """
    estimate = joint(values, widening=widening)
    variance = np.diag(estimate.covariance)
    for i, j in combinations(range(len(values)), 2):
        least = widening * least_error(values[i], values[j]) ** 2
        shared = min(estimate.covariance[i, j], (variance[i] + variance[j] - least) / 2)
        estimate.covariance[i, j] = estimate.covariance[j, i] = shared
    # Rounding, or pairs of arms that share few seeds, can leave a slightly negative eigenvalue.
    eigenvalues, vectors = np.linalg.eigh(estimate.covariance)
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    normal = rng.standard_normal((DRAWS, len(values))) @ root.T
    df = estimate.df.min()
    scores = estimate.means + normal / np.sqrt(rng.chisquare(df, (DRAWS, 1)) / df)
    return (scores >= scores.max(axis=1, keepdims=True) - margin).mean(axis=0)
