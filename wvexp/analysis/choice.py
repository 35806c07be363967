"""Which arm to take at one size, how sure that is, and what would make it surer."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
from scipy.special import stdtr

from wvexp.analysis.best import near_best
from wvexp.analysis.components import has_spread, two_way
from wvexp.analysis.paired import MARGIN, PairedDifference, paired_difference
from wvexp.analysis.rare import alike, enough_units, unit_error
from wvexp.analysis.reason import Reason, Remedy, Why
from wvexp.analysis.scores import Values, ran

SURE = 0.95
# Seeds or test units beyond any that will be had.
_BEYOND = 10**9


@dataclass(frozen=True)
class Settling:
    """What would settle an undecided choice: this many in place of those there are.

    None: not by that alone. `closest` is the arm that is hardest to tell from the recommended.
    """

    closest: str
    seeds: int | None
    units: int | None


@dataclass(frozen=True)
class Blocker:
    """What keeps a choice from being decided, and what would settle it; None: nothing known.

    arm: the one that has no interval, where that is what is lacking
    """

    reason: Reason
    remedy: Remedy | None = None
    arm: str | None = None


@dataclass(frozen=True)
class Choice:
    """The recommended arm, and whether it may be called the choice.

    recommended  the arm of the highest mean; None where no arm ran
    confidence   probability that it is within the margin of the best; None where unknown
    decided      confidence of at least `SURE`, and no blockers
    near_best    the same probability for each arm that could be judged
    worst_cost   upper end of the 95 % intervals of (another arm - recommended): what it costs, at
                 worst, if the recommendation is wrong, from 0 to what is missing to a score of 1;
                 None while a wanted arm has no interval
    settling     None where the confidence is enough, and where something else blocks the choice
    blockers     what keeps it from being decided, whatever the confidence
    """

    recommended: str | None
    confidence: float | None
    decided: bool
    near_best: dict[str, float]
    worst_cost: float | None
    settling: Settling | None
    blockers: tuple[Blocker, ...]

    @property
    def notes(self) -> tuple[Reason, ...]:
        """The reasons of the blockers."""
        return tuple(blocker.reason for blocker in self.blockers)


def choose(
    values: Mapping[str, Values],
    wanted: tuple[str, ...],
    rng: np.random.Generator,
    margin: float = MARGIN,
    baseline: float | None = None,
    inflation: float = 1.0,
    span: float = 1.0,
) -> Choice:
    """Choose among the arms of `values`, by arm [seeds, units]; those not in `wanted` are left out.

    It stays undecided while the difference of a wanted arm from the recommended has no interval
    (it did not run, ran with one seed, or neither has any spread), for that one might be the
    best; while no test unit tells any two arms apart; and while the recommended arm is not surely
    better than no learning at all.

    Parameters
    ----------
    baseline
        Score of whoever has learnt nothing and gives the same always, where it is known.
    inflation
        What variances are multiplied by (`overlap.py`).
    span
        The largest difference there can be.
    """
    measured = {arm: values[arm] for arm in wanted if arm in values and ran(values[arm]).any()}
    means = {arm: float(table[ran(table)].mean()) for arm, table in measured.items()}
    if not means:
        nothing = Blocker(Reason(Why.NOTHING_MEASURED))
        return Choice(None, None, False, {}, None, None, (nothing,))
    recommended = max(means, key=lambda arm: means[arm])
    best = values[recommended]
    rivals = {
        arm: paired_difference(table, best, margin, inflation=inflation, span=span)
        for arm, table in measured.items()
        if arm != recommended
    }
    judged = [arm for arm, lead in rivals.items() if lead.high is not None]
    unjudged = [arm for arm in wanted if arm not in judged and (arm != recommended or not judged)]
    larger = None
    if best.shape[1] < enough_units(margin):
        # A cross-fit tests every example there is.
        larger = Remedy.FOLDS if inflation == 1.0 else Remedy.EXAMPLES
    blocked = (_without_interval(a, recommended, measured, larger) for a in unjudged)
    blockers = tuple(filter(None, blocked))
    if not judged:
        return Choice(recommended, None, False, {}, None, None, blockers)
    tables = np.stack([best, *(values[arm] for arm in judged)])
    probabilities = near_best(tables, rng, margin, inflation).tolist()
    by_arm = dict(zip([recommended, *judged], probabilities, strict=True))
    highs = [lead.high for lead in rivals.values() if lead.high is not None]
    cost = None if blockers else _between(0.0, max(highs), 1.0 - means[recommended])
    if all(alike(a, b) for a, b in combinations(tables, 2)):
        blockers += (Blocker(Reason(Why.ARMS_ALIKE), larger or Remedy.TELLING_UNITS),)
    if baseline is not None:
        low, high = _ends(best, inflation)
        if low <= baseline:
            larger = larger if high >= baseline else None
            blockers += (no_better_than(baseline, means[recommended], larger),)
    sure = by_arm[recommended] >= SURE
    return Choice(
        recommended,
        by_arm[recommended],
        sure and not blockers,
        by_arm,
        cost,
        None if sure or blockers else _settling(rivals, margin, inflation),
        blockers,
    )


def _ends(values: Values, inflation: float) -> tuple[float, float]:
    """The interval of a score; by the rule of three where all units agree."""
    floor = 0.0 if has_spread(values) else unit_error(values.shape[1])
    return two_way(values, floor, inflation).interval()


def no_better_than(baseline: float, score: float, larger: Remedy | None) -> Blocker:
    """The blocker of a score that is not surely above the baseline.

    larger: what makes a test set larger that is too small to tell; None where it tells
    """
    if larger is not None:
        remedy: Remedy | None = larger
    elif score > baseline:
        remedy = Remedy.UNITS_OR_SEEDS
    elif baseline < 1.0:
        remedy = Remedy.LEARNABLE_LABELS
    else:
        remedy = None
    return Blocker(Reason(Why.NO_BETTER_THAN_BASELINE, baseline=baseline), remedy)


def _between(low: float, value: float, high: float) -> float:
    return max(low, min(value, high))


def _without_interval(
    arm: str, recommended: str, measured: Mapping[str, Values], larger: Remedy | None
) -> Blocker | None:
    """Why an arm could not be judged; None where that is not the arm's own fault."""
    if arm not in measured:
        return Blocker(Reason(Why.ARM_NOT_MEASURED, arm=arm), Remedy.RUNS_OF_ARM, arm)
    in_arm, in_best = ran(measured[arm]), ran(measured[recommended])
    if in_arm.sum() == 1:
        return Blocker(Reason(Why.ARM_WITH_ONE_SEED, arm=arm), Remedy.SEEDS_OF_ARM, arm)
    common = in_arm & in_best
    if common.sum() >= 2:  # so that spread is lacking, but for the recommended arm alone
        if has_spread(measured[arm][common]):
            return None
        same = Reason(Why.ARM_WITH_SAME_SCORES, arm=arm)
        return Blocker(same, larger or Remedy.OTHER_TEST_DATA, arm)
    if in_best.sum() < 2:
        return None
    apart = Reason(Why.ARM_WITH_OTHER_SEEDS, arm=arm, other=recommended, seeds=int(common.sum()))
    return Blocker(apart, Remedy.SAME_SEEDS, arm)


def _settling(rivals: Mapping[str, PairedDifference], margin: float, inflation: float) -> Settling:
    """Seeds or test units, the other kept, at which the rivals would be told apart.

    With standard error s, the recommended arm is within the margin of a rival with probability
    T((margin + lead) / s), T of that rival's interval. All errors are taken to fall as that of the
    closest rival does, and degrees of freedom to grow with the seeds, until what is left of doubt,
    added up over the rivals, is 1 - SURE.
    """
    reaches = {arm: _reach(d, margin) for arm, d in rivals.items()}
    closest = min(reaches, key=lambda arm: reaches[arm])
    if reaches[closest] <= 0:
        return Settling(closest, None, None)
    d = rivals[closest]
    assert d.standard_error is not None
    assert d.seed_variance is not None
    assert d.unit_variance is not None
    assert d.residual_variance is not None
    seed, unit, rest = d.seed_variance, d.unit_variance, d.residual_variance
    reach, df = np.array(list(reaches.values())), np.array([d.df for d in rivals.values()])
    now = d.standard_error**2 / inflation
    # Where units hardly disagree, the error is what that many can exclude (`rare.py`).
    floored = now > (seed / d.seeds + unit / d.units + rest / d.seeds / d.units) * (1 + 1e-9)

    def enough(seeds: int, units: int) -> bool:
        then = seed / seeds + unit / units + rest / seeds / units
        if floored:
            then = max(then, now * (d.units / units) ** 2)
        grown = df * (seeds - 1) / (d.seeds - 1)
        return bool(stdtr(grown, -reach * sqrt(now / then)).sum() <= 1 - SURE)

    return Settling(
        closest,
        None if floored else _fewest(lambda n: enough(n, d.units), d.seeds),
        _fewest(lambda n: enough(d.seeds, n), d.units),
    )


def _reach(difference: PairedDifference, margin: float) -> float:
    assert difference.estimate is not None
    assert difference.standard_error is not None
    return (margin - difference.estimate) / difference.standard_error


def _fewest(enough: Callable[[int], bool], now: int) -> int | None:
    """The smallest number above `now` that is enough; None where none is."""
    n = bisect_left(range(_BEYOND), True, lo=now + 1, key=enough)
    return n if n < _BEYOND else None
