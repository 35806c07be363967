"""Two-way variance components: how far a mean over seeds and test units can be trusted.

values[s, u] = mean + seed effect + unit effect + residual. Seeds and units are both samples, of
the runs one might have had and of the texts one might have tested on, and they are crossed:
every seed is scored on every unit. So the variance of the grand mean is
seed variance / S + unit variance / U + residual / (S U), estimated from the mean squares of the
two-way table without replication (Searle, Casella and McCulloch 1992, section 4.3), with
Satterthwaite's (1946) degrees of freedom.

With few seeds Satterthwaite's t holds its 95 % but not its far tail, where a correction for many
comparisons looks: 5 seeds whose means lie close together by chance then pass for certain. There
the generalised p-value (Tsui and Weerahandi 1989) is used, which averages over what the variance
between seeds may be. With fewer than 5 seeds Satterthwaite's t does not hold its 95 % either:
where the seeds' mean square is small by luck, it takes the error for that of many units. There
the degrees of freedom are lowered until the interval is the generalised one (Weerahandi 1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, stdtr, stdtrit

from wvexp.analysis.scores import Values, ran

# With fewer the interval is the generalised one; calibrated in `benchmarks/calibration.py`.
_ENOUGH_SEEDS = 5
_BISECTIONS = 30


@dataclass(frozen=True)
class TwoWay:
    """A grand mean and what its uncertainty is made of; variances are those of single effects.

    df: Satterthwaite's; with fewer than 5 seeds at most those that make the 95 % interval as wide
        as the generalised one
    seed_mean_square: between seeds, from which `tail` starts
    least_error, inflation: as given to `two_way`; the standard error has them in it
    """

    mean: float
    standard_error: float
    df: float
    seed_variance: float
    unit_variance: float
    residual_variance: float
    seed_mean_square: float
    seeds: int
    units: int
    least_error: float = 0.0
    inflation: float = 1.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The two-sided t interval that covers the true mean with probability `level`."""
        half = float(stdtrit(self.df, 0.5 + level / 2)) * self.standard_error
        return self.mean - half, self.mean + half

    def tail(self, distance: float) -> float:
        """Probability that the mean errs by `distance` or more in one direction, far out as well.

        The generalised p-value: the seeds' mean square is (S - 1) expected / chi-square, and the
        tail is averaged over that chi-square, by the trapezoidal rule in its logarithm.
        """
        df = self.seeds - 1
        low, high = np.log(chdtri(df, [1 - 1e-12, 1e-12]))
        log_chi = np.linspace(low, high, 400)
        density = np.exp(log_chi * df / 2 - np.exp(log_chi) / 2)
        expected = self.seed_mean_square * df / np.exp(log_chi)
        variance = (
            np.maximum(expected - self.residual_variance, 0.0)
            + self.seeds * self.unit_variance
            + self.residual_variance
        ) / (self.seeds * self.units)
        variance = np.maximum(variance, self.least_error**2) * self.inflation
        tails = stdtr(self.units - 1, -distance / np.sqrt(variance))
        return float(density @ tails / density.sum())


def two_way(values: Values, least_error: float = 0.0, inflation: float = 1.0) -> TwoWay:
    """Mean, standard error and degrees of freedom from values [seeds, units].

    At least 2 seeds that ran and 2 units, otherwise ValueError. A component that comes out
    negative is taken as 0, which keeps the standard error at or above that of either way alone.

    Parameters
    ----------
    least_error
        Floor of the standard error (`rare.py`); where it holds, units alone are the sample.
    inflation
        What the variance is multiplied by (`overlap.py`).
    """
    values = values[ran(values)]
    seeds, units = values.shape
    if seeds < 2 or units < 2:
        raise ValueError(f"{seeds} seeds and {units} test units: at least 2 of each are needed")
    by_seed, by_unit, residual = _mean_products(values, values)
    if not has_spread(values):
        by_seed = by_unit = residual = 0.0
    seed_excess = max(by_seed - residual, 0.0)
    unit_excess = max(by_unit - residual, 0.0)
    own_error = float(np.sqrt((seed_excess + unit_excess + residual) / (seeds * units)))
    floored = own_error < least_error
    found = TwoWay(
        mean=float(values.mean()),
        standard_error=max(own_error, least_error) * float(np.sqrt(inflation)),
        df=(
            float(units - 1)
            if floored
            else _satterthwaite(by_seed, by_unit, residual, seeds, units)
        ),
        seed_variance=seed_excess / units,
        unit_variance=unit_excess / seeds,
        residual_variance=residual,
        seed_mean_square=by_seed,
        seeds=seeds,
        units=units,
        least_error=least_error,
        inflation=inflation,
    )
    return replace(found, df=_generalised_df(found)) if seeds < _ENOUGH_SEEDS else found


def has_spread(values: Values) -> bool:
    """Whether two seeds ran, on two units, with more than rounding between their values."""
    rows = values[ran(values)]
    return min(rows.shape) >= 2 and bool(np.ptp(rows) > 1e-12 * np.abs(rows).max())


def _satterthwaite(
    by_seed: float, by_unit: float, residual: float, seeds: int, units: int
) -> float:
    # The terms that stay in the sum once negative components are dropped; a kept component
    # brings its own mean square and takes one residual mean square away.
    kept: list[tuple[float, int]] = []
    total = residual
    for mean_square, df in ((by_seed, seeds - 1), (by_unit, units - 1)):
        if mean_square > residual * (1 + 1e-9):  # counts can tie: rounding must not decide
            kept.append((mean_square, df))
            total += mean_square - residual
    residuals = (1 - len(kept)) * residual
    spread = sum(m**2 / df for m, df in ((residuals, (seeds - 1) * (units - 1)), *kept))
    return float(total**2 / spread) if spread > 0 else float(min(seeds, units) - 1)


def _generalised_df(found: TwoWay) -> float:
    """The degrees of freedom of the t interval that ends where `tail` is 2.5 %."""

    def excess(df: float) -> float:
        return found.tail(float(stdtrit(df, 0.975)) * found.standard_error) - 0.025

    high = found.df
    if found.standard_error == 0 or excess(high) <= 0:
        return high
    low = min(0.5, high / 2)
    for _ in range(_BISECTIONS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    return low


def two_way_covariance(a: Values, b: Values) -> float:
    """Covariance of the grand means of two tables [seeds, units] over the same seeds and units.

    Seeds that ran in one table alone add to its variance, not to the covariance. With fewer than
    two common seeds the seeds' share is unknown and left out.
    """
    in_a, in_b = ran(a), ran(b)
    if a.shape != b.shape:
        raise ValueError(f"tables of shapes {a.shape} and {b.shape}: expected the same")
    common = in_a & in_b
    shared, units = int(common.sum()), a.shape[1]
    if shared < 2:
        return float(np.cov(a[in_a].mean(axis=0), b[in_b].mean(axis=0))[0, 1] / units)
    by_seed, by_unit, residual = _mean_products(a[common], b[common])
    seed_share = by_seed / units * shared / (int(in_a.sum()) * int(in_b.sum()))
    return float(seed_share + (by_unit - residual) / (shared * units))


@dataclass(frozen=True)
class Joint:
    """Several means over the same seeds and units (sizes, or arms), with their covariance.

    means [k], covariance [k, k], df [k]: Satterthwaite's, of each mean on its own
    """

    means: NDArray[np.float64]
    covariance: NDArray[np.float64]
    df: NDArray[np.float64]


def joint(
    tables: NDArray[np.float64], least_errors: Sequence[float] | None = None, inflation: float = 1.0
) -> Joint:
    """Means and covariance from tables [k, seeds, units]; each needs 2 seeds that ran.

    least_errors [k] and inflation as for `two_way`.
    """
    least = [0.0] * len(tables) if least_errors is None else least_errors
    single = [two_way(table, floor, inflation) for table, floor in zip(tables, least, strict=True)]
    errors = np.array([estimate.standard_error for estimate in single])
    covariance = np.diag(errors**2)
    for i in range(len(tables)):
        for j in range(i):
            bound = errors[i] * errors[j]
            shared = inflation * two_way_covariance(tables[i], tables[j])
            covariance[i, j] = covariance[j, i] = np.clip(shared, -bound, bound)
    return Joint(
        means=np.array([estimate.mean for estimate in single]),
        covariance=covariance,
        df=np.array([estimate.df for estimate in single]),
    )


def _mean_products(a: Values, b: Values) -> tuple[float, float, float]:
    """Mean squares (or products) between seeds, between units, and residual."""
    seeds, units = a.shape
    seed_a, seed_b = (x.mean(axis=1) - x.mean() for x in (a, b))
    unit_a, unit_b = (x.mean(axis=0) - x.mean() for x in (a, b))
    rest_a = a - a.mean() - seed_a[:, None] - unit_a
    rest_b = rest_a if b is a else b - b.mean() - seed_b[:, None] - unit_b
    return (
        units * float(seed_a @ seed_b) / (seeds - 1),
        seeds * float(unit_a @ unit_b) / (units - 1),
        float(np.vdot(rest_a, rest_b)) / ((seeds - 1) * (units - 1)),
    )
