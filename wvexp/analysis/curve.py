"""Learning curves err(n) = a + b n^-c per arm, with intervals and marked extrapolation.

The power law with an asymptote is the usual form (Hestness et al. 2017; Viering and Loog 2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.components import has_spread, two_way
from wvexp.analysis.crossover import check_sizes
from wvexp.analysis.power_law import PowerLaw
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.scores import ran

REACH = 10.0
# Misfit for each size to spare beyond which nothing is extrapolated; a curve that fits has more
# than that in 5 % of cases or fewer.
_FITS_BADLY = 4.0


@dataclass(frozen=True)
class CurvePoint:
    """The fitted error at one size, with its 95 % interval; extrapolated: outside the sizes."""

    size: float
    error: float
    low: float
    high: float
    extrapolated: bool


@dataclass(frozen=True)
class LearningCurve:
    """err(n) = a + b n^-c, each parameter with its 95 % interval.

    The parameters and `points` are None and empty where no curve can be fitted, and no point is
    extrapolated where it fits badly; `notes` says why.
    errors, standard_errors are those measured, at `sizes`.
    """

    sizes: tuple[float, ...]
    errors: tuple[float, ...]
    standard_errors: tuple[float, ...]
    a: float | None = None
    b: float | None = None
    c: float | None = None
    a_interval: tuple[float, float] | None = None
    b_interval: tuple[float, float] | None = None
    c_interval: tuple[float, float] | None = None
    points: tuple[CurvePoint, ...] = ()
    notes: tuple[Reason, ...] = ()


def learning_curve(
    values: NDArray[np.float64],
    sizes: Sequence[float],
    at: Sequence[float] = (),
    reach: float = REACH,
    inflation: float = 1.0,
    span: float = 1.0,
) -> LearningCurve:
    """Fit the error, 1 - score, of one arm.

    Parameters
    ----------
    values
        [sizes, seeds, units] of the score; a seed that did not run at a size is a row of NaN.
    sizes
        Training sizes, increasing; at least 3 with two seeds and some spread are needed.
    at
        Sizes at which the curve is wanted; none further than `reach` times beyond the sizes.
    inflation
        What variances are multiplied by (`overlap.py`).
    span
        The largest error there can be.
    """
    check_sizes(sizes, values)
    curve = fit_decay(1.0 - values, sizes, at, reach, inflation)
    # The intervals are those of a t distribution, which knows nothing of the largest error.
    inside = (
        replace(p, error=min(p.error, span), low=min(p.low, span), high=min(p.high, span))
        for p in curve.points
    )
    return replace(curve, points=tuple(inside))


def fit_decay(
    values: NDArray[np.float64],
    sizes: Sequence[float],
    at: Sequence[float],
    reach: float,
    inflation: float,
) -> LearningCurve:
    """The curve of anything that decays with size as a + b n^-c: an error, or a gain.

    values [sizes, seeds, units] of the decaying quantity itself; else as `learning_curve`.
    """
    usable = [i for i, table in enumerate(values) if has_spread(table)]
    notes = tuple(
        Reason(Why.SIZE_LEFT_OUT, size=float(sizes[i]), because=Reason(Why.FEW_SEEDS_OR_NO_SPREAD))
        for i in range(len(sizes))
        if i not in usable
    )
    n = np.array([float(sizes[i]) for i in usable])
    single = [two_way(values[i], inflation=inflation) for i in usable]
    means = np.array([estimate.mean for estimate in single])
    measured = LearningCurve(
        sizes=tuple(n.tolist()),
        errors=tuple(means.tolist()),
        standard_errors=tuple(estimate.standard_error for estimate in single),
    )
    if len(n) < 3:
        return replace(measured, notes=(*notes, Reason(Why.FEW_SIZES_FOR_CURVE, sizes=len(n))))
    asked = np.asarray(at, np.float64)
    far = asked[(asked > reach * n[-1]) | (asked < n[0] / reach)]
    if len(far):
        raise ValueError(
            f"size {far[0]:,.0f} lies more than {reach:g} times beyond the measured "
            f"{n[0]:,.0f} to {n[-1]:,.0f}; pass reach= to extrapolate that far"
        )
    # Units are many and shared by all sizes: their covariance is estimated. Seeds are few, and
    # their effects at different sizes are taken as independent.
    by_unit = np.array([values[i][ran(values[i])].mean(axis=0) for i in usable])
    seed_part = [estimate.seed_variance / estimate.seeds for estimate in single]
    covariance = inflation * (np.cov(by_unit) / by_unit.shape[1] + np.diag(seed_part))
    # On a handful of units the unit means can tie: no size is surer than its own standard error.
    short = np.square(measured.standard_errors) - np.diag(covariance)
    covariance += np.diag(np.maximum(short, 0.0))
    try:
        law = PowerLaw.fit(n, means, covariance, df=float(np.median([e.df for e in single])))
    except np.linalg.LinAlgError:
        return replace(measured, notes=(*notes, Reason(Why.CURVE_NOT_FITTED)))
    points = tuple(
        CurvePoint(float(size), *law.error(size), not n[0] <= size <= n[-1]) for size in asked
    )
    if law.scale > _FITS_BADLY:
        notes += (Reason(Why.CURVE_FITS_BADLY),)
        points = tuple(point for point in points if not point.extrapolated)
    (a, *a_interval), (b, *b_interval), (c, *c_interval) = law.a(), law.b(), law.c()
    return replace(
        measured,
        notes=notes,
        a=a,
        b=b,
        c=c,
        a_interval=(a_interval[0], a_interval[1]),
        b_interval=(b_interval[0], b_interval[1]),
        c_interval=(c_interval[0], c_interval[1]),
        points=points,
    )
