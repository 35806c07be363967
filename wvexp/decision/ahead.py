"""How much of a decision is still to come, at most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wvexp.decision.allocation import (
    CLOSE_SEEDS,
    EXTENSIONS,
    LR_SEEDS,
    MOST_SEEDS,
    SEEDS,
    Allocation,
    first_rates,
)
from wvexp.decision.budget import expected_seconds
from wvexp.results.stored_run import StoredRun
from wvexp.training.identity import RunConfig

# So many times the largest size known, nothing is said of what a run takes.
_FAR = 10


@dataclass(frozen=True)
class Ahead:
    """Upper limits of what is to come.

    runs     to train; None with a budget, which decides how many
    seconds  until the report is there; None before runs of each kind have shown what they take
    """

    runs: int | None
    seconds: float | None


def ahead(allocation: Allocation) -> Ahead:
    """What is to come if every grid of learning rates grows, no arm is given up, and it is close.

    With a budget it is no more than what is left of that.
    """
    base, budget = allocation.base, allocation.budget
    stored = allocation.stored()
    known = {run.key for run in stored}
    top = max(allocation.lr_sizes, default=base.train_size)
    runs, seconds = 0, 0.0
    for size in allocation.sizes:
        at_size = [key for key, trained_at in allocation.asked.items() if trained_at == size]
        count = _of_each_arm(allocation, size, top) * len(allocation.arms) * (base.folds or 1)
        if size not in allocation.lr_sizes:
            count = max(0, count - len(known & set(at_size)))
        at = replace(base, train_size=size)
        each = [_at_most(at.of_arm(arm), stored) for arm in allocation.arms]
        runs += count
        seconds += count * sum(each) / len(each) / budget.workers
    seconds += allocation.model_seconds() + budget.reserved + budget.closing
    if budget.limit is not None:
        left = max(0.0, budget.limit - budget.elapsed())
        return Ahead(None, left if math.isnan(seconds) else min(seconds, left))
    return Ahead(runs, None if math.isnan(seconds) else seconds)


def _at_most(run: RunConfig, stored: Sequence[StoredRun]) -> float:
    """What a run takes as its size times what an example takes at the next largest size known.

    That is too much, for part of it is for all sizes the same; NaN more than tenfold beyond.
    """
    treated = run.recipe.arm.treated
    sizes = [r.train_size for r in stored if r.recipe.arm.treated == treated]
    near = min((size for size in sizes if size >= run.train_size), default=max(sizes, default=0))
    if _FAR * near < run.train_size:
        return math.nan
    return expected_seconds(replace(run, train_size=near), stored) * max(1, run.train_size / near)


def _of_each_arm(allocation: Allocation, size: int, top: int) -> int:
    """Runs of each arm that may be wanted at a size: lr trials, where not done, and seeds."""
    wanted = CLOSE_SEEDS if size == top else SEEDS
    if allocation.budget.limit is not None:
        wanted = MOST_SEEDS if size == top else CLOSE_SEEDS
    # All of them at first: another rate may be chosen than did best in the trials.
    seeds = max(0, wanted - allocation.seeds.get(size, 0))
    if size in allocation.lr_sizes:
        return seeds
    rates = len(first_rates(allocation.base.optim.name)) + EXTENSIONS
    return rates * LR_SEEDS + seeds
