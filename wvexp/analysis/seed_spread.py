"""How much scores vary between seeds: recipes of one race tell it together.

Two or three seeds of one recipe say next to nothing of their variance; those of a dozen recipes
together say it well, if only on the average. Each recipe's own sum of squares is therefore added
to the pooled variance taken as so many degrees of freedom of its own (the moderated variance of
Smyth 2004): with few seeds the pool rules, with many the recipe's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The pool counts as this many degrees of freedom at most: recipes differ in their variances.
PRIOR_DF = 8.0
_SWEEPS = 30

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """A variance between seeds, of single runs, and the degrees of freedom that it is known by."""

    variance: float
    df: float

    def with_own(self, squares: float, df: float) -> "Spread":
        """Drawn from this pool towards a recipe's own sum of squares on `df` degrees."""
        prior = min(self.df, PRIOR_DF)
        total = prior + df
        return Spread((prior * self.variance + squares) / total, total)

    def of_recipe(self, scores: Scores) -> "Spread":
        """Of one recipe's runs, from the scores of those that ran [seeds], this being the pool."""
        return self.with_own(_squares(scores), len(scores) - 1.0)

    def of_difference(self, differences: Scores) -> "Spread":
        """Of the differences of two recipes over the seeds they share, this being of one run."""
        doubled = Spread(2.0 * self.variance, self.df)
        return doubled.with_own(_squares(differences), len(differences) - 1.0)


def pooled_spread(scores: Sequence[Scores]) -> Spread | None:
    """Within recipes, from the scores of each one's seeds; None where none has two.

    Its degrees of freedom are at most twice those of one recipe: where half of their luck is that
    of the seed, which recipes share, more recipes add no more.
    """
    df = [max(len(of_recipe) - 1, 0) for of_recipe in scores]
    if not any(df):
        return None
    return Spread(sum(map(_squares, scores)) / sum(df), float(min(sum(df), 2 * max(df))))


def additive_spread(scores: Scores) -> Spread | None:
    """Beside what a seed does to all recipes alike, which cancels in differences.

    From scores [recipes, seeds], NaN where a seed did not run.
    None where no two recipes have two seeds in common.
    """
    scores = scores[np.isfinite(scores).sum(axis=1) > 1]
    scores = scores[:, np.isfinite(scores).sum(axis=0) > 1]
    ran = np.isfinite(scores)
    df = int(ran.sum()) - int(ran.any(axis=1).sum()) - int(ran.any(axis=0).sum()) + 1
    if not ran.any() or df < 1:
        return None
    rest = np.where(ran, scores, 0.0)
    by_recipe, by_seed = (np.maximum(ran.sum(axis=axis, keepdims=True), 1) for axis in (1, 0))
    for _ in range(_SWEEPS if not ran.all() else 1):
        rest -= ran * (rest.sum(axis=1, keepdims=True) / by_recipe)
        rest -= ran * (rest.sum(axis=0, keepdims=True) / by_seed)
    return Spread(float((rest**2).sum()) / df, float(df))


def _squares(scores: Scores) -> float:
    return float(((scores - scores.mean()) ** 2).sum()) if len(scores) else 0.0
