"""A race of recipes: who gets another seed, who waits and who is given up, by validation scores.

Test scores have no part in it, so that nothing is left to correct in what they say of the recipes
that stay. On the one validation set that there is, texts are no sample: what more runs can still
change is the mean over seeds alone, and how far it can still move shows in the seeds that ran.

*Given up* is a recipe that further seeds would surely not bring more than the margin above the
leader. Surely is a one-sided t test of the differences paired over seeds, at a level that is spent
over the looks (6 / pi^2 k^2 of alpha at the k-th, which sums to alpha however many there are) and
divided over the rivals (Bonferroni). So the probability that the recipe that is truly best on the
validation set is given up, though better than those left by more than the margin, is at most alpha,
whenever and however often one looks.

*Waiting* is one that would need luck: behind the leader by the same test at 10 %, look for look. It
gets no seed while it is so far behind, and is in the race again when the leader falls back. Nothing
is claimed of those that wait; runs go where they decide most.

The variance of a difference is that of its own seeds drawn towards that of all recipes (Smyth
2004): two seeds alone would say next to nothing of it.
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

# One-sided level at which a recipe is not worth the next seed.
UNLIKELY = 0.1

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

    at_least, at_most
               bounds of that at the level spent at this look; the lower is above -margin
    alike      also the upper bound is within the margin: it was given up not as worse but because
               more seeds would tell nothing that matters
    """

    leader: str
    by: float
    at_least: float
    at_most: float
    alike: bool
    seeds: int


@dataclass(frozen=True)
class Standing:
    """The race after a look.

    leader     of the highest mean validation score of those not given up; None where none has one
    in_race    those that get the next seeds (and what they missed while waiting), the leader among
               them, in the order of the entrants
    waiting    those that get none for now
    given_up   those given up at this look
    settled    at most one is in the race, so that the next seed is not worth its run
    level      one-sided level of each test for giving up at this look
    """

    leader: str | None
    in_race: tuple[str, ...]
    waiting: tuple[str, ...]
    given_up: dict[str, Behind]
    settled: bool
    level: float


def standing(
    entrants: Sequence[Entrant],
    look: int,
    given_up: Collection[str] = (),
    margin: float = MARGIN,
    alpha: float = ALPHA,
    unlikely: float = UNLIKELY,
) -> Standing:
    """Who gets the next seed, after every entrant in the race got one or more.

    Nobody is given up or waits while no variance between seeds is known, which takes two recipes
    with two seeds in common; after that one seed in common with the leader is enough to be judged.

    Parameters
    ----------
    entrants
        All recipes that started, those given up before with the seeds that they had.
    look
        1 at the first call, 2 at the second...: by it the error is spent. ValueError below 1.
    given_up
        Names of those given up at earlier looks.
    margin
        What a recipe must be able to win over the leader not to be given up.
    alpha
        Probability that the best is given up, over all looks and rivals.
    unlikely
        Level at which a recipe waits; 0: none does.
    """
    level = spent(look, alpha) / max(len(entrants) - 1, 1)
    staying = [e for e in entrants if e.name not in given_up]
    means = {e.name: float(e.validation[_ran(e)].mean()) for e in staying if _ran(e).any()}
    if not means:
        names = tuple(e.name for e in staying)
        return Standing(None, names, (), {}, len(names) < 2, level)
    leader = max(means, key=lambda name: means[name])
    [first] = [e for e in staying if e.name == leader]
    pooled = additive_spread(np.array([e.validation for e in entrants]))
    behind, waiting = {}, []
    for rival in staying:
        lag = None if rival is first else _lag(first, rival, pooled)
        if lag is None:
            continue
        if lag.doubt(margin) <= level:
            behind[rival.name] = _given_up(leader, lag, margin, level)
        elif lag.doubt(0.0) <= unlikely:
            waiting.append(rival.name)
    out = {*behind, *waiting}
    in_race = tuple(e.name for e in staying if e.name not in out)
    return Standing(leader, in_race, tuple(waiting), behind, len(in_race) < 2, level)


def spent(look: int, alpha: float = ALPHA) -> float:
    """The part of alpha for the k-th look; over all looks that there may be they add to alpha."""
    if look < 1:
        raise ValueError(f"look {look}: the first is 1")
    return alpha * 6.0 / (pi * look) ** 2


@dataclass(frozen=True)
class _Lag:
    by: float
    error: float
    df: float
    seeds: int

    def doubt(self, margin: float) -> float:
        """One-sided p-value of its being more than the margin ahead in truth."""
        return float(stdtr(self.df, -(self.by + margin) / self.error))


def _given_up(leader: str, lag: _Lag, margin: float, level: float) -> Behind:
    reach = float(stdtrit(lag.df, 1 - level)) * lag.error
    at_least, at_most = lag.by - reach, lag.by + reach
    return Behind(leader, lag.by, at_least, at_most, at_most < margin, lag.seeds)


def _lag(leader: Entrant, rival: Entrant, pooled: Spread | None) -> _Lag | None:
    """How far the rival is behind; None where nothing says how far more seeds might move it."""
    differences = (leader.validation - rival.validation)[_ran(leader) & _ran(rival)]
    if pooled is None or not len(differences):
        return None
    own = pooled.of_difference(differences)
    error = float(np.sqrt(own.variance / len(differences)))
    if error == 0:
        return None
    return _Lag(float(differences.mean()), error, own.df, len(differences))


def _ran(entrant: Entrant) -> NDArray[np.bool_]:
    ran: NDArray[np.bool_] = np.isfinite(entrant.validation)
    return ran
