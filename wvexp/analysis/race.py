"""A race of recipes: which are given up after a look at the validation scores.

Test scores have no part in it, so that nothing is left to correct in what they say of the recipes
that stay. On the one validation set that there is, texts are no sample: what more runs can still
change is the mean over seeds alone, and how far it can still move shows in the seeds that ran. A
recipe is given up when further seeds would surely not bring its validation score more than the
margin above the leader's.

*Surely* is a one-sided t test of the differences paired over seeds, at a level that is spent over
the looks (6 / pi^2 k^2 of alpha at the k-th, which sums to alpha however many there are) and
divided over the rivals (Bonferroni). So the probability that the recipe that is truly best on the
validation set is given up, though better than that by more than the margin, is at most alpha,
whenever and however often one looks. The variance of a difference is that of its own seeds drawn
towards that of all recipes (Smyth 2004): two seeds alone would say next to nothing of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from wvexp.analysis.paired import ALPHA, MARGIN
from wvexp.analysis.scores import Values
from wvexp.analysis.seed_spread import Spread, additive_spread

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Entrant:
    """A recipe in the race. The same row is the same seed for all entrants.

    validation  [seeds]: score of each seed's model; NaN where it did not run, or failed
    test        [seeds, units]: values of the same models (`scores.py`); rows of NaN as above
    """

    name: str
    validation: Scores
    test: Values


@dataclass(frozen=True)
class Behind:
    """Why a recipe was given up: on validation it is `by` behind `leader`, over so many seeds.

    at_least  lower bound of that at the level spent at this look; above -margin
    """

    leader: str
    by: float
    at_least: float
    seeds: int


@dataclass(frozen=True)
class Standing:
    """The race after a look.

    leader     of the highest mean validation score of those still in; None where none has a score
    in_race    those that get another seed, the leader among them, in the order of the entrants
    given_up   those given up at this look
    settled    at most one is left, so that more seeds decide nothing
    level      one-sided level of each test at this look
    """

    leader: str | None
    in_race: tuple[str, ...]
    given_up: dict[str, Behind]
    settled: bool
    level: float


def standing(
    entrants: Sequence[Entrant],
    look: int,
    given_up: Collection[str] = (),
    margin: float = MARGIN,
    alpha: float = ALPHA,
) -> Standing:
    """Who stays in the race, after every entrant still in it got one or more seeds.

    Nobody is given up while no variance between seeds is known, which takes two recipes with two
    seeds in common; after that one seed in common with the leader is enough to be judged.

    Parameters
    ----------
    entrants
        All recipes that started, those given up before with the seeds that they had.
    look
        1 at the first call, 2 at the second...: by it the error is spent. ValueError below 1.
    given_up
        Names of those given up at earlier looks.
    margin
        What a recipe must be able to win over the leader to stay.
    alpha
        Probability that the best is given up, over all looks and rivals.
    """
    level = spent(look, alpha) / max(len(entrants) - 1, 1)
    staying = [e for e in entrants if e.name not in given_up]
    means = {e.name: float(np.nanmean(e.validation)) for e in staying if _ran(e).any()}
    if not means:
        return Standing(None, tuple(e.name for e in staying), {}, len(staying) < 2, level)
    leader = max(means, key=lambda name: means[name])
    [first] = [e for e in staying if e.name == leader]
    pooled = additive_spread(np.array([e.validation for e in entrants]))
    behind = {}
    for rival in staying:
        if rival is not first and pooled is not None:
            found = _behind(first, rival, pooled, margin, level)
            if found is not None:
                behind[rival.name] = found
    in_race = tuple(e.name for e in staying if e.name not in behind)
    return Standing(leader, in_race, behind, len(in_race) < 2, level)


def spent(look: int, alpha: float = ALPHA) -> float:
    """The part of alpha for the k-th look; over all looks that there may be they add to alpha."""
    if look < 1:
        raise ValueError(f"look {look}: the first is 1")
    return alpha * 6.0 / (pi * look) ** 2


def _ran(entrant: Entrant) -> NDArray[np.bool_]:
    ran: NDArray[np.bool_] = np.isfinite(entrant.validation)
    return ran


def _behind(
    leader: Entrant, rival: Entrant, pooled: Spread, margin: float, level: float
) -> Behind | None:
    """How far behind the rival is; None where it may still win more than the margin."""
    differences = (leader.validation - rival.validation)[_ran(leader) & _ran(rival)]
    if not len(differences):
        return None
    own = pooled.of_difference(differences)
    by = float(differences.mean())
    error = float(np.sqrt(own.variance / len(differences)))
    if error == 0:
        # All seeds score alike: nothing says how far more of them might move.
        return None
    if stdtr(own.df, -(by + margin) / error) > level:
        return None
    at_least = by - float(stdtrit(own.df, 1 - level)) * error
    return Behind(leader.name, by, at_least, len(differences))
