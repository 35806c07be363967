"""Does the race keep what it promises? By simulation, as in `calibration.py`.

Every experiment is a set of recipes with known true scores (`racing_world.py`). They are raced,
the one of the highest validation score is chosen, and its score and the confidence in it are stated
from fresh seeds, all by the functions that a decision uses. The truth is the score of a run that
learned: those that failed are taken out, as a decision does.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.failed import without_failed
from wvexp.analysis.paired import MARGIN
from wvexp.analysis.race import Entrant, standing
from wvexp.analysis.race_choice import RecipeChoice, choose_recipe
from wvexp.benchmarks.racing_world import LR_SEEDS, RacingWorld
from wvexp.seeds import stream

RECIPES = (4, 12, 30)
UNITS = (40, 200, 1000, 2000)
# Standard deviations of the true scores: from recipes that are all equal to 5 points.
SPREADS = (0.0, 0.005, 0.01, 0.02, 0.05)
# The spread at which the runs saved are told.
REALISTIC = 0.02
# Fewer experiments in a tenth of the confidences say nothing of it.
ENOUGH = 100
DRAWS = 2000

Rates = dict[str, Any]
Runs = NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """How many seeds a recipe gets in the race at most, and how many fresh ones the chosen."""

    race: int
    fresh: int


FULL = Plan(10, 5)
SMALLER = (Plan(2, 2), Plan(3, 3), Plan(5, 5))


def racing(experiments: int = 2000) -> Rates:
    """The whole table: by recipes and units, with fewer seeds, and peeking after every batch."""
    by_setting = {
        f"{recipes} recipes, {units:,} units": raced([(recipes, units)], FULL, experiments)
        for recipes in RECIPES
        for units in UNITS
    }
    mixed = [(recipes, units) for units in UNITS for recipes in RECIPES]
    return {
        "race": by_setting,
        "fewer seeds": {
            f"{plan.race} seeds, {plan.fresh} fresh": raced(mixed, plan, experiments)
            for plan in SMALLER
        },
        "peeking": {"after every batch": raced(mixed, FULL, experiments, peeking=True)},
    }


def raced(
    settings: list[tuple[int, int]], plan: Plan, experiments: int, peeking: bool = False
) -> Rates:
    """Rates over experiments, the settings (recipes, units) in turn.

    behind, even        of all: the choice is truly more than the margin behind the best; of the
                        race, and of the even split, in which every recipe gets all seeds
    regret, even        how far behind the chosen is, in points
    best given up       though better than the chosen, on validation, by more than the margin
    saved               share of the even split's runs, where recipes spread by 2 points; then, then
                        even: the regret in those experiments
    bias, covered, width
                        of the stated score: in points, and whether its interval holds the truth
    covered, failures counted
                        the same for the mean score of all runs, failed ones among them
    confidence, true    mean of what is said, and of how often it is so
    too high            most that the confidence in any tenth of its range exceeds the truth
    decided, wrong      of all; of those decided: truly more than the margin behind
    """
    tally = Tally()
    for index in range(experiments):
        recipes, units = settings[index % len(settings)]
        turn = index // len(settings)
        rng = stream(0, "racing", recipes, units, plan.race, int(peeking), turn)
        spread = SPREADS[turn % len(SPREADS)]
        rows = plan.race + plan.fresh
        grouped = turn // len(SPREADS) % 2 == 1
        world = RacingWorld(recipes, units, spread, rows, turn % 3 == 0, grouped, rng)
        found = _peeked(world, plan, rng) if peeking else _planned(world, plan, rng)
        _judge(world, plan, spread, found, tally)
    return tally.rates()


@dataclass(frozen=True)
class Raced:
    """The runs made [recipes, rows], the names given up, and what was chosen."""

    runs: Runs
    given_up: frozenset[str]
    choice: RecipeChoice


class Tally:
    """Values by name, and the confidences said against what was so."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = defaultdict(list)
        self.said: list[tuple[float, bool]] = []

    def add(self, **named: float) -> None:
        for name, value in named.items():
            self.values[name.replace("__", ", ").replace("_", " ")].append(float(value))

    def rates(self) -> Rates:
        rates: Rates = {name: float(np.mean(values)) for name, values in self.values.items()}
        rates["too high"] = _too_high(self.said)
        rates["decided experiments"] = len(self.values["wrong"])
        return rates


def _too_high(said: list[tuple[float, bool]]) -> float | None:
    confidence, true = np.array(said, np.float64).reshape(-1, 2).T
    tenth = np.minimum((10 * confidence).astype(int), 9)
    excess = [
        float((confidence - true)[tenth == k].mean())
        for k in range(10)
        if (tenth == k).sum() >= ENOUGH
    ]
    return max(excess) if excess else None


def _judge(world: RacingWorld, plan: Plan, spread: float, found: Raced, tally: Tally) -> None:
    choice, truth = found.choice, world.truth
    assert choice.recommended is not None
    chosen = int(choice.recommended)
    behind = truth.max() - truth[chosen]
    even = truth.max() - truth[_leader(world, np.ones_like(found.runs), plan.race)]
    on_validation = world.on_validation
    top = int(on_validation.argmax())
    tally.add(
        behind=behind > MARGIN,
        behind__even=even > MARGIN,
        regret=100 * behind,
        regret__even=100 * even,
        best_given_up=str(top) in found.given_up
        and on_validation[top] > on_validation[chosen] + MARGIN,
    )
    if spread == REALISTIC:
        full = len(truth) * plan.race + plan.fresh
        tally.add(
            saved=1 - found.runs.sum() / full,
            regret__then=100 * behind,
            regret__then_even=100 * even,
        )
    if choice.score is not None and choice.score.low is not None:
        low, high = choice.score.low, choice.score.high
        assert high is not None
        counted = world.with_failures[chosen]
        tally.add(
            bias=100 * (choice.score.estimate - truth[chosen]),
            covered=low <= truth[chosen] <= high,
            covered__failures_counted=low <= counted <= high,
            width=100 * (high - low),
        )
    if choice.confidence is not None:
        tally.said.append((choice.confidence, bool(behind <= MARGIN)))
        tally.add(confidence=choice.confidence, confidence__true=behind <= MARGIN)
    tally.add(decided=choice.decided)
    if choice.decided:
        tally.add(wrong=behind > MARGIN)


def _planned(world: RacingWorld, plan: Plan, rng: np.random.Generator) -> Raced:
    """Race to the end, then fresh seeds of the leader, then one statement."""
    runs, given_up = np.zeros(world.validation.shape, dtype=bool), frozenset[str]()
    waiting: tuple[str, ...] = ()
    for look, seeds in enumerate(range(LR_SEEDS, plan.race + 1), 1):
        runs, given_up, waiting, settled = _batch(world, runs, given_up, waiting, look, seeds)
        if settled:
            break
    return _stated(world, runs, given_up, plan, plan.fresh, rng)


def _peeked(world: RacingWorld, plan: Plan, rng: np.random.Generator) -> Raced:
    """A statement after every batch, each time with fresh seeds of the leader; till one decides."""
    runs, given_up = np.zeros(world.validation.shape, dtype=bool), frozenset[str]()
    waiting: tuple[str, ...] = ()
    for look, seeds in enumerate(range(LR_SEEDS, plan.race + 1), 1):
        runs, given_up, waiting, _ = _batch(world, runs, given_up, waiting, look, seeds)
        found = _stated(world, runs, given_up, plan, min(look + 1, plan.fresh), rng)
        if found.choice.decided:
            break
    return found


def _batch(
    world: RacingWorld,
    runs: Runs,
    given_up: frozenset[str],
    waiting: Collection[str],
    look: int,
    seeds: int,
) -> tuple[Runs, frozenset[str], tuple[str, ...], bool]:
    runs = runs.copy()
    out = {*given_up, *waiting}
    runs[[k for k in range(len(runs)) if str(k) not in out], :seeds] = True
    found = standing(_on_validation(world, runs), look, given_up)
    return runs, given_up | found.given_up.keys(), found.waiting, found.settled


def _stated(
    world: RacingWorld,
    runs: Runs,
    given_up: frozenset[str],
    plan: Plan,
    fresh: int,
    rng: np.random.Generator,
) -> Raced:
    runs = runs.copy()
    runs[_leader(world, runs, plan.race, given_up), plan.race : plan.race + fresh] = True
    learned = without_failed(world.entrants(runs), world.chance).entrants
    units = len(world.test_chances[0])
    choice = choose_recipe(learned, given_up, plan.race, rng, validation_units=units, draws=DRAWS)
    return Raced(runs, given_up, choice)


def _on_validation(world: RacingWorld, runs: Runs) -> tuple[Entrant, ...]:
    """What the race looks at: no test units."""
    nothing = np.empty((runs.shape[1], 0))
    scores = np.where(runs, world.validation[:, : runs.shape[1]], np.nan)
    entrants = [Entrant(str(k), of_recipe, nothing) for k, of_recipe in enumerate(scores)]
    return without_failed(entrants, world.chance).entrants


def _leader(
    world: RacingWorld, runs: Runs, seeds: int, given_up: frozenset[str] = frozenset()
) -> int:
    """The highest mean over the first seeds of those that learned."""
    means = {
        e.name: e.validation[np.isfinite(e.validation)].mean()
        for e in _on_validation(world, runs[:, :seeds])
        if e.name not in given_up
    }
    return int(max(means, key=lambda name: means[name]))
