"""A race of recipes at one training size: runs go where they decide most.

Every recipe starts with two seeds, at the learning rate that a neighbour needed: of each model one
recipe whose vectors stay and one whose vectors move try the usual grid, and the others take what
was best there. Those that are surely behind are given up; the rest try the rates beside theirs,
then run seed by seed, each time with another look at who is behind. Validation chooses among those
that are left, and seeds that had no part in any of this say what the choice scores
(`wvexp.analysis.race`).
With a budget the costliest models are left out where their first runs cannot be expected to fit,
and where not even the cheapest fits, the race is run at a smaller size. Without one nothing depends
on the clock: interrupted and begun again, a race goes through the same runs.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.race import Entrant, GivenUp, behind
from wvexp.arms import Recipe
from wvexp.decision.allocation import EXTENSIONS, LADDER, LR_SEEDS, STEPS, first_rates
from wvexp.decision.budget import Budget, expected_seconds
from wvexp.decision.tracks import Track
from wvexp.experiment.inputs import Inputs
from wvexp.report.measurements import Measurements, measure
from wvexp.results.crossfit import CrossFitted
from wvexp.results.store import Store
from wvexp.results.stored_run import StoredRun
from wvexp.results.subset import Subset
from wvexp.sweeps.grid import Grid, size_ladder
from wvexp.sweeps.run import SweepOutcome
from wvexp.training.identity import RunConfig

# Seeds with which the race is decided, and those after them that say what the choice scores.
RACE_SEEDS, FRESH_SEEDS = 5, 5
# Most recipes that run with fresh seeds.
MOST_FRESH = 6
# Fewest fresh seeds for which time is kept.
_LEAST_FRESH = 2
# Of what a budget leaves for runs, what the race may take before the guidance has its turn.
SHARE = 0.6

# Trains the runs that are not stored, all over the same inputs, for at most that many seconds.
Train = Callable[[Inputs, Sequence[RunConfig], float], SweepOutcome]


class Race:
    """Trains until one recipe is left, all seeds are run, or its share of the budget is spent.

    Attributes
    ----------
    size
        Training examples of every run.
    given_up
        Recipes that were surely behind, with what they were behind by when they were.
    left_out
        Models that the budget did not reach.
    seeds
        How many seeds the recipes that are left were raced with.
    fresh
        How many seeds beyond those of the race the recipes that are left were run with.
    complete
        Whether nothing was left out for want of time.
    """

    def __init__(
        self, tracks: Sequence[Track], store: Store, train: Train, budget: Budget, margin: float
    ) -> None:
        self.tracks, self.store, self.train = list(tracks), store, train
        self.budget, self.margin = budget, margin
        self.base = tracks[0].base
        self.size = self.base.train_size
        self.given_up: dict[Recipe, GivenUp] = {}
        self.left_out: list[str] = []
        self.seeds = self.fresh = self.looks = 0
        self.complete = False
        self._ends = math.inf
        self.asked: set[str] = set()
        self.failed: set[str] = set()
        self._rates: dict[Recipe, list[float]] = defaultdict(list)
        self._stored: list[StoredRun] | None = None
        self._measured: dict[str, tuple[int, Measurements | None]] = {}

    def run(self) -> None:
        """Race. The attributes say afterwards how it went."""
        self._ends = self.budget.elapsed() + SHARE * self.budget.for_runs(0.0)
        if self.budget.limit is not None:
            self._fit_in()
        whole = self._first_rates() and self._race()
        self.complete = self._freshly() and whole

    @property
    def recipes(self) -> list[Recipe]:
        """All that are in the race or were."""
        return [recipe for track in self.tracks for recipe in track.recipes]

    @property
    def running(self) -> list[Recipe]:
        """Those that are not given up."""
        return [recipe for recipe in self.recipes if recipe not in self.given_up]

    def track(self, recipe: Recipe) -> Track:
        return next(track for track in self.tracks if recipe in track.recipes)

    def entrants(self) -> dict[Recipe, Entrant]:
        """What is known of every recipe that ran; seeds count from the first of the decision."""
        found = {}
        for track in self.tracks:
            m = self._measurements(track)
            if m is None or self.size not in m.sizes:
                continue
            k = m.sizes.index(self.size)
            seeds = [seed - self.base.seed for seed in m.seeds]
            for recipe in track.recipes:
                if recipe.arm.name not in m.arms:
                    continue
                a = m.arms.index(recipe.arm.name)
                rate = m.selection.chosen[a][k]
                if rate is None:
                    continue
                table = m.values[recipe.arm.name][k]
                test = np.full((max(seeds) + 1, table.shape[1]), np.nan)
                validation = np.full(max(seeds) + 1, np.nan)
                test[seeds], validation[seeds] = table, m.validation[a, k, rate]
                found[recipe] = Entrant(recipe.name, validation, test)
        return found

    def rate(self, recipe: Recipe) -> float:
        """The learning rate that validation chose; the usual one before there is any."""
        m = self._measurements(self.track(recipe))
        if m is not None and recipe.arm.name in m.arms and self.size in m.sizes:
            chosen = m.selection.chosen[m.arms.index(recipe.arm.name)][m.sizes.index(self.size)]
            if chosen is not None:
                return m.rates[chosen]
        return first_rates(self.base.optim.name)[1]

    def stored(self) -> list[StoredRun]:
        """Every run of the tracks' conditions that there is."""
        if self._stored is None:
            conditions = {track.base.condition for track in self.tracks}
            self._stored = [r for c in sorted(conditions) for r in self.store.runs(condition=c)]
        return self._stored

    def _fit_in(self) -> None:
        """Leave out the models, or go down to the size, for which there is no time."""
        sizes = size_ladder(self.size, STEPS)
        for track in self._firsts():
            for size in sizes[:2]:
                runs = [run for r in self._leaders(track) for run in self._runs(r, 1, None, size)]
                self._train(runs, of_race=False)
        by_model = sorted(self._firsts(), key=self._first_seconds)
        while len(sizes) > 1 and not self._fits(by_model[:1]):
            sizes.pop()
            self.size = sizes[-1]
        kept = by_model[:1]
        for track in by_model[1:]:
            if self._fits([*kept, track]):
                kept.append(track)
        names = {track.base.model.name for track in kept}
        self.left_out = [t.base.model.name for t in by_model if t.base.model.name not in names]
        self.tracks = [track for track in self.tracks if track.base.model.name in names]

    def _firsts(self) -> list[Track]:
        """Of each model the track over the first vector file."""
        return list({track.base.model.name: track for track in reversed(self.tracks)}.values())

    def _first_seconds(self, first: Track) -> float:
        """CPU seconds that the first looks at a model are expected to take."""
        total = 0.0
        for track in self.tracks:
            if track.base.model.name == first.base.model.name:
                for recipe in track.recipes:
                    rates = 3 if recipe in self._leaders(first) else 1
                    [run, *_] = self._runs(recipe, 1)
                    folds = self.base.folds or 1
                    each = expected_seconds(run, self.stored())
                    total += rates * LR_SEEDS * folds * each
        return total

    def _fits(self, firsts: Iterable[Track]) -> bool:
        wall = sum(map(self._first_seconds, firsts)) / self.budget.workers
        return wall <= self._seconds() / 2  # as much again for those that stay in the race

    def _seconds(self) -> float:
        """What is left for the race."""
        return min(self._ends - self.budget.elapsed(), self.budget.for_runs(0.0))

    def _leaders(self, track: Track) -> list[Recipe]:
        """Of a model over the first file the recipes that try the whole grid of rates.

        One whose vectors stay, one whose vectors move.
        """
        return list({r.arm.treatment.moves: r for r in reversed(track.recipes)}.values())

    def _first_rates(self) -> bool:
        """The grid of rates for the leaders; what is best there for all others."""
        for track in self._firsts():
            leaders = self._leaders(track)
            if not self._try(leaders, first_rates(self.base.optim.name)):
                return False
            for _ in range(EXTENSIONS):
                if not self._widen(leaders):
                    break
        for track in self._firsts():
            for leader in self._leaders(track):
                followers = [
                    r
                    for r in self.recipes
                    if r.model == leader.model
                    and r.arm.treatment.moves == leader.arm.treatment.moves
                    and r not in self._leaders(track)
                ]
                if not self._try(followers, [self.rate(leader)]):
                    return False
        self.seeds = LR_SEEDS
        self._look()
        return True

    def _race(self) -> bool:
        """Rates beside their own for those that are left, then seed by seed."""
        for _ in range(EXTENSIONS):
            if not self._widen(self.running):
                break
        self._look()
        for seeds in range(LR_SEEDS + 1, RACE_SEEDS + 1):
            if len(self.running) == 1:
                return True
            runs = [run for r in self.running for run in self._runs(r, seeds, [self.rate(r)])]
            if not self._train(runs, reserve=True):
                return False
            self.seeds = seeds
            self._look()
        return True

    def _freshly(self) -> bool:
        """Seeds that had no part in any choice, for the recipes that are left."""
        left = self._by_validation()[:MOST_FRESH]
        for fresh in range(1, FRESH_SEEDS + 1):
            seeds = self.seeds + fresh
            runs = [run for r in left for run in self._runs(r, seeds, [self.rate(r)])]
            if not self._train(runs):
                return False
            self.fresh = fresh
        return True

    def _by_validation(self) -> list[Recipe]:
        """The recipes that are left, the best on validation over the seeds of the race first."""
        known = self.entrants()
        means = {
            recipe: float(np.nanmean(known[recipe].validation[: self.seeds]))
            for recipe in self.running
            if recipe in known and np.isfinite(known[recipe].validation[: self.seeds]).any()
        }
        return sorted(means, key=lambda recipe: -means[recipe])

    def _look(self) -> None:
        """Give up what is surely behind."""
        self.looks += 1
        known = {recipe: entrant for recipe, entrant in self.entrants().items()}
        running = {r: known[r] for r in self.running if r in known}
        inflation = variance_inflation(self.base.folds)
        self.given_up |= behind(running, self.looks, len(self.recipes), self.margin, inflation)

    def _widen(self, recipes: Sequence[Recipe]) -> bool:
        """The rates beside the best of each recipe that it has not tried; whether there were any.

        On the grid of `LADDER`, and within reach of what is tried: the neighbour on either side of
        the best.
        """
        runs = []
        for recipe in recipes:
            best = LADDER.index(self.rate(recipe))
            beside = [LADDER[i] for i in (best - 1, best + 1) if 0 <= i < len(LADDER)]
            if new := [rate for rate in beside if rate not in self._rates[recipe]]:
                runs += self._runs(recipe, LR_SEEDS, new)
                self._rates[recipe] += new
        return bool(runs) and self._train(runs)

    def _try(self, recipes: Sequence[Recipe], rates: Sequence[float]) -> bool:
        """The rates on the seeds of the lr trials."""
        for recipe in recipes:
            self._rates[recipe] += [rate for rate in rates if rate not in self._rates[recipe]]
        return self._train([run for r in recipes for run in self._runs(r, LR_SEEDS, rates)])

    def _runs(
        self,
        recipe: Recipe,
        seeds: int,
        rates: Sequence[float] | None = None,
        size: int | None = None,
    ) -> list[RunConfig]:
        """Runs of the recipe with the first `seeds` seeds; at the usual rate where none is given."""
        rates = rates or [first_rates(self.base.optim.name)[1]]
        numbers = [self.base.seed + i for i in range(seeds)]
        base = self.track(recipe).base
        return Grid([recipe.arm], [size or self.size], numbers, rates, base).runs()

    def _train(
        self, runs: Sequence[RunConfig], *, of_race: bool = True, reserve: bool = False
    ) -> bool:
        """Train what the results file lacks, over the inputs of each; whether all of it was.

        reserve: leave time for a few fresh seeds of the two best
        """
        if of_race:
            self.asked |= {run.key for run in runs}
        kept = self._reserved() if reserve else 0.0
        there = {run.key for run in self.stored()}
        expected = [expected_seconds(run, self.stored()) for run in runs if run.key not in there]
        wall = max([sum(expected) / self.budget.workers, *expected]) if expected else 0.0
        if expected and self.budget.limit is not None and wall + kept > self._seconds():
            return False
        by_inputs: dict[int, list[RunConfig]] = defaultdict(list)
        of_condition = {track.base.condition: track.inputs for track in self.tracks}
        for run in runs:
            by_inputs[id(of_condition[run.condition])].append(run)
        whole = True
        for some in by_inputs.values():
            outcome = self.train(of_condition[some[0].condition], some, self._seconds())
            self._stored = None
            self.failed |= {failure.run.key for failure in outcome.failed}
            whole &= outcome.done + outcome.skipped + len(outcome.failed) == len(some)
        return whole

    def _reserved(self) -> float:
        """Seconds that a few fresh seeds of the two best are expected to take."""
        best = self._by_validation()[:2]
        each = [expected_seconds(self._runs(r, 1)[0], self.stored()) for r in best]
        return _LEAST_FRESH * sum(each) * (self.base.folds or 1) / self.budget.workers

    def _measurements(self, track: Track) -> Measurements | None:
        """Of one track, of the runs that the race asked for; None before there are any."""
        condition = track.base.condition
        there = [r for r in self.stored() if r.condition == condition and r.key in self.asked]
        if condition not in self._measured or self._measured[condition][0] != len(there):
            subset = Subset(self.store, self.asked)
            whole = there and CrossFitted(subset).runs(condition=condition)
            found = measure(subset, condition, gaps=False) if whole else None
            self._measured[condition] = len(there), found
        return self._measured[condition][1]
