"""A race of recipes at one training size: runs go where they decide most.

Every recipe starts with two seeds. Of each model one recipe whose vectors stay and one whose
vectors move try the usual grid of learning rates; the others take what was best there, and those
still in the race after the first look try the rates beside theirs. Then it goes seed by seed:
after each, validation says who is given up and who waits (`wvexp.analysis.race`). The leader gets
seeds that had no part in any of this, and they say what it scores.
With a budget the costliest models are left out where their first runs cannot be expected to fit,
and where not even the cheapest does, the race is run at a smaller size. Without one nothing depends
on the clock: interrupted and begun again, a race goes through the same runs.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

import numpy as np

from wvexp.analysis.failed import Learned, without_failed
from wvexp.analysis.race import Behind, Entrant, standing
from wvexp.arms import Recipe
from wvexp.decision.allocation import EXTENSIONS, LADDER, LR_SEEDS, STEPS, first_rates
from wvexp.decision.budget import Budget, expected_seconds
from wvexp.decision.tracks import Track
from wvexp.experiment.inputs import Inputs
from wvexp.report.baseline import majority_baseline
from wvexp.report.measurements import Measurements, measure
from wvexp.results.crossfit import CrossFitted
from wvexp.results.store import Store
from wvexp.results.stored_run import StoredRun
from wvexp.results.subset import Subset
from wvexp.sweeps.grid import Grid, size_ladder
from wvexp.sweeps.run import SweepOutcome, cost
from wvexp.training.identity import RunConfig

# Seeds that a recipe is raced with at most, and those after them that say what the leader scores.
RACE_SEEDS, FRESH_SEEDS = 10, 5
# Fewest fresh seeds for which time is kept.
_LEAST_FRESH = 2
# Of what a budget leaves for runs, what the race may take before the guidance has its turn.
_SHARE = 0.7
# Of the race's share, what the first runs of the models may take; few recipes have others.
_FIRST_RUNS = 0.7

# Trains the runs that are not stored, all over the same inputs, for at most that many seconds.
Train = Callable[[Inputs, Sequence[RunConfig], float], SweepOutcome]


class Race:
    """Trains until one recipe is in the race, all seeds are run, or its share of time is spent.

    Attributes
    ----------
    size
        Training examples of every run.
    given_up
        By name, the recipes that were surely behind, and by how much.
    left_out
        Models that the budget did not reach.
    asked
        Keys of the runs that were wanted.
    failed
        Keys of the runs that ended in an error.
    started
        Whether every recipe of the models kept had its first runs: before that nothing is said.
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
        self.given_up: dict[str, Behind] = {}
        self.left_out: list[str] = []
        self.asked: set[str] = set()
        self.failed: set[str] = set()
        self.started = self.complete = False
        self._looks = 0
        self._waiting: set[str] = set()
        self._rates: dict[Recipe, list[float]] = defaultdict(list)
        self._ends = math.inf
        self._stored: list[StoredRun] | None = None
        self._measured: dict[str, tuple[int, Measurements | None]] = {}

    def run(self) -> None:
        """Race. The attributes say afterwards how it went."""
        self._ends = self.budget.elapsed() + _SHARE * self.budget.for_runs(0.0)
        if self.budget.limit is not None:
            self._fit_in()
        self.started = self._first_rates()
        whole = self.started and self._race()
        self.complete = self.started and self._freshly() and whole and not self.left_out

    @property
    def recipes(self) -> list[Recipe]:
        """All that are in the race or were."""
        return [recipe for track in self.tracks for recipe in track.recipes]

    @property
    def leader(self) -> Recipe | None:
        """Of those not given up the best on validation; None where none ran."""
        means = {
            e.name: float(np.nanmean(e.validation[:RACE_SEEDS]))
            for e in self.learned().entrants
            if e.name not in self.given_up and np.isfinite(e.validation[:RACE_SEEDS]).any()
        }
        if not means:
            return None
        best = max(means, key=lambda name: means[name])
        return next(recipe for recipe in self.recipes if recipe.name == best)

    def track(self, recipe: Recipe) -> Track:
        return next(track for track in self.tracks if recipe in track.recipes)

    def learned(self) -> Learned:
        """What is known of every recipe that ran, without the runs that failed to learn.

        Rows are seeds, from the first of the decision on.
        """
        rows = RACE_SEEDS + FRESH_SEEDS
        found = []
        for recipe in self.recipes:
            place = self._place(recipe)
            if place is None:
                continue
            m, a, k, rate = place
            seeds = [seed - self.base.seed for seed in m.seeds]
            table = m.values[recipe.arm.name][k]
            test = np.full((rows, table.shape[1]), np.nan)
            validation = np.full(rows, np.nan)
            test[seeds], validation[seeds] = table, m.validation[a, k, rate]
            found.append(Entrant(recipe.name, validation, test))
        return without_failed(found, self.baseline or 0.0)

    @property
    def baseline(self) -> float | None:
        """What the most frequent label alone would score."""
        return majority_baseline(self.stored(), self.base.metric)

    def rate(self, recipe: Recipe) -> float:
        """The learning rate that validation chose; the usual one before there is any."""
        place = self._place(recipe)
        return place[0].rates[place[3]] if place else self._usual_rate

    def stored(self) -> list[StoredRun]:
        """Every run of the tracks' conditions that there is."""
        if self._stored is None:
            conditions = {track.base.condition for track in self.tracks}
            self._stored = [r for c in sorted(conditions) for r in self.store.runs(condition=c)]
        return self._stored

    @property
    def _usual_rate(self) -> float:
        return first_rates(self.base.optim.name)[1]

    def _place(self, recipe: Recipe) -> tuple[Measurements, int, int, int] | None:
        """The measurements of its track, with the indices of its arm, the size and its rate."""
        m = self.measurements(self.track(recipe))
        if m is None or self.size not in m.sizes or recipe.arm.name not in m.arms:
            return None
        a, k = m.arms.index(recipe.arm.name), m.sizes.index(self.size)
        rate = m.selection.chosen[a][k]
        return None if rate is None else (m, a, k, rate)

    def measurements(self, track: Track) -> Measurements | None:
        """Of one track, of the runs that the race asked for; None before there are any."""
        condition = track.base.condition
        there = sum(r.condition == condition and r.key in self.asked for r in self.stored())
        if condition not in self._measured or self._measured[condition][0] != there:
            subset = Subset(self.store, self.asked)
            whole = there > 0
            if whole and self.base.folds is not None:  # of no cross-fit there may be all folds
                whole = bool(CrossFitted(subset).runs(condition=condition))
            found = measure(subset, condition, gaps=False) if whole else None
            self._measured[condition] = there, found
        return self._measured[condition][1]

    def _fit_in(self) -> None:
        """Leave out the models, or go down to the size, for which there is no time.

        A run at each of two small sizes tells what a model takes, the likely cheapest first.
        """
        sizes = size_ladder(self.size, STEPS)
        firsts = sorted(self._firsts(), key=lambda first: cost(first.base))
        looked = list(takewhile(lambda first: self._look_at(first, sizes[:2]), firsts))
        by_cost = sorted(looked or firsts[:1], key=self._first_seconds)
        while len(sizes) > 1 and not self._fits(by_cost[:1]):
            sizes.pop()
            self.size = sizes[-1]
        kept: list[Track] = by_cost[:1]
        for first in by_cost[1:]:
            if self._fits([*kept, first]):
                kept.append(first)
        names = {track.base.model.name for track in kept}
        self.left_out = [t.base.model.name for t in firsts if t.base.model.name not in names]
        self.tracks = [track for track in self.tracks if track.base.model.name in names]

    def _look_at(self, first: Track, sizes: Sequence[int]) -> bool:
        """Its leading recipes with one seed at each of the sizes; whether there was time."""
        batches = [
            [run for recipe in _leading(first) for run in self._runs(recipe, 1, size=size)]
            for size in sizes
        ]
        return all(self._train(batch, of_race=False) for batch in batches)

    def _firsts(self) -> list[Track]:
        """Of each model the track over the first vector file, in the order of the models."""
        firsts: dict[str, Track] = {}
        for track in self.tracks:
            firsts.setdefault(track.base.model.name, track)
        return list(firsts.values())

    def _followers(self, leader: Recipe) -> list[Recipe]:
        """The recipes that start from the rate of that one."""
        moves = leader.arm.treatment.moves
        alike = (r for r in self.recipes if r.model == leader.model)
        first = self.track(leader)
        return [r for r in alike if r.arm.treatment.moves == moves and r not in _leading(first)]

    def _first_seconds(self, first: Track) -> float:
        """CPU seconds that the runs up to the first look at a model are expected to take."""
        total = 0.0
        for leader in _leading(first):
            rates = len(first_rates(self.base.optim.name))
            for recipe, each in ((leader, rates), *((r, 1) for r in self._followers(leader))):
                batch = self._runs(recipe, LR_SEEDS)
                total += each * sum(expected_seconds(run, self.stored()) for run in batch)
        return total

    def _fits(self, firsts: Iterable[Track]) -> bool:
        wall = sum(map(self._first_seconds, firsts)) / self.budget.workers
        return wall <= _FIRST_RUNS * self._seconds()

    def _seconds(self) -> float:
        """What is left for the race."""
        return min(self._ends - self.budget.elapsed(), self.budget.for_runs(0.0))

    def _first_rates(self) -> bool:
        """The grid of rates for the leading recipes; what is best there for all others."""
        for first in self._firsts():
            leading = _leading(first)
            if not self._try(leading, first_rates(self.base.optim.name)):
                return False
            self._widen(leading)
        for first in self._firsts():
            for leader in _leading(first):
                if not self._try(self._followers(leader), [self.rate(leader)]):
                    return False
        return True

    def _race(self) -> bool:
        """Rates beside their own for those that are left, then seed by seed."""
        self._look()
        if not self._widen(self._in_race()):
            return False
        for seeds in range(LR_SEEDS + 1, RACE_SEEDS + 1):
            self._look()
            running = self._in_race()
            if len(running) < 2:
                return True
            runs = [run for r in running for run in self._runs(r, seeds, [self.rate(r)])]
            if not self._train(runs, reserve=True):
                return False
        return True

    def _freshly(self) -> bool:
        """Seeds for the leader that had no part in any choice, one at a time."""
        leader = self.leader
        if leader is None:
            return False
        for fresh in range(1, FRESH_SEEDS + 1):
            runs = self._runs(leader, fresh, [self.rate(leader)], first=RACE_SEEDS)
            if not self._train(runs):
                return False
        return True

    def _in_race(self) -> list[Recipe]:
        out = {*self.given_up, *self._waiting}
        return [recipe for recipe in self.recipes if recipe.name not in out]

    def _look(self) -> None:
        """Who is given up, and who waits, by validation."""
        self._looks += 1
        entrants = self.learned().entrants
        found = standing(entrants, self._looks, self.given_up, self.margin)
        self.given_up |= found.given_up
        self._waiting = set(found.waiting)

    def _widen(self, recipes: Sequence[Recipe]) -> bool:
        """The rates beside the best of each recipe, and once more where the best is at an edge."""
        for _ in range(EXTENSIONS):
            runs = []
            for recipe in recipes:
                best = LADDER.index(self.rate(recipe))
                beside = [LADDER[i] for i in (best - 1, best + 1) if 0 <= i < len(LADDER)]
                new = [rate for rate in beside if rate not in self._rates[recipe]]
                self._rates[recipe] += new
                runs += self._runs(recipe, LR_SEEDS, new) if new else []
            if runs and not self._train(runs):
                return False
        return True

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
        *,
        first: int = 0,
        size: int | None = None,
    ) -> list[RunConfig]:
        """Runs with that many seeds from the `first` on; at the usual rate where none is given."""
        numbers = [self.base.seed + i for i in range(first, first + seeds)]
        base = self.track(recipe).base
        return Grid(
            [recipe.arm], [size or self.size], numbers, rates or [self._usual_rate], base
        ).runs()

    def _train(
        self, runs: Sequence[RunConfig], *, of_race: bool = True, reserve: bool = False
    ) -> bool:
        """Train what the results file lacks, over the inputs of each; whether all of it was.

        reserve: leave time for a few fresh seeds of the leader
        """
        if of_race:
            self.asked |= {run.key for run in runs}
        there = {run.key for run in self.stored()}
        expected = [expected_seconds(run, self.stored()) for run in runs if run.key not in there]
        if not expected:
            return True
        wall = max([sum(expected) / self.budget.workers, *expected])
        kept = self._reserved() if reserve else 0.0
        if self.budget.limit is not None and wall + kept > self._seconds():
            return False
        of_condition = {track.base.condition: track.inputs for track in self.tracks}
        by_inputs: dict[int, list[RunConfig]] = defaultdict(list)
        for run in runs:
            by_inputs[id(of_condition[run.condition])].append(run)
        whole = True
        for some in by_inputs.values():
            outcome = self.train(of_condition[some[0].condition], some, self._seconds())
            self.failed |= {failure.run.key for failure in outcome.failed}
            whole &= outcome.done + outcome.skipped + len(outcome.failed) == len(some)
        self._stored = None
        return whole

    def _reserved(self) -> float:
        """Seconds that a few fresh seeds of the leader are expected to take."""
        leader = self.leader
        if leader is None:
            return 0.0
        each = [expected_seconds(run, self.stored()) for run in self._runs(leader, _LEAST_FRESH)]
        return max([sum(each) / self.budget.workers, *each])


def _leading(first: Track) -> list[Recipe]:
    """Of a model over the first file the recipes that try the whole grid of rates.

    One whose vectors stay, one whose vectors move.
    """
    leading: dict[bool, Recipe] = {}
    for recipe in first.recipes:
        leading.setdefault(recipe.arm.treatment.moves, recipe)
    return list(leading.values())
