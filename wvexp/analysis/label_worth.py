"""What labels are worth: what twice as many would buy, and how many the vectors stand for.

The gain of doubling is taken from a curve through the last sizes (`beyond.py`). What vectors are
worth is the ratio N / n, N being the size at which the arm without them reaches the score that the
arm with them has at n: every N at which the 95 % interval of the difference of the two holds 0
(the inversion of a test, as in Fieller 1954). Between measured sizes the difference is
interpolated in log size (`crossover.py`), beyond the last one it is that curve again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.beyond import LAST_SIZES, Beyond
from wvexp.analysis.components import has_spread, two_way
from wvexp.analysis.crossover import Crossover, check_sizes, crossover
from wvexp.analysis.curve import REACH
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.scores import Values, ran

Worthwhile = Literal["measured", "extrapolated", "more", "less", "undecided"]

_STEPS = 60


@dataclass(frozen=True)
class Doubling:
    """What twice the labels of the last size would add to an arm's score, extrapolated.

    estimate, low, high: with the 95 % interval, never below 0; None where it cannot be told, and
    `notes` says why
    """

    arm: str
    size: float
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class VectorWorth:
    """How many times the labels arm b needs to score as arm a does at `size`.

    status         "measured": between low and high, reached among the sizes; "extrapolated": low
                   or high lies beyond the last size; "more": more than low, and no end is known;
                   "less": less than high; "undecided": neither end is known
    estimate       None where it is not known, or passes more than once
    low, high      95 % interval, as multiples of `size`; None where open
    reached        whether b surely scores as well at the last size (True), surely does not
                   (False), or neither (None)
    """

    a: str
    b: str
    size: float
    last: float
    status: Worthwhile = "undecided"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    reached: bool | None = None
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class LabelWorth:
    """What is known of both, for the arms that are compared; empty where there is none.

    doubling: of the recommended arm; vectors: at every size but for those without an interval
    shown: the size of `vectors` that stands for all, chosen by the sizes alone
    """

    doubling: Doubling | None
    vectors: tuple[VectorWorth, ...]
    shown: float | None

    @property
    def in_short(self) -> VectorWorth | None:
        return next((worth for worth in self.vectors if worth.size == self.shown), None)


def label_worth(
    values: dict[str, NDArray[np.float64]],
    sizes: Sequence[float],
    recommended: str | None,
    pair: tuple[str, str],
    inflation: float = 1.0,
) -> LabelWorth:
    """Both, from values [sizes, seeds, units] by arm.

    pair: the arm with the vectors and the one without; what is not measured is left out.
    inflation: what variances are multiplied by (`overlap.py`).
    """
    a, b = (values.get(arm) for arm in pair)
    of_vectors: tuple[VectorWorth, ...] = ()
    if a is not None and b is not None and len(sizes) > 1:
        of_vectors = tuple(
            vectors_worth(pair, a, b, sizes, k, inflation) for k in range(len(sizes))
        )
    middle = np.sqrt(float(sizes[0]) * float(sizes[-1]))
    shown = min(sizes, key=lambda size: abs(np.log(size / middle)))
    of_labels = values.get(recommended or "")
    return LabelWorth(
        None
        if of_labels is None
        else doubling_gain(recommended or "", of_labels, sizes, inflation),
        of_vectors,
        float(shown) if of_vectors else None,
    )


def doubling_gain(
    arm: str, values: NDArray[np.float64], sizes: Sequence[float], inflation: float = 1.0
) -> Doubling:
    """What twice the labels of the last size add to the score, values [sizes, seeds, units]."""
    check_sizes(sizes, values)
    found = Doubling(arm, float(sizes[-1]))
    curve = _curve(1.0 - values, None, sizes, inflation)
    if isinstance(curve, Reason):
        return replace(found, notes=(curve,))
    estimate, low, high = curve.drop(2.0 * found.size)
    missing = 1.0 - float(values[-1][ran(values[-1])].mean())
    estimate, low, high = (min(end, missing) for end in (estimate, low, high))
    return replace(found, estimate=estimate, low=low, high=high)


def vectors_worth(
    arms: tuple[str, str],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    sizes: Sequence[float],
    k: int,
    inflation: float = 1.0,
) -> VectorWorth:
    """The multiple of `sizes[k]` at which arm b scores as arm a does there."""
    n, last = float(sizes[k]), float(sizes[-1])
    within = crossover(np.broadcast_to(a[k], b.shape), b, sizes, inflation=inflation)
    found = VectorWorth(*arms, n, last, notes=within.notes)
    found = replace(found, reached={"A": False, "B": True, None: None}[within.after])
    falls_back = within.before == "B" and within.after != "B"
    if len(within.sizes) < 2 or within.sizes[-1] != last or falls_back:
        return found
    low, high, estimate = _measured(within)
    if within.after != "B":
        curve = _curve(-b, a[k], sizes, inflation)
        if not isinstance(curve, Reason):
            first, later, surely = _passes(curve, last)
            low = first if within.after == "A" and within.status == "none" else low
            high, estimate = surely, within.estimate or later
        elif within.after == "A" and within.status == "none":
            low = last
    status: Worthwhile = "undecided"
    if low and high:
        status = "extrapolated" if high > last else "measured"
    elif low or high:
        status = "more" if low else "less"
    estimate, low, high = (None if size is None else size / n for size in (estimate, low, high))
    return replace(found, status=status, estimate=estimate, low=low, high=high)


def _measured(within: Crossover) -> tuple[float | None, float | None, float | None]:
    """Low, high and estimate of the size among those measured."""
    if within.status == "none" and within.after == "B":
        return None, within.sizes[0], None
    return within.low, within.high, within.estimate


def _passes(curve: Beyond, last: float) -> tuple[float, float | None, float | None]:
    """Sizes beyond the last at which the falling difference may be, is, and surely is below 0.

    The first is the end of what may be extrapolated where it is not reached.
    """
    sizes = np.geomspace(last, last * REACH, _STEPS + 1)
    estimate, low, high = np.array([curve.at(size) for size in sizes]).T
    passed = (np.flatnonzero(ends < 0) for ends in (low, estimate, high))
    first, later, surely = (float(sizes[p[0]]) if len(p) else None for p in passed)
    return first or last * REACH, later, surely


def _curve(
    values: NDArray[np.float64], level: Values | None, sizes: Sequence[float], inflation: float
) -> Beyond | Reason:
    """The curve through the last sizes of values [sizes, seeds, units] that fall with size.

    With a `level` [seeds, units] that of level + values. Units are those of all tables; the effects
    of seeds are taken as independent but for those of the level, as in `curve.py`.
    """
    tables = values[-LAST_SIZES:]
    if len(tables) < LAST_SIZES or not all(map(has_spread, tables)):
        usable = sum(map(has_spread, values))
        return Reason(Why.FEW_LAST_SIZES, sizes=min(usable, len(tables)))
    single = [two_way(table, inflation=inflation) for table in tables]
    by_unit = np.array([table[ran(table)].mean(axis=0) for table in tables])
    seed_part = np.diag([one.seed_variance / one.seeds for one in single])
    own_error = np.array([one.standard_error**2 for one in single])
    if level is not None:
        if not has_spread(level):
            return Reason(Why.FEW_LAST_SIZES, sizes=0)
        of_level = two_way(level, inflation=inflation)
        single.append(of_level)
        by_unit = by_unit + level[ran(level)].mean(axis=0)
        seed_part = seed_part + of_level.seed_variance / of_level.seeds
        own_error = np.zeros(len(tables))
    covariance = inflation * (np.cov(by_unit) / by_unit.shape[1] + seed_part)
    # On a handful of units their means can tie: no size is surer than its own standard error.
    covariance += np.diag(np.maximum(own_error - np.diag(covariance), 0.0))
    df = float(np.median([one.df for one in single]))
    try:
        curve = Beyond.fit(
            np.array([float(size) for size in sizes[-LAST_SIZES:]]),
            by_unit.mean(axis=1),
            covariance,
            df,
        )
    except np.linalg.LinAlgError:
        return Reason(Why.CURVE_NOT_FITTED)
    return curve if curve.fits else Reason(Why.CURVE_TURNS)
