"""The training size at which the difference of two arms changes sign, as an interval.

Between two measured sizes the difference is interpolated linearly in log size. A size is decided
where the 95 % t interval of the difference there leaves out 0; the crossover lies among the
undecided sizes between two decided ones of opposite sign (the inversion of a test, as in
Fieller 1954). No curve is assumed, and nothing is said of sizes that were not measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from wvexp.analysis.components import Joint, joint
from wvexp.analysis.rare import least_error
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.scores import ran

Status = Literal["one", "none", "several", "before_first", "beyond_last", "undecided"]
Sign = Literal["A", "B"]

STEPS = 200


@dataclass(frozen=True)
class Crossover:
    """Where A minus B passes `level`, in training examples.

    status         "one": a change between low and high; "several": more than one, all between
                   low and high; "none": the same arm leads at every size;
                   "before_first": the first size is undecided and one arm leads from `high` on,
                   so that a change, if there is one, lies before `high`; "beyond_last": one
                   arm leads up to `low`, and a change, if there is one, lies after `low`;
                   "undecided": neither end is decided, or the same arm leads at both and sizes
                   between low and high are not decided
    low, high      None where the interval is open
    estimate       where the interpolated estimate itself passes the level once between low and
                   high; None where it never does, or more than once
    before, after  who leads at the first and at the last size; None where that is undecided
    at_low, at_high  who leads there; None where the interval is open
    leaders        who leads at each of `sizes`, by the interval there; None where undecided
    settled        from here on `after` leads at every size up to the last, without a size in
                   between that is not decided; None where the last size is undecided
    """

    status: Status
    low: float | None
    high: float | None
    estimate: float | None
    before: Sign | None
    after: Sign | None
    sizes: tuple[float, ...]
    at_low: Sign | None = None
    at_high: Sign | None = None
    leaders: tuple[Sign | None, ...] = ()
    level: float = 0.0
    notes: tuple[Reason, ...] = ()
    settled: float | None = None


def crossover(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    sizes: Sequence[float],
    level: float = 0.0,
    inflation: float = 1.0,
) -> Crossover:
    """Find the sign changes of A - B - level over `sizes`.

    Parameters
    ----------
    a, b
        Values [sizes, seeds, units] of the two arms; a seed that did not run at a size is a row
        of NaN.
    sizes
        Training sizes, increasing.
    level
        0 for a crossover; a margin for the size at which A's lead falls below it.
    inflation
        What variances are multiplied by (`overlap.py`).
    """
    check_sizes(sizes, a, b)
    least = [least_error(*tables) for tables in zip(a, b, strict=True)]
    usable = [i for i, floor in enumerate(least) if floor > 0]
    notes = tuple(
        Reason(Why.SIZE_LEFT_OUT, size=float(sizes[i]), because=_why_unusable(a[i], b[i]))
        for i in range(len(sizes))
        if i not in usable
    )
    kept = tuple(float(sizes[i]) for i in usable)
    if len(kept) < 2:
        too_few = Reason(Why.FEW_SIZES, sizes=len(kept))
        return Crossover(
            "undecided",
            low=None,
            high=None,
            estimate=None,
            before=None,
            after=None,
            sizes=kept,
            leaders=(None,) * len(kept),
            level=level,
            notes=(*notes, too_few),
        )
    differences = joint((a - b)[usable], [least[i] for i in usable], inflation)
    return replace(find_sign_changes(differences, kept, level), notes=notes)


def find_sign_changes(differences: Joint, sizes: Sequence[float], level: float = 0.0) -> Crossover:
    """The crossover from the differences' joint estimate at two or more sizes."""
    log_sizes, estimate, half = _along(differences, sizes)
    estimate = estimate - level
    sign = _borne_out(np.where(np.abs(estimate) > half, np.sign(estimate), 0.0))
    decided = np.flatnonzero(sign)
    found = Crossover(
        "undecided",
        low=None,
        high=None,
        estimate=None,
        before=_leader(sign[0]),
        after=_leader(sign[-1]),
        sizes=tuple(map(float, sizes)),
        leaders=tuple(_leader(at_size) for at_size in sign[::STEPS]),
        level=level,
        settled=_settled(log_sizes, sign),
    )
    if not len(decided):
        return found

    def between(status: Status, low: int | None, high: int | None) -> Crossover:
        return replace(
            found,
            status=status,
            low=None if low is None else float(np.exp(log_sizes[low])),
            high=None if high is None else float(np.exp(log_sizes[high])),
            at_low=None if low is None else _leader(sign[low]),
            at_high=None if high is None else _leader(sign[high]),
        )

    changes = np.flatnonzero(np.diff(sign[decided]))
    if len(changes):
        low, high = decided[changes[0]], decided[changes[-1] + 1]
        place = between("one" if len(changes) == 1 else "several", low, high)
        stretch = slice(low, high + 1)
        return replace(place, estimate=_zero(log_sizes[stretch], estimate[stretch]))
    if sign[0] and sign[-1]:
        if None not in found.leaders:
            return replace(found, status="none")
        open_points = np.flatnonzero(sign == 0)
        return between("undecided", open_points[0] - 1, open_points[-1] + 1)
    if sign[-1]:
        return between("before_first", None, decided[0])
    if sign[0]:
        return between("beyond_last", decided[-1], None)
    return found


def _borne_out(sign: NDArray[np.float64]) -> NDArray[np.float64]:
    """The signs along the sizes, 0 between two measured sizes neither of which has that sign.

    The average of two open sizes is surer than either, but no size was measured where it lies.
    """
    measured = sign[::STEPS]
    lower, upper = np.repeat(measured[:-1], STEPS), np.repeat(measured[1:], STEPS)
    borne_out = (sign[:-1] == lower) | (sign[:-1] == upper)
    return np.append(np.where(borne_out, sign[:-1], 0.0), sign[-1])


def check_sizes(sizes: Sequence[float], *arms: NDArray[np.float64]) -> None:
    """ValueError unless `sizes` increase and every arm has values [sizes, seeds, units]."""
    if len(sizes) == 0 or sizes[0] <= 0 or np.any(np.diff(sizes) <= 0):
        raise ValueError(f"sizes {list(sizes)}: expected positive numbers in increasing order")
    for arm in arms:
        if arm.ndim != 3 or len(arm) != len(sizes) or arm.shape != arms[0].shape:
            raise ValueError(
                f"values {arm.shape} for {len(sizes)} sizes: expected [sizes, seeds, units], "
                "the same for every arm"
            )


def _why_unusable(a: NDArray[np.float64], b: NDArray[np.float64]) -> Reason:
    common = int((ran(a) & ran(b)).sum())
    if common < 2:
        return Reason(Why.FEW_SEEDS_IN_COMMON, seeds=common)
    return Reason(Why.SAME_SCORES)


def _along(
    differences: Joint, sizes: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """log size, estimate and half width of the 95 % interval at STEPS points a segment."""
    knots = np.log(sizes)
    log_sizes = np.concatenate(
        [np.linspace(lo, hi, STEPS, endpoint=False) for lo, hi in pairwise(knots)] + [knots[-1:]]
    )
    segment = np.minimum(np.arange(len(log_sizes)) // STEPS, len(knots) - 2)
    right = (log_sizes - knots[segment]) / (knots[segment + 1] - knots[segment])
    left = 1 - right
    variance, shared = np.diag(differences.covariance), np.diag(differences.covariance, k=1)
    squared = (
        left**2 * variance[segment]
        + right**2 * variance[segment + 1]
        + 2 * left * right * shared[segment]
    )
    # At a measured size its own degrees of freedom, in between the smaller of the two.
    df = np.minimum(differences.df[:-1], differences.df[1:])[segment]
    df = np.where(left == 1, differences.df[segment], df)
    df = np.where(right == 1, differences.df[segment + 1], df)
    estimate = left * differences.means[segment] + right * differences.means[segment + 1]
    half = stdtrit(df, 0.975) * np.sqrt(np.maximum(squared, 0.0))
    return log_sizes, estimate, half


def _leader(sign: float) -> Sign | None:
    return "A" if sign > 0 else "B" if sign < 0 else None


def _settled(log_sizes: NDArray[np.float64], sign: NDArray[np.float64]) -> float | None:
    """From where on the sign at the last size holds without a gap."""
    if not sign[-1]:
        return None
    otherwise = np.flatnonzero(sign != sign[-1])
    return float(np.exp(log_sizes[otherwise[-1] + 1 if len(otherwise) else 0]))


def _zero(log_sizes: NDArray[np.float64], estimate: NDArray[np.float64]) -> float | None:
    passes = np.flatnonzero(np.diff(estimate >= 0))
    if len(passes) != 1:
        return None
    i = passes[0]
    share = estimate[i] / (estimate[i] - estimate[i + 1])
    return float(np.exp(log_sizes[i] + share * (log_sizes[i + 1] - log_sizes[i])))
