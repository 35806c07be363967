"""Runs that failed: models that learned next to nothing where others of their recipe did.

One run in a few dozen ends at the score of always giving the most frequent label. It shows on
validation, so that nobody would use that model, and it says nothing of what the recipe scores where
it learns: averaged in, one such run in five seeds moves a score by several points, and none in five
moves it too little. They are taken out by validation alone, counted and named, and scores are
those of runs that learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.race import Entrant

# A run has failed that gained less than this share of what its recipe's best run gained over the
# baseline, and fell behind that run by more than the points below.
_SHARE = 0.25
_LEAST_LOSS = 0.05


@dataclass(frozen=True)
class Learned:
    """The entrants with failed runs as runs that did not take place, and which those were.

    failed  seeds, as rows, by the name of the recipe; only recipes that had some
    runs    how many runs there were, those that failed among them
    """

    entrants: tuple[Entrant, ...]
    failed: dict[str, tuple[int, ...]]
    runs: int


def without_failed(entrants: Sequence[Entrant], baseline: float) -> Learned:
    """Take out the runs that failed.

    A recipe none of whose runs learned keeps them all: it is no better than its runs.

    Parameters
    ----------
    baseline
        Validation score of always giving the most frequent label; 0 where that is not known.
    """
    kept, failed = [], {}
    for entrant in entrants:
        lost = failures(entrant.validation, baseline)
        kept.append(entrant)
        if lost.any():
            failed[entrant.name] = tuple(int(seed) for seed in np.flatnonzero(lost))
            kept[-1] = replace(
                entrant,
                validation=np.where(lost, np.nan, entrant.validation),
                test=np.where(lost[:, None], np.nan, entrant.test),
            )
    runs = sum(int(np.isfinite(entrant.validation).sum()) for entrant in entrants)
    return Learned(tuple(kept), failed, runs)


def failures(validation: NDArray[np.float64], baseline: float) -> NDArray[np.bool_]:
    """Which runs failed, from the validation scores [seeds] of one recipe; NaN: did not run."""
    ran = np.isfinite(validation)
    if not ran.any():
        return np.zeros(len(validation), dtype=bool)
    best = float(validation[ran].max())
    least = min(baseline + _SHARE * (best - baseline), best - _LEAST_LOSS)
    found: NDArray[np.bool_] = validation < least
    return found
