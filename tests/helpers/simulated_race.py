"""A race of recipes whose scores are known beforehand: no run is trained."""

import numpy as np
from stored_runs import stored_run

from wvexp.config.compose import compose
from wvexp.decision.allocation import LADDER, first_rates
from wvexp.decision.budget import Budget
from wvexp.decision.race import Race
from wvexp.decision.tracks import tracks_of
from wvexp.experiment.inputs import prepare
from wvexp.sweeps.run import FailedRun, SweepOutcome

RATES = first_rates("adam")
WORLD = ["data=world", "data.task=sentence", "data.world_size=2000"]


def world_tracks(*overrides):
    """Of two models and four treatments, if nothing else is asked for."""
    chosen = overrides or ("model=[mean,cnn]", "treatment=[slow,both]")
    config = compose([*WORLD, *chosen], "decide")
    inputs = prepare(config)
    return tracks_of(config, [("", config, inputs)])


class RaceTrainer:
    """A results file that fills itself: runs of known score, 400 test units, 400 of validation.

    levels   true score by name of the recipe; those not named have `usual`
    best     by name, or for all, the rate of that score; each step away costs three points
    broken   names of recipes whose every run fails with an error
    unlucky  (name, seed) of runs that learn nothing
    seconds  by model, what a run of 1,000 examples takes
    """

    def __init__(
        self,
        levels,
        usual=0.7,
        best=RATES[1],
        broken=(),
        unlucky=(),
        seconds=None,
        seed_sd=0.004,
        units=400,
        chance=0,
    ):
        self.levels, self.usual, self.best = levels, usual, best
        self.broken, self.unlucky = set(broken), set(unlucky)
        self.seconds = seconds or {}
        self.seed_sd, self.units, self.chance = seed_sd, units, chance
        self.stored, self.counts, self.order = {}, {}, []
        self.now = 0.0
        self.hard = np.random.default_rng(5).normal(0, 0.1, units)

    def clock(self):
        return self.now

    def race(self, tracks, limit=None, margin=0.01, train=None, workers=2):
        budget = Budget(limit, workers, clock=self.clock)
        race = Race(tracks, self, train or self.train, budget, margin)
        race.run()
        return race

    def train(self, inputs, runs, seconds):
        """Two at a time, until the time is up."""
        new = [run for run in runs if run.key not in self.stored]
        began, failed, done = self.now, [], 0
        for run in new:
            took = self.took(run) / 2
            if self.now - began + took > seconds:
                self.now = began + seconds
                break
            self.now += took
            if run.recipe.name in self.broken:
                failed.append(FailedRun(run, "RuntimeError: planted"))
            else:
                self.add(run)
                done += 1
        return SweepOutcome(done, len(runs) - len(new), tuple(failed))

    def took(self, run):
        return self.seconds.get(run.model.name, 0.1) * run.train_size / 1000

    def level(self, run):
        best = self.best
        if isinstance(best, dict):
            best = best.get(run.recipe.name, RATES[1])
        steps = abs(LADDER.index(run.optim.lr) - LADDER.index(best))
        return self.levels.get(run.recipe.name, self.usual) - 0.03 * steps

    def add(self, run):
        drawn = f"{run.recipe.name} {run.train_size} {run.seed} {run.optim.lr} {run.fold}".encode()
        rng = np.random.default_rng([self.chance, *drawn])
        level = self.level(run) + rng.normal(0, self.seed_sd)
        if (run.recipe.name, run.seed) in self.unlucky:
            level = 0.5
        right = (rng.random(self.units) < level + self.hard).astype(int)
        self.order.append(run)
        self.counts[run.key] = np.stack([right, np.ones_like(right)], axis=1)
        half = self.units // 2
        scores = {"support": half, "predicted": half, "precision": 0.5, "recall": 0.5, "f1": 0.5}
        self.stored[run.key] = stored_run(
            key=run.key,
            task=run.task,
            arm=run.arm,
            embed=run.embed,
            finetune=run.finetune,
            model=run.model.name,
            engine=run.engine,
            train_size=run.train_size,
            train_tokens=run.train_size * 20,
            train_types=9,
            seed=run.seed,
            lr=run.optim.lr,
            fold=run.fold,
            folds=run.folds,
            condition=run.condition,
            metric={"name": "accuracy", "validation": level, "test": right.mean()},
            per_class={"good": scores, "bad": scores},
            config=run.describe(),
            seconds=self.took(run),
        )

    def runs(self, **equal):
        return [
            r for r in self.stored.values() if all(getattr(r, k) == v for k, v in equal.items())
        ]

    def of(self, name):
        """The runs of a recipe at any size."""
        return [run for run in self.order if run.recipe.name == name]

    def keys(self):
        return set(self.stored)

    def unit_counts(self, key):
        return self.counts[key]

    def unit_ids(self, key):
        fold = self.stored[key].fold
        return [f"{fold or 0}u{u:04}" for u in range(self.units)]
