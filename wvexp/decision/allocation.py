"""Where a decision spends its runs.

The choice is made at the full size, so that is measured first, after the two smallest sizes; then
the other sizes, for the crossover. With a budget the largest size that it can be expected to reach
comes first, once a few runs at ever larger sizes have shown what one costs; then the smaller ones,
from the smallest. Learning rates are tried on two seeds; further seeds run at the chosen rate
alone. Where a rate at the edge of the grid is best, the grid grows for all arms of that size. An
arm that is surely behind gets no more seeds.
Without a budget nothing depends on the clock: interrupted and begun again, a decision goes through
the same runs. Whatever else the results file holds has no part in it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.paired import paired_difference
from wvexp.arms import (
    FOUR_ARMS,
    FROZEN,
    PRETRAINED_FROZEN,
    PRETRAINED_TUNED,
    RANDOM_TUNED,
    TUNED,
    Arm,
)
from wvexp.decision.budget import Budget, expected_seconds
from wvexp.report.choice import choice_of
from wvexp.report.measurements import Measurements, measure
from wvexp.results.crossfit import CrossFitted
from wvexp.results.store import Store
from wvexp.results.stored_run import StoredRun
from wvexp.results.subset import Subset
from wvexp.rules import RULES
from wvexp.sweeps.grid import Grid, size_ladder
from wvexp.sweeps.run import SweepOutcome
from wvexp.training.identity import RunConfig

# Learning rates half a decade apart.
LADDER = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0)
# How often the grid of a size may grow.
EXTENSIONS = 2
STEPS = 5
# Seeds with which learning rates are chosen, with which arms are given up, that every arm in the
# running gets, and that a close decision gets at the largest size; the last with a budget alone.
LR_SEEDS, SIEVING_SEEDS, SEEDS, CLOSE_SEEDS, MOST_SEEDS = 2, 3, 5, 10, 20
# Arms of the guidance's comparisons: they get the usual seeds whatever their score.
COMPARED = {arm.name for arm in (PRETRAINED_FROZEN, PRETRAINED_TUNED, RANDOM_TUNED)}
# Of what a budget leaves for runs, what the size on which the choice rests may take.
_TOP_SHARE = 0.8
# Of the same, what runs at the second size may take, before which no estimate of it is any good.
_GUESS = 0.5
# Sizes to choose it from, for each of the usual ones: each about twice the one before.
_FINER = 3
# An arm is given up once it trails the best by this many margins at the least (95 %).
_HOPELESS = 3.0

# What a budget can leave out, the gravest first.
WHAT = ("all arms", "further learning rates", "further seeds")

# Trains the runs that are not stored, for at most that many seconds.
Train = Callable[[Sequence[RunConfig], float], SweepOutcome]


def first_rates(rule: str) -> tuple[float, ...]:
    """The learning rates with which every size begins, by update rule."""
    first = LADDER.index(RULES[rule].first_rate)
    return LADDER[first : first + 3]


class Allocation:
    """Trains what decides most, in order, until it is decided or the budget is spent.

    Parameters
    ----------
    base
        The run of the configuration; its training size is the full one.
    train
        Trains the runs that are not stored, for at most that many seconds.

    Attributes
    ----------
    arms
        Those that are trained: the four between which is chosen, and where the configuration has
        another start of the vectors that, frozen and tuned.
    lr_sizes
        The sizes whose learning-rate trials are done: every arm tried every learning rate.
    left_out
        What the budget left out: one of `WHAT`, and the training size.
    failed
        Keys of the runs that failed.
    asked
        Training size of every run that was wanted so far, by key.
    seeds
        By size, with how many seeds the arms in the running were followed.
    """

    def __init__(
        self, base: RunConfig, store: Store, train: Train, budget: Budget, margin: float
    ) -> None:
        self.base, self.store, self.train = base, store, train
        self.budget, self.margin = budget, margin
        self.arms: tuple[Arm, ...] = FOUR_ARMS
        if base.embed not in {arm.embed for arm in FOUR_ARMS}:
            self.arms += (Arm(base.embed, FROZEN), Arm(base.embed, TUNED))
        self.sizes = size_ladder(base.train_size, STEPS)
        self.lr_sizes: list[int] = []
        self.left_out: list[tuple[str, int]] = []
        self.failed: set[str] = set()
        self.asked: dict[str, int] = {}
        self.seeds: dict[int, int] = {}
        self._planned: set[str] = set()
        self._tried: set[str] = set()
        self._stored: list[StoredRun] | None = None
        self._measured: tuple[int, Measurements] | None = None

    @property
    def complete(self) -> bool:
        """Whether everything was measured that would have been without a budget."""
        return not self.left_out

    @property
    def results(self) -> Subset:
        """The runs that the decision rests on.

        Those of every size at which all arms were tuned alike; before there is one, what there is
        at the smallest.
        """
        return Subset(self.store, self._planned or self._tried)

    @property
    def sizes_measured(self) -> set[int]:
        """The training sizes of the runs that the decision rests on."""
        runs = CrossFitted(self.results).runs(condition=self.base.condition)
        return {run.train_size for run in runs}

    @property
    def empty(self) -> bool:
        """Whether there is nothing to rest on: no run, or of no cross-fit all folds."""
        return not CrossFitted(self.results).runs(condition=self.base.condition)

    def measured(self) -> Measurements:
        """All that is known by now."""
        wanted = self._planned or self._tried
        there = sum(run.key in wanted for run in self.stored())
        if self._measured is None or self._measured[0] != there:
            self._measured = there, measure(self.results, self.base.condition)
        return self._measured[1]

    def stored(self) -> list[StoredRun]:
        """Every run of the condition that there is, of other decisions too."""
        if self._stored is None:
            self._stored = self.store.runs(condition=self.base.condition)
        return self._stored

    def spend(self) -> None:
        """Train. `left_out` names afterwards what the budget did not reach."""
        *smaller, full = self.sizes
        if self.budget.limit is None:
            for size in (*smaller[:2], full, *reversed(smaller[2:])):
                self._try_rates(size)
        else:
            self._reach(self._climb())
        if self.lr_sizes and not self.empty:
            self._deepen(max(self.lr_sizes))
        without = [size for size in self.sizes if size not in self.lr_sizes]
        if without:
            # Begun, if not finished in this time: the next decision goes on from there.
            larger = [size for size in without if size > max(self.lr_sizes, default=0)]
            self._try_rates((larger or without)[0], share=math.inf)
        self.left_out += [(WHAT[0], size) for size in self.sizes if size not in self.lr_sizes]

    def _climb(self) -> list[int]:
        """Look at the sizes one after the other while lr trials there can be expected to fit.

        Returns the sizes below the first at which it cannot: those and others between them.
        """
        smallest, *larger = self.sizes
        self._look(smallest, LR_SEEDS, share=math.inf)
        beyond = math.inf
        for size in larger:
            # What one size took says little of another: scoring takes as long at all sizes.
            guess = size == larger[0]
            if not ((guess or self._fits(size)) and self._look(size, share=_GUESS if guess else 1)):
                beyond = size
                break
        finer = size_ladder(self.base.train_size, _FINER * (STEPS - 1) + 1)
        return sorted(size for size in {*self.sizes, *finer} if size < beyond)

    def _reach(self, sizes: Sequence[int]) -> None:
        """Lr trials at the largest of the sizes that fits, then at the usual ones below it."""
        top = next((n for n in reversed(sizes) if self._fits(n, _TOP_SHARE)), sizes[0])
        self.sizes = sorted({*self.sizes, top})
        self._try_rates(top)
        for size in self.sizes:
            if size < top:
                self._try_rates(size)

    def _fits(self, size: int, share: float = 1.0) -> bool:
        """Whether lr trials at the size can be expected to fit into a share of what is left."""
        batch = self._lr_trials(size, first_rates(self.base.optim.name))
        return self.budget.allows(batch, self.stored(), self.model_seconds(batch), share)

    def _deepen(self, top: int) -> None:
        """More seeds where the choice is made, and along the curve."""
        self._follow(top, SIEVING_SEEDS, all_arms=True)
        self._follow(top, SEEDS)
        for size in self.sizes:
            if size < top:
                self._follow(size, SEEDS)
        if not self._decided():
            self._follow(top, CLOSE_SEEDS)
        if self.budget.limit is not None:
            self._use_up(top)

    def _use_up(self, top: int) -> None:
        """More seeds, one at a time, first where the choice is made, then along the curve."""
        left_out = list(self.left_out)
        smaller = [size for size in self.sizes if size < top]
        steps = [
            (size, seeds)
            for seeds in range(SEEDS + 1, MOST_SEEDS + 1)
            for size in (top, *(smaller if seeds <= CLOSE_SEEDS else ()))
        ]
        longest = 0.0
        for size, seeds in steps:
            # Judging the scores may take longer than training the runs.
            if self.budget.for_runs(self.model_seconds()) < longest:
                break
            began = self.budget.elapsed()
            if size < top:
                self._follow(size, seeds)
            elif not self._decided() and not self._follow(top, seeds):
                break
            longest = max(longest, self.budget.elapsed() - began)
        self.left_out = left_out  # these seeds were more than would have been without a budget

    def _look(self, size: int, seeds: int = 1, share: float = 1.0) -> bool:
        """Every arm at one rate: what a run takes, and something to say in any case.

        One seed after the other, two at the first size: the first runs of a process also compile.
        """
        batch = self._lr_trials(size, [first_rates(self.base.optim.name)[1]])
        each = list(dict.fromkeys(run.seed for run in batch))[:seeds]
        return all(
            self._train([run for run in batch if run.seed == seed], (WHAT[0], size), share)
            for seed in each
        )

    def _try_rates(self, size: int, share: float = 1.0) -> bool:
        """Every arm with the same learning rates at one size; the grid grows where it must."""
        rates = list(first_rates(self.base.optim.name))
        batch = self._lr_trials(size, rates)
        if not self._train(batch, (WHAT[0], size), share):
            return False
        self._planned.update(run.key for run in batch)
        self.lr_sizes.append(size)
        self.left_out = [(what, at) for what, at in self.left_out if (what, at) != (WHAT[0], size)]
        for _ in range(EXTENSIONS):
            beyond = self._beyond(size, rates)
            if not beyond:
                break
            batch = self._lr_trials(size, beyond)
            if not self._train(batch, (WHAT[1], size), share):
                break
            self._planned.update(run.key for run in batch)
            rates = sorted([*rates, *beyond])
        return True

    def _follow(self, size: int, seeds: int, all_arms: bool = False) -> bool:
        """Bring the arms still in the running to this many seeds at the chosen rates."""
        batch = self._further(size, seeds, all_arms)
        self._planned.update(run.key for run in batch)  # whatever of it there will be
        if batch and not self._train(batch, (WHAT[2], size)):
            return False
        self.seeds[size] = seeds
        return True

    def _train(self, batch: Sequence[RunConfig], what: tuple[str, int], share: float = 1.0) -> bool:
        """Train the batch if the budget allows it; whether all of it was trained."""
        self.asked.update((run.key, run.train_size) for run in batch)
        if what[1] == self.sizes[0]:
            self._tried.update(run.key for run in batch)
        model = self.model_seconds(batch)
        if self.budget.allows(batch, self.stored(), model, share):
            outcome = self.train(batch, self.budget.for_runs(model))
            self._stored = None
            self.failed |= {failure.run.key for failure in outcome.failed}
            if outcome.done + outcome.skipped + len(outcome.failed) == len(batch):
                return True
        self.left_out.append(what)
        return False

    def model_seconds(self, batch: Sequence[RunConfig] = ()) -> float:
        """What the model that the decision ends with is expected to take, in the slower arm.

        On all data; where that is out of reach, on as much as the largest runs. 0 until the first
        two seeds are there.
        """
        stored = self.stored()
        if len({run.seed for run in stored}) < LR_SEEDS:
            return 0.0  # not known yet: the first runs of a process also compile
        largest = max([self.sizes[0], *self.lr_sizes, *(run.train_size for run in batch)])
        for size in (self.base.train_size, largest):
            arms = (replace(self.base, train_size=size, finetune=t) for t in (False, True))
            seconds = max(expected_seconds(run, stored) for run in arms)
            if seconds <= self.budget.most_for_model:
                break
        return seconds

    def _beyond(self, size: int, rates: Sequence[float]) -> list[float]:
        """The next rates on the sides where some arm does best at the edge."""
        if self.empty:
            return []
        m = self.measured()
        edges = m.edges[:, m.sizes.index(size)] if size in m.sizes else np.zeros(0)
        lower = LADDER[: LADDER.index(rates[0])][-1:] if (edges < 0).any() else ()
        higher = LADDER[LADDER.index(rates[-1]) + 1 :][:1] if (edges > 0).any() else ()
        return [*lower, *higher]

    def _lr_trials(self, size: int, rates: Sequence[float]) -> list[RunConfig]:
        """Every arm with every learning rate on the seeds of those trials."""
        seeds = [self.base.seed + i for i in range(LR_SEEDS)]
        return Grid(self.arms, [size], seeds, rates, self.base).runs()

    def _further(self, size: int, seeds: int, all_arms: bool) -> list[RunConfig]:
        """Runs that bring the arms still in the running to this many seeds at the chosen rates."""
        m = self.measured()
        if size not in m.sizes:
            return []
        k = m.sizes.index(size)
        kept = set(m.arms) if all_arms else in_the_running(m, size, self.margin)
        if seeds <= SEEDS:
            kept |= COMPARED & set(m.arms)
        runs = []
        for arm in self.arms:
            if arm.name not in kept:
                continue
            rate = m.selection.chosen[m.arms.index(arm.name)][k]
            if rate is not None:
                numbers = [self.base.seed + i for i in range(seeds)]
                runs += Grid([arm], [size], numbers, [m.rates[rate]], self.base).runs()
        return runs

    def _decided(self) -> bool:
        return choice_of(self.measured(), self.margin).decided


def in_the_running(m: Measurements, size: int, margin: float) -> set[str]:
    """The arms at one size that are not surely far behind the best."""
    k = m.sizes.index(size)
    tables = {arm: m.values[arm][k] for arm in m.arms}
    means = {arm: float(np.nanmean(t)) for arm, t in tables.items() if np.isfinite(t).any()}
    if not means:
        return set()
    best = max(means, key=lambda arm: means[arm])
    kept = set()
    for arm in means:
        lead = paired_difference(
            tables[best], tables[arm], margin, inflation=variance_inflation(m.folds)
        )
        hopeless = (
            lead.low is not None and lead.low > _HOPELESS * margin and lead.seeds >= SIEVING_SEEDS
        )
        if arm == best or not hopeless:
            kept.add(arm)
    return kept
