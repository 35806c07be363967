"""The recipe that a race ends with, how good it is, and how surely none is much better.

The choice is made on validation. Test units have no part in it, and its score is stated from
seeds that had none either: neither in the choice of its learning rate nor in that of the recipe.
So nothing is left of the winner's curse, however many recipes raced. All recipes are then held
against it on the test units, those given up too, with the seeds that they had.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.choice import SURE, Blocker, no_better_than
from wvexp.analysis.paired import MARGIN
from wvexp.analysis.race import Entrant
from wvexp.analysis.race_best import Validated, near_best_of_race
from wvexp.analysis.race_draws import DRAWS, draw_scores, tested
from wvexp.analysis.rare import alike, enough_units
from wvexp.analysis.reason import Reason, Remedy, Why
from wvexp.analysis.scores import ran


@dataclass(frozen=True)
class Estimate:
    """An estimate with its 95 % interval; both ends None where there is none."""

    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RecipeChoice:
    """The recommended recipe, and whether it may be called the choice.

    recommended      the recipe of the highest mean validation score of those still in the race;
                     None where none ran
    score            its test score over the fresh seeds, with the interval over seeds and units;
                     over all its seeds, so too high, where there are none (see `blockers`)
    fresh_seeds      how many seeds that is; 0 where there are none
    confidence       probability that it is within the margin of the best of all recipes that
                     raced; None where unknown
    decided          confidence of at least `SURE`, and no blockers
    near_best        the same probability for each recipe that could be judged
    differences      each of them minus the recommended, by name
    interchangeable  the recipes whose interval lies within the margin either way: of these and the
                     recommended the cheapest may be taken
    blockers         what keeps it from being decided, whatever the confidence
    """

    recommended: str | None
    score: Estimate | None
    fresh_seeds: int
    confidence: float | None
    decided: bool
    near_best: dict[str, float]
    differences: dict[str, Estimate]
    interchangeable: tuple[str, ...]
    blockers: tuple[Blocker, ...]


def choose_recipe(
    entrants: Sequence[Entrant],
    given_up: Collection[str],
    fresh_from: int,
    rng: np.random.Generator,
    margin: float = MARGIN,
    baseline: float | None = None,
    validation_units: int | None = None,
    inflation: float = 1.0,
    lowest: float = 0.0,
    draws: int = DRAWS,
) -> RecipeChoice:
    """Choose on validation, state on test.

    Parameters
    ----------
    entrants
        All recipes that raced, best without the runs that failed (`failed.py`).
    given_up
        Names of those that are out of the race: they are not chosen, but might be the best.
    fresh_from
        The first row whose seed had no part in the race. The choice is made on the rows before
        it, the recommended recipe's score stated on it and those after.
    baseline
        Test score of always giving the most frequent label, where it is known.
    validation_units
        How many validation units there are. Without it the confidence rests on the test scores
        alone, and is lower.
    inflation
        What variances are multiplied by (`overlap.py`).
    lowest
        What a score cannot fall below; 1 is perfect.
    """
    measured = {e.name: e for e in entrants if ran(e.test).any()}
    recommended = _best_on_validation(measured, given_up, fresh_from)
    if recommended is None:
        nothing = Blocker(Reason(Why.NOTHING_MEASURED))
        return RecipeChoice(None, None, 0, None, False, {}, {}, (), (nothing,))
    rows = {name: ran(entrant.test) for name, entrant in measured.items()}
    fresh = rows[recommended] & (np.arange(len(rows[recommended])) >= fresh_from)
    blockers = [
        Blocker(Reason(Why.ARM_NOT_MEASURED, arm=e.name), Remedy.RUNS_OF_ARM, e.name)
        for e in entrants
        if e.name not in measured
    ]
    if fresh.any():
        rows[recommended] = fresh
    else:
        lacking = Reason(Why.NO_FRESH_SEED, arm=recommended)
        blockers.append(Blocker(lacking, Remedy.SEEDS_OF_ARM, recommended))
    names = [recommended, *(name for name in measured if name != recommended)]
    tables = [measured[name].test for name in names]
    score = float(tables[0][rows[recommended]].mean())
    test = tested(tables, [rows[name] for name in names])
    units = tables[0].shape[1]
    larger = None
    if units < enough_units(margin):
        larger = Remedy.FOLDS if inflation == 1.0 else Remedy.EXAMPLES
    if test is None:
        few = Reason(Why.ONE_UNIT)
        if units > 1:
            few = Reason(Why.ARM_WITH_ONE_SEED, arm=recommended)
        remedy = larger if units == 1 else Remedy.SEEDS_OF_ARM
        blockers.append(Blocker(few, remedy, recommended if units > 1 else None))
        stated, number = Estimate(score, None, None), int(fresh.sum())
        return RecipeChoice(recommended, stated, number, None, False, {}, {}, (), tuple(blockers))
    drawn = draw_scores(test, rng, inflation, draws)
    stated = _estimate(score, drawn.score, lowest, 1.0)
    if len(names) > 1 and all(alike(tables[0], table) for table in tables[1:]):
        blockers.append(Blocker(Reason(Why.ARMS_ALIKE), larger or Remedy.TELLING_UNITS))
    if baseline is not None and stated.low is not None and stated.low <= baseline:
        within = stated.high is not None and stated.high >= baseline
        blockers.append(no_better_than(baseline, score, larger if within else None))
    others = names[1:]
    validated = _validated([measured[name] for name in names], rows, fresh_from, validation_units)
    near = near_best_of_race(test, validated, drawn.leads, rng, margin, inflation, draws)
    differences = {
        name: _estimate(
            float(test.scores[k]) - score, drawn.leads[:, k - 1], lowest - 1.0, 1.0 - lowest
        )
        for k, name in enumerate(names)
        if k
    }
    return RecipeChoice(
        recommended,
        stated,
        int(fresh.sum()),
        float(near[0]),
        bool(near[0] >= SURE) and not blockers,
        dict(zip(names, near.tolist(), strict=True)),
        differences,
        tuple(name for name in others if _within(differences[name], margin)),
        tuple(blockers),
    )


def _best_on_validation(
    measured: dict[str, Entrant], given_up: Collection[str], fresh_from: int
) -> str | None:
    means = {
        name: float(np.nanmean(entrant.validation[:fresh_from]))
        for name, entrant in measured.items()
        if name not in given_up and np.isfinite(entrant.validation[:fresh_from]).any()
    }
    return max(means, key=lambda name: means[name]) if means else None


def _validated(
    measured: Sequence[Entrant],
    rows: Mapping[str, NDArray[np.bool_]],
    fresh_from: int,
    units: int | None,
) -> Validated | None:
    """What validation says of them all; None where it says nothing of one."""
    before = [entrant.validation[:fresh_from] for entrant in measured]
    seeds = [np.isfinite(scores) for scores in before]
    if units is None or not all(looked_at.any() for looked_at in seeds):
        return None
    shared = [
        int((rows[entrant.name][:fresh_from] & looked_at).sum())
        for entrant, looked_at in zip(measured, seeds, strict=True)
    ]
    return Validated(
        scores=np.array([s[looked_at].mean() for s, looked_at in zip(before, seeds, strict=True)]),
        units=units,
        seeds=np.array([looked_at.sum() for looked_at in seeds]),
        shared=np.array(shared),
    )


def _estimate(estimate: float, drawn: NDArray[np.float64], least: float, most: float) -> Estimate:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(estimate, max(float(low), least), min(float(high), most))


def _within(difference: Estimate, margin: float) -> bool:
    assert difference.low is not None
    assert difference.high is not None
    return -margin < difference.low and difference.high < margin
