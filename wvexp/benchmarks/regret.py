"""What following the recommendation costs, from any results file.

At every size of every condition the arm is recommended from one half of the test units and scored
on the other, both ways round (`wvexp.analysis.regret`). Always taking the same arm is scored on
the same halves for comparison.
"""

from collections.abc import Iterable
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.regret import Regret, half_split_regret, highest_mean, summarise
from wvexp.arms import FOUR_NAMES
from wvexp.errors import UserError
from wvexp.metrics import METRICS
from wvexp.report.measurements import Measurements, measure
from wvexp.report.reasons import in_words
from wvexp.report.unit_values import why_no_score
from wvexp.results.crossfit import Results
from wvexp.seeds import stream

RECOMMENDED = "recommended"


def regret_benchmark(
    stores: Iterable[Results], seed: int = 0, condition: str = ""
) -> dict[str, Any]:
    """The regret of the recommendation, and of always taking one arm, over all settings.

    A setting is a size of a condition at which every arm has two seeds or more, any two arms have
    one in common, and either half of the test units has a score; `left_out` says why the others
    are none. Conditions are taken whose names begin with `condition`. A miss is a lower bound above
    half a point (`Regret.miss`).

    Raises
    ------
    UserError
        No condition has such a name.
    """
    policies: dict[str, list[Regret]] = {name: [] for name in (RECOMMENDED, *FOUR_NAMES)}
    settings, left_out = [], []
    taken = 0
    for store in stores:
        conditions = {run.condition for run in store.runs()}
        for one_condition in sorted(c for c in conditions if c.startswith(condition)):
            taken += 1
            m = measure(store, one_condition)
            for size in m.sizes:
                why = _lacking(m, size)
                if why is None:
                    try:
                        of_size = {name: _both_ways(m, size, name, seed) for name in policies}
                    except ValueError as error:  # a half without a single entity, or class
                        why = Reason(Why.HALF_WITHOUT_SCORE, because=why_no_score(error))
                if why is not None:
                    left_out.append(
                        {"condition": one_condition, "size": size, "why": in_words(why)}
                    )
                    continue
                for name, regrets in of_size.items():
                    policies[name] += regrets
                settings += [
                    {
                        "condition": one_condition,
                        "model": m.runs[0].model,
                        "metric": m.metric,
                        "size": size,
                        **asdict(one),
                        "recommended": FOUR_NAMES[one.recommended],
                        "best": FOUR_NAMES[one.best],
                    }
                    for one in of_size[RECOMMENDED]
                ]
    if condition and not taken:
        raise UserError(f"condition={condition}: no run has it", "leave it out to take all")
    return {
        "settings": settings,
        "left_out": left_out,
        "summary": {name: asdict(summarise(regrets)) for name, regrets in policies.items()},
    }


def _lacking(m: Measurements, size: int) -> Reason | None:
    """Why a size is no setting: too few seeds or test units in an arm; None where it is one."""
    ran = {}
    for arm in FOUR_NAMES:
        counts = m.counts.get((arm, size))
        if counts is None:
            return Reason(Why.NO_RUN, arms=(arm,))
        if counts.shape[1] < 4:
            return Reason(Why.FEW_UNITS, units=counts.shape[1])
        ran[arm] = np.isfinite(counts[:, 0, 0])
        if ran[arm].sum() < 2:
            return Reason(Why.ONE_SEED, arm=arm)
    for a, b in combinations(FOUR_NAMES, 2):
        if not (ran[a] & ran[b]).any():
            return Reason(Why.NO_SEED_IN_COMMON, a=a, b=b)
    return None


def _both_ways(m: Measurements, size: int, policy: str, seed: int) -> tuple[Regret, Regret]:
    """The policy's regret on either half; every policy meets the same halves."""
    counts = [m.counts[arm, size] for arm in FOUR_NAMES]

    def values_of(units: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.stack([METRICS[m.metric].values(table[:, units]) for table in counts])

    choose = highest_mean if policy == RECOMMENDED else lambda values: FOUR_NAMES.index(policy)
    rng = stream(seed, "halves", size)
    return half_split_regret(values_of, counts[0].shape[1], choose, rng)
