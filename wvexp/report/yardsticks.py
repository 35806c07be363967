"""Yardsticks beside the arms: their values on the same test units, and what they say.

They are measured at the largest size, where the choice is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from wvexp.analysis.components import has_spread, two_way
from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.paired import PairedDifference, call_together, paired_difference
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.scores import Values, ran
from wvexp.metrics import METRICS
from wvexp.report.measurements import Measurements
from wvexp.report.unit_values import distinct, summed, why_no_score
from wvexp.results.crossfit import CrossFitted, Results
from wvexp.results.stored_yardstick import StoredYardstick, whole
from wvexp.yardsticks import YARDSTICKS

Standing = Literal["better", "alike", "worse", "undecided"]
_STANDING: dict[str, Standing] = {"A": "better", "B": "worse", "equivalent": "alike"}


@dataclass(frozen=True)
class YardstickValues:
    """One yardstick at the largest size.

    values    [seeds, units], row by row the seeds of the measurements; NaN where not fitted
    settings  what validation chose, in the first fit
    seconds   of a fit, with all its folds; the mean
    """

    name: str
    words: str
    values: Values
    settings: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class YardstickScore:
    """A yardstick's test score, and its difference from the recommended arm.

    difference  yardstick minus arm; None where no arm is recommended
    standing    called with all yardsticks counted (Holm)
    """

    name: str
    words: str
    size: int
    score: float
    low: float | None
    high: float | None
    seeds: int
    units: int
    settings: Mapping[str, Any]
    seconds: float
    arm: str | None
    difference: PairedDifference | None
    standing: Standing

    @property
    def ahead(self) -> bool:
        """Whether it is better by the 95 % interval alone."""
        low = None if self.difference is None else self.difference.low
        return low is not None and low > 0


def measure_yardsticks(
    results: Results, m: Measurements, fits: Sequence[StoredYardstick]
) -> tuple[list[YardstickValues], list[Reason]]:
    """The values of the fits at the largest size, and what could not be read."""
    size = m.sizes[-1]
    at_size = [fit for fit in fits if (fit.train_size, fit.folds) == (size, m.folds)]
    units = _units_of(results, m) if at_size else None
    if units is None:
        return [], []
    joined, places = CrossFitted(results), distinct(units)
    problems: list[Reason] = []
    tables: dict[str, dict[int, Any]] = {}
    parts: dict[str, list[tuple[StoredYardstick, ...]]] = {}
    for of_one in whole(at_size):
        first = of_one[0]
        key = joined.join([fit.key for fit in of_one])
        try:
            ids = joined.unit_ids(key)
            counts = joined.unit_counts(key)
        except KeyError:
            ids = None
        if ids != units:
            why = Why.OTHER_UNITS if ids else Why.NO_COUNTS
            seed = 0 if first.seed is None else first.seed
            problems.append(Reason(why, arm=_words(first.yardstick), size=size, seed=seed))
            continue
        flat = summed(counts, places).reshape(1 + max(places), -1)
        # Without a seed it is the same for all.
        seeds = m.seeds if first.seed is None else (first.seed,)
        rows = {m.seeds.index(seed): flat for seed in seeds if seed in m.seeds}
        tables.setdefault(first.method, {}).update(rows)
        parts.setdefault(first.method, []).append(of_one)
    found = []
    for method, rows in tables.items():
        if not rows:
            continue
        fit = parts[method][0][0]
        table = np.full((len(m.seeds), *next(iter(rows.values())).shape), np.nan)
        for row, flat in rows.items():
            table[row] = flat
        try:
            values = METRICS[m.metric].values(table)
        except ValueError as error:
            because = why_no_score(error)
            words = _words(fit.yardstick)
            problems.append(Reason(Why.NO_SCORE, arm=words, size=size, because=because))
            continue
        seconds = float(np.mean([sum(f.seconds for f in of_one) for of_one in parts[method]]))
        words = _words(fit.yardstick)
        found.append(YardstickValues(fit.yardstick, words, values, fit.settings, seconds))
    return found, problems


def yardstick_scores(
    m: Measurements,
    yardsticks: Sequence[YardstickValues],
    arm: str | None,
    margin: float,
    best: Values | None = None,
) -> tuple[YardstickScore, ...]:
    """Score and difference from the arm of every yardstick, the best first.

    best: values [seeds, units] in the place of those that the arm has at the largest size
    """
    wider = variance_inflation(m.folds)
    differences: Sequence[PairedDifference | None] = [None] * len(yardsticks)
    if arm is not None:
        best = m.values[arm][-1] if best is None else best
        shared = m.full_size is not None
        each = [_against(one.values, best, margin, shared, wider) for one in yardsticks]
        differences = call_together(each)
    scores = []
    for one, difference in zip(yardsticks, differences, strict=True):
        table = one.values[ran(one.values)]
        low = high = None
        if has_spread(table):
            low, high = np.clip(two_way(table, inflation=wider).interval(), 0.0, 1.0).tolist()
        scores.append(
            YardstickScore(
                name=one.name,
                words=one.words,
                size=m.sizes[-1],
                score=float(table.mean()),
                low=low,
                high=high,
                seeds=len(table),
                units=table.shape[1],
                settings=one.settings,
                seconds=one.seconds,
                arm=arm,
                difference=difference,
                standing=_STANDING.get(difference.call if difference else "", "undecided"),
            )
        )
    return tuple(sorted(scores, key=lambda score: -score.score))


def _against(
    values: Values, best: Values, margin: float, shared: bool, wider: float
) -> PairedDifference:
    """On the seeds on which the yardstick was fitted: that others were not was planned."""
    fitted = ran(values)
    return paired_difference(values[fitted], best[fitted], margin, shared, wider)


def _units_of(results: Results, m: Measurements) -> list[str] | None:
    """The ids of the units that the arms' values are of; None where no run has any."""
    for run in m.chosen.values():
        try:
            joined = CrossFitted(results)
            return joined.unit_ids(joined.join(run.fold_keys or (run.key,)))
        except KeyError:
            continue
    return None


def _words(name: str) -> str:
    return YARDSTICKS[name].words if name in YARDSTICKS else name
