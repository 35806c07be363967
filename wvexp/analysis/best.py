"""How probable it is that an arm is as good as the best of all."""

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
    inflation: float = 1.0,
) -> NDArray[np.float64]:
    """Probability [arms] that each arm's true score is within `margin` of the best one's.

    What is drawn is every other arm's lead over the first: from the t distribution of its own
    paired interval (`paired.py`), with its degrees of freedom, and correlated with the other
    leads. A difference has fewer of them than the arms, whose scores owe most of their variance to
    units that are hard for both.

    Parameters
    ----------
    values
        [arms, seeds, units] at one size, first the arm that the others are held against; each
        other with 2 seeds in common with it, and some spread in one of the two.
    inflation
        What variances are multiplied by (`overlap.py`).
    """
    first, rivals = values[0], values[1:]
    leads = joint(rivals - first, [least_error(rival, first) for rival in rivals], inflation)
    # Rounding, or pairs of arms that share few seeds, can leave a slightly negative eigenvalue.
    eigenvalues, vectors = np.linalg.eigh(leads.covariance)
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    normal = rng.standard_normal((DRAWS, len(rivals))) @ root.T
    scale = np.sqrt(rng.chisquare(leads.df, normal.shape) / leads.df)
    ahead = np.column_stack([np.zeros(DRAWS), leads.means + normal / scale])
    return (ahead >= ahead.max(axis=1, keepdims=True) - margin).mean(axis=0)
