"""A sweep whose scores are known beforehand, for whoever decides what to train next."""

import numpy as np
from run_configs import make_run
from stored_runs import stored_run

from wvexp.config.schema import Model
from wvexp.decision.allocation import LADDER, first_rates
from wvexp.sweeps.run import SweepOutcome

RATES = first_rates("adam")
BASE = make_run(task="sentence", finetune=False, model=Model(name="mean"), train_size=8000)
# Score by arm: at the full size, and what is lost on the smallest.
LEVELS = {
    "pretrained-frozen": 0.80,
    "pretrained-tuned": 0.85,
    "random-frozen": 0.55,
    "random-tuned": 0.845,
}


class Trainer:
    """A results file that fills itself: trains runs of known score, at `seconds` an example."""

    def __init__(
        self, levels=LEVELS, seconds=0.001, units=400, seed_sd=0.01, best=RATES[1], chance=0
    ):
        self.chance = chance
        self.levels, self.seconds, self.units, self.seed_sd = levels, seconds, units, seed_sd
        self.best = best if callable(best) else lambda run: best
        self.stored, self.counts, self.order = {}, {}, []
        self.hard = np.random.default_rng(5).normal(0, 0.1, units)
        self.now = 0.0

    def clock(self):
        return self.now

    def train(self, runs, seconds):
        """Two at a time, until the time is up."""
        new = [run for run in runs if run.key not in self.stored]
        began = self.now
        for number, run in enumerate(new):
            took = self.took(run) / 2
            if self.now - began + took > seconds:
                self.now = began + seconds
                return SweepOutcome(number, len(runs) - len(new), ())
            self.now += took
            self.add(run)
        return SweepOutcome(len(new), len(runs) - len(new), ())

    def took(self, run):
        return self.seconds * run.train_size * (2 if run.finetune else 1)

    def add(self, run):
        drawn = f"{run.arm} {run.train_size} {run.seed} {run.optim.lr}".encode()
        rng = np.random.default_rng([self.chance, *drawn])
        chance = self.levels[run.arm] - 0.03 * self.steps_off(run)
        chance -= 0.1 * np.log10(BASE.train_size / run.train_size) - rng.normal(0, self.seed_sd)
        right = (rng.random(self.units) < chance + self.hard).astype(int)
        self.order.append(run)
        self.counts[run.key] = np.stack([right, np.ones_like(right)], axis=1)
        self.stored[run.key] = stored_run(
            key=run.key,
            task=run.task,
            arm=run.arm,
            finetune=run.finetune,
            model=run.model.name,
            engine=run.engine,
            train_size=run.train_size,
            train_tokens=run.train_size * 20,
            train_types=9 if run.train_size == BASE.train_size else run.seed,
            seed=run.seed,
            lr=run.optim.lr,
            condition=run.condition,
            metric={"name": "accuracy", "validation": right.mean(), "test": right.mean()},
            seconds=self.took(run),
        )

    def steps_off(self, run):
        """How many rates of the ladder lie between the run's and the best."""
        return abs(LADDER.index(run.optim.lr) - LADDER.index(self.best(run)))

    def runs(self, **equal):
        return [
            r for r in self.stored.values() if all(getattr(r, k) == v for k, v in equal.items())
        ]

    def unit_counts(self, key):
        return self.counts[key]

    def unit_ids(self, key):
        return [str(u) for u in range(self.units)]
