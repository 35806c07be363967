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
class Draws:
    """Of the first recipe and of the others, as likely true values given the test scores.

    score   [draws]: of the first recipe
    leads   [draws, others]: of each other recipe over the first
    """

    score: Array
    leads: Array


def draw_scores(
    tables: Sequence[Values],
    rows: Sequence[NDArray[np.bool_]],
    rng: np.random.Generator,
    inflation: float = 1.0,
    draws: int = DRAWS,
) -> Draws | None:
    """Draw true scores; None where no recipe has two seeds or there is one unit alone.

    Parameters
    ----------
    tables
        Values [seeds, units] of each recipe, first the one that the others are held against.
    rows
        [seeds] of each: which of the seeds that ran are to be used, at least one.
    inflation
        What variances are multiplied by (`overlap.py`).
    """
    used = [table[row] for table, row in zip(tables, rows, strict=True)]
    units = used[0].shape[1]
    by_seed = np.full((len(used), max(map(len, used))), np.nan)
    for scores, table in zip(by_seed, used, strict=True):
        scores[: len(table)] = table.mean(axis=1)
    pool = pooled_spread(by_seed)
    if pool is None or units < 2:
        return None
    seed_errors = _seed_errors(by_seed, pool, _residual(used) / units, rng, draws)
    means = np.array([table.mean(axis=0) for table in used])
    leads = means[1:] - means[0]
    # The error that all units share, as of a t with the degrees of freedom of the units.
    scale = np.sqrt((units - 1) / rng.chisquare(units - 1, (draws, 1)))
    floors = _floors(tables, leads)
    error = scale * _normal(leads, floors, rng, draws) + seed_errors[:, 1:] - seed_errors[:, :1]
    # Where all units agree, as for a difference: the rule of three.
    least = np.array([0.0 if np.ptp(means[0]) > 1e-12 else unit_error(units)])
    alone = scale * _normal(means[:1], least, rng, draws) + seed_errors[:, :1]
    wider = float(np.sqrt(inflation))
    return Draws(
        score=float(used[0].mean()) + wider * alone[:, 0],
        leads=leads.mean(axis=1) + wider * error,
    )


def _seed_errors(
    by_seed: Array, pool: Spread, from_units: float, rng: np.random.Generator, draws: int
) -> Array:
    """[draws, recipes]: errors of the means over seeds, by the seeds alone."""
    errors = np.empty((draws, len(by_seed)))
    for k, row in enumerate(by_seed):
        scores = row[np.isfinite(row)]
        own = pool.with_own(float(((scores - scores.mean()) ** 2).sum()), len(scores) - 1.0)
        variance = own.variance * own.df / rng.chisquare(own.df, draws)
        excess = np.maximum(variance - from_units, 0.0)
        errors[:, k] = np.sqrt(excess / len(scores)) * rng.standard_normal(draws)
    return errors


def _residual(used: Sequence[Values]) -> float:
    """Residual variance of single values, of seed and unit, over all recipes."""
    squares, df = 0.0, 0
    for table in used:
        seeds, units = table.shape
        if seeds > 1:
            rest = table - table.mean(axis=0)
            rest -= rest.mean(axis=1, keepdims=True)
            squares += float(np.vdot(rest, rest))
            df += (seeds - 1) * (units - 1)
    return squares / df if df else 0.0


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


def _floors(tables: Sequence[Values], leads: Array) -> Array:
    """[others]: standard errors of the leads below which they are not believed (`rare.py`)."""
    first = tables[0]
    units = first.shape[1]
    error = np.sqrt(leads.var(axis=1, ddof=1) / units)
    # No unit is worth more than the range of all values.
    most = max(float(np.ptp(table[ran(table)])) for table in tables)
    return np.array(
        [
            least_error(table, first) if own < 2.0 * most / units else 0.0
            for table, own in zip(tables[1:], error, strict=True)
        ]
    )
