"""What the test units say of many recipes together: draws of all their true scores at once.

A recipe's score errs by its units, which all recipes share, and by its seeds. The units' part is
drawn from the covariance of the recipes' mean values over units, which holds what they share; the
seeds' part for each recipe on its own, its variance from the chi-square of what is known of it (a
generalised pivot, Weerahandi 1993), after what units alone put into the spread of seeds is taken
out. So recipes may have different seeds, and different numbers of them. Seeds paired over recipes
would make differences narrower where they share luck; taking them for unpaired errs to the wide
side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.rare import least_error, unit_error
from wvexp.analysis.scores import Values, ran
from wvexp.analysis.seed_spread import Spread, pooled_spread

DRAWS = 20_000

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tested:
    """What the test units say of K recipes; the first is the one that the others are held against.

    tables      values [seeds, units] of each, all seeds that ran
    means       [K, units]: over the seeds used
    luck        [K]: of single runs' scores, units' part included
    seeds       [K]: how many are used
    from_units  variance of a run's score by its own answers to the units alone
    """

    tables: tuple[Values, ...]
    means: Array
    luck: tuple[Spread, ...]
    seeds: NDArray[np.int64]
    from_units: float

    @property
    def scores(self) -> Array:
        """[K]"""
        scores: Array = self.means.mean(axis=1)
        return scores

    @property
    def units(self) -> int:
        return self.means.shape[1]

    @property
    def luck_of_run(self) -> Array:
        """[K]: variance of the luck of a run, the mean of what it may be."""
        known = [s.variance * s.df / max(s.df - 2.0, 1.0) for s in self.luck]
        luck: Array = np.maximum(np.array(known) - self.from_units, 0.0)
        return luck


def tested(tables: Sequence[Values], rows: Sequence[NDArray[np.bool_]]) -> Tested | None:
    """Take the rows [seeds] of each recipe's values [seeds, units]: at least one that ran of each.

    None where no recipe has two seeds or there is one unit alone.
    """
    used = [table[row] for table, row in zip(tables, rows, strict=True)]
    units = used[0].shape[1]
    by_seed = [table.mean(axis=1) for table in used]
    pool = pooled_spread(by_seed)
    if pool is None or units < 2:
        return None
    return Tested(
        tuple(tables),
        np.array([table.mean(axis=0) for table in used]),
        tuple(pool.of_recipe(scores) for scores in by_seed),
        np.array([len(scores) for scores in by_seed]),
        _residual(used) / units,
    )


@dataclass(frozen=True)
class Draws:
    """Likely true values given the test scores.

    score   [draws]: of the first recipe
    leads   [draws, K - 1]: of each other recipe over the first
    """

    score: Array
    leads: Array


def draw_scores(
    test: Tested, rng: np.random.Generator, inflation: float = 1.0, draws: int = DRAWS
) -> Draws:
    """Draw true scores, each recipe taken by itself.

    Parameters
    ----------
    inflation
        What variances are multiplied by (`overlap.py`).
    """
    units = test.units
    seed_errors = _seed_errors(test, rng, draws)
    leads = test.means[1:] - test.means[0]
    # The error that all units share, as of a t with the degrees of freedom of the units.
    scale = np.sqrt((units - 1) / rng.chisquare(units - 1, (draws, 1)))
    error = scale * _normal(leads, lead_floors(test), rng, draws)
    error += seed_errors[:, 1:] - seed_errors[:, :1]
    # Where all units agree, as for a difference: the rule of three.
    least = np.array([0.0 if np.ptp(test.means[0]) > 1e-12 else unit_error(units)])
    alone = scale * _normal(test.means[:1], least, rng, draws) + seed_errors[:, :1]
    wider = float(np.sqrt(inflation))
    return Draws(
        score=float(test.scores[0]) + wider * alone[:, 0],
        leads=leads.mean(axis=1) + wider * error,
    )


def _seed_errors(test: Tested, rng: np.random.Generator, draws: int) -> Array:
    """[draws, K]: errors of the means over seeds, by the seeds alone."""
    errors = np.empty((draws, len(test.luck)))
    for k, (spread, seeds) in enumerate(zip(test.luck, test.seeds, strict=True)):
        variance = spread.variance * spread.df / rng.chisquare(spread.df, draws)
        excess = np.maximum(variance - test.from_units, 0.0)
        errors[:, k] = np.sqrt(excess / seeds) * rng.standard_normal(draws)
    return errors


def _residual(used: Sequence[Values]) -> float:
    """Residual variance of single values, of seed and unit, over all recipes."""
    squares, df = 0.0, 0
    for table in used:
        seeds, units = table.shape
        if seeds > 1:
            by_seed, by_unit = table.mean(axis=1), table.mean(axis=0)
            squares += float(np.vdot(table, table) + table.size * table.mean() ** 2)
            squares -= float(units * by_seed @ by_seed + seeds * by_unit @ by_unit)
            df += (seeds - 1) * (units - 1)
    return max(squares, 0.0) / df if df else 0.0


def _normal(tables: Array, floors: Array, rng: np.random.Generator, draws: int) -> Array:
    """[draws, k]: errors of the means of `tables` [k, units] by units, no less than `floors`."""
    units = tables.shape[1]
    centred = tables - tables.mean(axis=1, keepdims=True)
    covariance = centred @ centred.T / ((units - 1) * units)
    missing = np.maximum(floors**2 - np.diag(covariance), 0.0)
    covariance[np.diag_indices_from(covariance)] += missing
    eigenvalues, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    errors: Array = rng.standard_normal((draws, len(tables))) @ root.T
    return errors


def lead_floors(test: Tested) -> Array:
    """[K - 1]: standard errors of the leads below which they are not believed (`rare.py`)."""
    first, *others = test.tables
    error = np.sqrt((test.means[1:] - test.means[0]).var(axis=1, ddof=1) / test.units)
    # No unit is worth more than the range of all values.
    most = max(float(np.ptp(table[ran(table)])) for table in test.tables)
    return np.array(
        [
            least_error(table, first) if own < 2.0 * most / test.units else 0.0
            for table, own in zip(others, error, strict=True)
        ]
    )
