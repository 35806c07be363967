"""The choice of an arm at the largest size, held back where the lr trials leave it open."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wvexp.analysis.choice import SURE, Blocker, Choice, choose
from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.reason import Reason, Remedy, Why
from wvexp.analysis.scores import Values
from wvexp.arms import FOUR_NAMES
from wvexp.metrics import METRICS
from wvexp.report.baseline import majority_baseline
from wvexp.report.measurements import Measurements
from wvexp.seeds import stream


def choice_of(m: Measurements, margin: float) -> Choice:
    """The choice among the four arms at the largest size.

    Where an arm does best at the lowest or highest learning rate tried, a rate beyond might do
    better still: taken to win what the last step won, if that could change the choice, it is none.
    """
    values = {arm: m.values[arm][-1] for arm in m.arms}
    baseline, wider = majority_baseline(m.runs, m.metric), variance_inflation(m.folds)

    def chosen(tables: Mapping[str, Values]) -> Choice:
        rng, span = stream(0, "choice"), METRICS[m.metric].span
        return choose(tables, FOUR_NAMES, rng, margin, baseline, wider, span)

    choice = chosen(values)
    if not choice.decided or choice.recommended is None:
        return choice
    rivals = [arm for arm in FOUR_NAMES if arm in values and arm != choice.recommended]
    better = tuple(
        arm
        for arm in rivals
        if (gain := gain_beyond(m, arm)) > 0
        and chosen({**values, arm: values[arm] + gain}).near_best[choice.recommended] < SURE
    )
    if not better:
        return choice
    blocker = Blocker(Reason(Why.BETTER_BEYOND_THE_GRID, arms=better), Remedy.RATES_BEYOND)
    return replace(choice, decided=False, blockers=(*choice.blockers, blocker))


def gain_beyond(m: Measurements, arm: str) -> float:
    """What the step to an arm's rate at the edge of the grid won at the largest size; else 0.

    By the mean validation score over the seeds that tried both rates. Scores rise and fall once
    along a grid of learning rates: a further step wins less than the last one.
    """
    a = m.arms.index(arm)
    edge, chosen = int(m.edges[a, -1]), m.selection.chosen[a][-1]
    if not edge or chosen is None:
        return 0.0
    scores = m.validation[a, -1]
    tried = np.flatnonzero(np.isfinite(scores).any(axis=1)).tolist()
    before = tried[tried.index(chosen) - edge]
    won = scores[chosen] - scores[before]
    return max(0.0, float(np.nanmean(won))) if np.isfinite(won).any() else 0.0
