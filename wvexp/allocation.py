"""Where a decision spends its runs.

The choice is made at the full size, so that is measured first, after the two smallest sizes have
shown what a run costs; then the other sizes, for the crossover. Learning rates are tried on two
seeds; further seeds run at the chosen rate alone. An arm that is surely behind gets no more seeds.
Without a budget nothing depends on the clock: interrupted and begun again, a decision goes through
the same runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from wvexp.analysis.choice import choose
from wvexp.analysis.overlap import widening
from wvexp.analysis.paired import paired_difference
from wvexp.analysis.verdict import ARMS, PRETRAINED_FROZEN, PRETRAINED_TUNED, RANDOM_TUNED
from wvexp.budget import Budget
from wvexp.report.measurements import Measurements, measure
from wvexp.results.store import Store
from wvexp.seeds import stream
from wvexp.sweeps.grid import FOUR_ARMS, Arm, Grid, size_ladder
from wvexp.sweeps.run import SweepOutcome
from wvexp.training.identity import RunConfig

# Measured on sentence polarity with Adam: the best of 3e-4 to 3e-2 lies among these at every size.
RATES = (1e-3, 3e-3, 1e-2)
CNN_RATES = (3e-4, 1e-3, 3e-3)
STEPS = 5
# Seeds with which learning rates are chosen, with which arms are given up, that every arm in the
# running gets, and that a close decision gets at the largest size; the last with a budget alone.
TUNING_SEEDS, SIEVING_SEEDS, SEEDS, CLOSE_SEEDS, MOST_SEEDS = 2, 3, 5, 10, 20
# Arms of the guidance's comparisons: they get the usual seeds whatever their score.
COMPARED = {PRETRAINED_FROZEN, PRETRAINED_TUNED, RANDOM_TUNED}
# Of the budget, what the first look at a large size may take.
_FIRST_SHARE = 0.6
# An arm is given up once it trails the best by this many margins at the least (95 %).
_HOPELESS = 3.0

Train = Callable[[Sequence[RunConfig]], SweepOutcome]


class Allocation:
    """Trains what decides most, in order, until it is decided or the budget is spent.

    Parameters
    ----------
    base
        The run of the configuration; its training size is the full one.
    train
        Trains the runs that are not stored.
    """

    def __init__(
        self, base: RunConfig, store: Store, train: Train, budget: Budget, margin: float
    ) -> None:
        self.base, self.store, self.train = base, store, train
        self.budget, self.margin = budget, margin
        self.sizes = size_ladder(base.train_size, STEPS)
        self.complete = True

    def spend(self) -> None:
        """Train. `complete` is false afterwards if the budget left something out."""
        probes, larger = self.sizes[:-1][:2], self.sizes[:-1][2:]
        for size in probes:
            self._try(self._tuning(size))
        reached = self._try(self._tuning(self.sizes[-1]), _FIRST_SHARE)
        for size in reversed(larger):
            # The largest size that the budget can reach takes the place of the full one.
            reached = self._try(self._tuning(size), 1.0 if reached else _FIRST_SHARE) or reached
        if not self.store.runs(condition=self.base.condition):
            return
        top = self.measured().sizes[-1]
        self._try(self._further(top, SIEVING_SEEDS, all_arms=True))
        self._try(self._further(top, SEEDS))
        for size in self.sizes:
            if size < top:
                self._try(self._further(size, SEEDS))
        if not self._decided():
            self._try(self._further(top, CLOSE_SEEDS))
        if self.budget.limit is not None:
            self._use_up(top)

    def measured(self) -> Measurements:
        """All that is known by now."""
        return measure(self.store, self.base.condition)

    def _use_up(self, top: int) -> None:
        """More seeds, one at a time, first where the choice is made, then along the curve."""
        for seeds in range(SEEDS + 1, MOST_SEEDS + 1):
            if not self._decided() and not self._try(self._further(top, seeds)):
                return
            for size in self.sizes:
                if size < top and seeds <= CLOSE_SEEDS:
                    self._try(self._further(size, seeds))

    def _try(self, batch: Sequence[RunConfig], share: float = 1.0) -> bool:
        """Train the batch if the budget allows it."""
        stored = self.store.runs(condition=self.base.condition)
        if not self.budget.allows(batch, stored, share):
            self.complete = False
            return False
        outcome = self.train(batch)
        if outcome.done + outcome.skipped + len(outcome.failed) < len(batch):
            self.complete = False  # stopped by the clock
            return False
        return True

    def _tuning(self, size: int) -> list[RunConfig]:
        """Every arm with every learning rate on the tuning seeds."""
        seeds = [self.base.seed + i for i in range(TUNING_SEEDS)]
        rates = CNN_RATES if self.base.model.name == "cnn" else RATES
        return Grid(FOUR_ARMS, [size], seeds, rates, self.base).runs()

    def _further(self, size: int, seeds: int, all_arms: bool = False) -> list[RunConfig]:
        """Runs that bring the arms still in the running to so many seeds at the chosen rates."""
        m = self.measured()
        if size not in m.sizes:
            return []
        k = m.sizes.index(size)
        kept = set(m.arms) if all_arms else in_the_running(m, size, self.margin)
        if seeds <= SEEDS:
            kept |= COMPARED & set(m.arms)
        runs = []
        for arm in FOUR_ARMS:
            name = _arm_name(self.base, arm)
            if name not in kept:
                continue
            rate = m.selection.chosen[m.arms.index(name)][k]
            if rate is not None:
                numbers = [self.base.seed + i for i in range(seeds)]
                runs += Grid([arm], [size], numbers, [m.rates[rate]], self.base).runs()
        return runs

    def _decided(self) -> bool:
        m = self.measured()
        at_top = {arm: m.values[arm][-1] for arm in m.arms}
        wider = widening(m.folds)
        return choose(at_top, ARMS, stream(0, "choice"), self.margin, widening=wider).decided


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
        lead = paired_difference(tables[best], tables[arm], margin)
        hopeless = (
            lead.low is not None and lead.low > _HOPELESS * margin and lead.seeds >= SIEVING_SEEDS
        )
        if arm == best or not hopeless:
            kept.add(arm)
    return kept


def _arm_name(base: RunConfig, arm: Arm) -> str:
    return replace(base, embed=arm.embed, finetune=arm.finetune, tuning=arm.tuning).arm
