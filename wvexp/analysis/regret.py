"""What following a recommendation costs, on test units it was not made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.paired import paired_difference

TOLERANCE = 0.005


@dataclass(frozen=True)
class Regret:
    """Best arm minus recommended arm on the scoring half, as indices of arms.

    miss: the lower bound of the 95 % interval exceeds the tolerance; None where there is no
    interval. The best arm is picked on the scoring half itself, so the regret is never below 0.
    """

    recommended: int
    best: int
    regret: float
    low: float | None
    high: float | None
    miss: bool | None


@dataclass(frozen=True)
class RegretSummary:
    """Over all settings with an interval; the figures are None where there is none of them."""

    settings: int
    misses: int
    miss_rate: float | None
    mean_regret: float | None


def half_split_regret(
    values_of: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    units: int,
    choose: Callable[[NDArray[np.float64]], int],
    rng: np.random.Generator,
    tolerance: float = TOLERANCE,
) -> tuple[Regret, Regret]:
    """Choose on one random half of the units and score on the other, then the other way round.

    Parameters
    ----------
    values_of
        Values [arms, seeds, chosen units] computed from the counts of the given units alone, so
        that nothing of the scoring half reaches the choice.
    units
        How many test units there are; at least 4.
    choose
        From values [arms, seeds, units] the index of the recommended arm.
    """
    if units < 4:
        raise ValueError(f"{units} test units: at least 4 are needed to choose on half of them")
    order = rng.permutation(units)
    first, second = np.sort(order[: units // 2]), np.sort(order[units // 2 :])
    values = values_of(first), values_of(second)
    return (
        regret(values[1], choose(values[0]), tolerance),
        regret(values[0], choose(values[1]), tolerance),
    )


def highest_mean(values: NDArray[np.float64]) -> int:
    """The arm with the best mean over its seeds: the plainest recommendation."""
    return int(np.nanargmax(_means(values)))


def regret(values: NDArray[np.float64], recommended: int, tolerance: float = TOLERANCE) -> Regret:
    """The regret of one recommendation; values [arms, seeds, units] of units not used for it."""
    means = _means(values)
    if np.isnan(means[recommended]):
        raise ValueError(f"the recommended arm, {recommended}, did not run")
    best = int(np.nanargmax(means))
    if means[best] == means[recommended]:
        return Regret(recommended, recommended, 0.0, 0.0, 0.0, miss=False)
    gap = paired_difference(values[best], values[recommended])
    if gap.estimate is None:
        raise ValueError(f"arms {best} and {recommended} have no seed in common")
    miss = None if gap.low is None else gap.low > tolerance
    return Regret(recommended, best, gap.estimate, gap.low, gap.high, miss)


def summarise(regrets: Sequence[Regret]) -> RegretSummary:
    """Share of misses and mean regret."""
    judged = [r for r in regrets if r.miss is not None]
    if not judged:
        return RegretSummary(0, 0, None, None)
    misses = sum(bool(r.miss) for r in judged)
    return RegretSummary(
        settings=len(judged),
        misses=misses,
        miss_rate=misses / len(judged),
        mean_regret=float(np.mean([r.regret for r in judged])),
    )


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over seeds and units [arms]; NaN for an arm that did not run."""
    if values.ndim != 3:
        raise ValueError(f"values {values.shape}: expected [arms, seeds, units]")
    scores = values.mean(axis=2)
    present = ~np.isnan(scores)
    if not present.any():
        raise ValueError("no arm ran")
    sums = np.where(present, scores, 0.0).sum(axis=1)
    counts = present.sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
