"""Fair comparison: equal lr trials for all arms, test scores read at the chosen setting alone.

The learning rate is chosen per arm and size by the mean validation score over the seeds on which
every rate of that arm and size was tried. Further seeds may then run at the chosen rate alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.reason import Reason, Why


@dataclass(frozen=True)
class Selection:
    """What validation chose.

    chosen        [arms][sizes]: index into `rates`; None where nothing could be chosen
    lr_seeds      [arms][sizes]: seeds on which the choice rests
    problems      what makes the comparison less than fair, cell by cell
    """

    arms: tuple[str, ...]
    sizes: tuple[float, ...]
    rates: tuple[float, ...]
    chosen: tuple[tuple[int | None, ...], ...]
    lr_seeds: tuple[tuple[int, ...], ...]
    problems: tuple[Reason, ...]


def select(
    validation: NDArray[np.float64],
    arms: Sequence[str],
    sizes: Sequence[float],
    rates: Sequence[float],
) -> Selection:
    """Choose the learning rates.

    Parameters
    ----------
    validation
        Scores [arms, sizes, rates, seeds], higher is better; NaN where a run is missing.
    rates
        The learning rates tried. Of two with the same score the first is taken.
    """
    expected = (len(arms), len(sizes), len(rates))
    if validation.ndim != 4 or validation.shape[:3] != expected:
        raise ValueError(
            f"validation scores {validation.shape}: expected {expected} for arms, sizes and "
            "rates, then seeds"
        )
    # The budget of a size: every rate that any arm tried there.
    offered: NDArray[np.bool_] = np.any(np.isfinite(validation), axis=(0, 3))
    chosen: list[tuple[int | None, ...]] = []
    lr_seeds: list[tuple[int, ...]] = []
    problems: list[Reason] = []
    for a, arm in enumerate(arms):
        row = [_choose(validation[a, k]) for k in range(len(sizes))]
        chosen.append(tuple(rate for rate, _ in row))
        lr_seeds.append(tuple(seeds for _, seeds in row))
        for k, size in enumerate(sizes):
            of_cell = _problems(validation[a, k], offered[k], row[k][0], rates)
            problems += [_of_cell(arm, size, problem) for problem in of_cell]
    return Selection(
        arms=tuple(arms),
        sizes=tuple(map(float, sizes)),
        rates=tuple(map(float, rates)),
        chosen=tuple(chosen),
        lr_seeds=tuple(lr_seeds),
        problems=tuple(problems),
    )


def _choose(scores: NDArray[np.float64]) -> tuple[int | None, int]:
    """From scores [rates, seeds] the best rate, and the number of seeds it rests on."""
    tried = np.flatnonzero(np.isfinite(scores).any(axis=1))
    common = np.isfinite(scores[tried]).all(axis=0)
    if not len(tried) or not common.any():
        return None, 0
    best = tried[scores[tried][:, common].mean(axis=1).argmax()]
    return int(best), int(common.sum())


def _problems(
    scores: NDArray[np.float64],
    offered: NDArray[np.bool_],
    chosen: int | None,
    rates: Sequence[float],
) -> list[Reason]:
    tried = np.isfinite(scores).any(axis=1)
    if not tried.any():
        return [Reason(Why.CELL_WITHOUT_RUN)]
    problems = []
    untried = tuple(float(rates[int(r)]) for r in np.flatnonzero(offered & ~tried))
    if untried:
        problems.append(Reason(Why.RATES_UNTRIED, rates=untried))
    if chosen is None:
        problems.append(Reason(Why.NO_RATE_CHOSEN))
    return problems


def at_edge(validation: NDArray[np.float64], selection: Selection) -> NDArray[np.int8]:
    """Where a rate beyond those tried might have been better: [arms, sizes].

    -1 where the chosen rate is the lowest of the three or more that this arm tried at this size, 1
    where it is the highest, 0 elsewhere.
    """
    edges = np.zeros(validation.shape[:2], dtype=np.int8)
    for a, row in enumerate(selection.chosen):
        for k, chosen in enumerate(row):
            tried = np.flatnonzero(np.isfinite(validation[a, k]).any(axis=1))
            if chosen is not None and len(tried) > 2:
                edges[a, k] = int(chosen == tried[-1]) - int(chosen == tried[0])
    return edges


def at_chosen(results: NDArray[np.float64], selection: Selection) -> NDArray[np.float64]:
    """Results [arms, sizes, rates, seeds, ...] at the chosen rates: [arms, sizes, seeds, ...].

    NaN where nothing was chosen. Results at other rates are never looked at.
    """
    expected = (len(selection.arms), len(selection.sizes), len(selection.rates))
    if results.ndim < 4 or results.shape[:3] != expected:
        raise ValueError(f"results {results.shape}: expected {expected}, then seeds")
    picked = np.full(results.shape[:2] + results.shape[3:], np.nan)
    for a, row in enumerate(selection.chosen):
        for k, rate in enumerate(row):
            if rate is not None:
                picked[a, k] = results[a, k, rate]
    return picked


def missing_cells(
    chosen_results: NDArray[np.float64],
    arms: Sequence[str],
    sizes: Sequence[float],
    seeds: Sequence[int],
) -> tuple[Reason, ...]:
    """The arms that lack seeds which other arms have, at each size.

    `chosen_results` [arms, sizes, seeds, ...] as from `at_chosen`; NaN where a run is missing.
    """
    flat = chosen_results.reshape(*chosen_results.shape[:3], -1)
    present: NDArray[np.bool_] = np.all(np.isfinite(flat), axis=3)
    named: list[Reason] = []
    for k, size in enumerate(sizes):
        wanted = present[:, k].any(axis=0)
        for a, arm in enumerate(arms):
            lacking = np.flatnonzero(wanted & ~present[a, k])
            if len(lacking):
                no_result = Reason(Why.NO_RESULT, seeds=tuple(seeds[int(row)] for row in lacking))
                named.append(_of_cell(arm, size, no_result))
        if not wanted.any():
            named.append(Reason(Why.SIZE_WITHOUT_RESULT, size=float(size)))
    return tuple(named)


def _of_cell(arm: str, size: float, because: Reason) -> Reason:
    return Reason(Why.CELL, arm=arm, size=float(size), because=because)
