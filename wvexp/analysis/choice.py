"""Which arm to take at one size, how sure that is, and what would make it surer."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from wvexp.analysis.best import near_best
from wvexp.analysis.components import has_spread, two_way
from wvexp.analysis.paired import MARGIN, PairedDifference, paired_difference
from wvexp.analysis.rare import alike
from wvexp.analysis.scores import ran

SURE = 0.95


@dataclass(frozen=True)
class Settling:
    """What would settle an undecided choice: this many in place of those there are.

    None: not by that alone. `closest` is the arm that is hardest to tell from the recommended.
    """

    closest: str
    seeds: int | None
    units: int | None


@dataclass(frozen=True)
class Choice:
    """The recommended arm, and whether it may be called the choice.

    recommended  the arm of the highest mean; None where no arm ran
    confidence   probability that it is within the margin of the best; None where unknown
    decided      confidence of at least `SURE`, and no notes
    near_best    the same probability for each arm that could be judged
    worst_cost   upper end of the 95 % intervals of (another arm - recommended): what it costs, at
                 worst, if the recommendation is wrong, from 0 to what is missing to a score of 1;
                 None while a wanted arm has no interval
    settling     None where the confidence is enough, where nothing is known, and where no unit
                 tells the arms apart
    notes        what keeps it from being decided, whatever the confidence
    """

    recommended: str | None
    confidence: float | None
    decided: bool
    near_best: dict[str, float]
    worst_cost: float | None
    settling: Settling | None
    notes: tuple[str, ...]


def choose(
    values: Mapping[str, NDArray[np.float64]],
    wanted: tuple[str, ...],
    rng: np.random.Generator,
    margin: float = MARGIN,
    baseline: float | None = None,
    widening: float = 1.0,
) -> Choice:
    """Choose among the arms of `values`, by arm [seeds, units]; those not in `wanted` are left out.

    It stays undecided while a wanted arm has no interval (it did not run, ran with one seed, or
    has no spread), for that one might be the best; while no test unit tells any two arms apart;
    and while the recommended arm is not surely better than no learning at all.

    Parameters
    ----------
    baseline
        Score of always giving the most frequent label, where it is known.
    widening
        What variances are multiplied by (`overlap.py`).
    """
    measured = {arm: values[arm] for arm in wanted if arm in values and ran(values[arm]).any()}
    means = {arm: float(table[ran(table)].mean()) for arm, table in measured.items()}
    if not means:
        return Choice(None, None, False, {}, None, None, ("no arm was measured",))
    recommended = max(means, key=lambda arm: means[arm])
    judged = [arm for arm in means if has_spread(values[arm])]
    unknown = tuple(_without_interval(arm, values) for arm in wanted if arm not in judged)
    if recommended not in judged or len(judged) < 2:
        return Choice(recommended, None, False, {}, None, None, unknown)
    tables = np.stack([values[arm] for arm in judged])
    probabilities = near_best(tables, rng, margin, widening)
    by_arm = dict(zip(judged, probabilities.tolist(), strict=True))
    rivals = {
        arm: paired_difference(values[arm], values[recommended], margin, widening=widening)
        for arm in judged
        if arm != recommended
    }
    highs = [rival.high for rival in rivals.values()]
    known = [high for high in highs if high is not None]
    room = 1.0 - means[recommended]
    notes = unknown
    same = all(alike(a, b) for a, b in combinations(tables, 2))
    if same:
        notes += ("no test unit tells the arms apart",)
    low = two_way(values[recommended], widening=widening).interval()[0]
    if baseline is not None and low <= baseline:
        notes += (
            f"not surely better than always giving the most frequent label, {100 * baseline:.1f} %",
        )
    sure = by_arm[recommended] >= SURE
    return Choice(
        recommended,
        by_arm[recommended],
        sure and not notes,
        by_arm,
        None if unknown or len(known) < len(highs) else _between(0.0, max(known), room),
        None if sure or same else _settling(rivals, margin, widening),
        notes,
    )


def _between(low: float, value: float, high: float) -> float:
    return max(low, min(value, high))


def _without_interval(arm: str, values: Mapping[str, NDArray[np.float64]]) -> str:
    """Why an arm could not be judged."""
    seeds = int(ran(values[arm]).sum()) if arm in values else 0
    if seeds == 0:
        return f"{arm}: not measured"
    if seeds == 1:
        return f"{arm}: one seed, so no interval"
    return f"{arm}: the same score on every test unit, so no interval"


def _settling(
    rivals: Mapping[str, PairedDifference], margin: float, widening: float
) -> Settling | None:
    """Seeds or test units, the other kept, at which the closest rival would be told apart.

    With standard error s, the recommended arm is within the margin with probability
    Phi((margin + lead) / s): s has to fall to (margin + lead) / Phi^-1(SURE).
    """
    known = {arm: d for arm, d in rivals.items() if d.standard_error}
    if not known:
        return None
    closest = min(known, key=lambda arm: _reach(known[arm], margin))
    d = known[closest]
    assert d.estimate is not None
    assert d.seed_variance is not None
    assert d.unit_variance is not None
    assert d.residual_variance is not None
    assert d.standard_error is not None
    wanted = ((margin - d.estimate) / float(ndtri(SURE))) ** 2 / widening
    seed, unit, rest = d.seed_variance, d.unit_variance, d.residual_variance
    seeds = _enough(seed + rest / d.units, wanted - unit / d.units, d.seeds)
    units = _enough(unit + rest / d.seeds, wanted - seed / d.seeds, d.units)
    # Where units hardly disagree, the error is what so many can exclude (`rare.py`).
    error = d.standard_error / sqrt(widening)
    if error**2 > (seed / d.seeds + unit / d.units + rest / d.seeds / d.units) * (1 + 1e-9):
        seeds, units = None, max(units or 0, ceil(error * d.units / sqrt(wanted)))
    return Settling(closest, seeds, units)


def _reach(difference: PairedDifference, margin: float) -> float:
    assert difference.estimate is not None
    assert difference.standard_error is not None
    return (margin - difference.estimate) / difference.standard_error


def _enough(variance: float, left: float, now: int) -> int | None:
    """How many it takes for variance / n <= left; None where none would do, or enough is there."""
    if left <= 0 or (n := ceil(variance / left)) <= now:
        return None
    return n
