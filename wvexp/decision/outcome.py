"""What a race showed: from its runs to `wvexp.report.standings.RaceFindings`."""

from collections.abc import Sequence

import numpy as np

from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.race import Entrant
from wvexp.analysis.race_choice import Estimate, RecipeChoice, choose_recipe
from wvexp.analysis.reason import Reason, Why
from wvexp.arms import Recipe
from wvexp.data.units import make_units
from wvexp.decision.race import RACE_SEEDS, Race
from wvexp.metrics import METRICS
from wvexp.report.standings import RaceFindings, Standing
from wvexp.report.yardsticks import YardstickScore, measure_yardsticks, yardstick_scores
from wvexp.results.stored_yardstick import StoredYardstick
from wvexp.results.subset import Subset
from wvexp.seeds import stream


def outcome_of(race: Race) -> RaceFindings | None:
    """The choice among the recipes and where each stands; None where none ran, or not all did."""
    if not race.started:
        return None
    learned = race.learned()
    known = {entrant.name: entrant for entrant in learned.entrants}
    choice = choose_recipe(
        learned.entrants,
        race.given_up,
        RACE_SEEDS,
        stream(0, "race"),
        race.margin,
        race.baseline,
        _validation_units(race),
        variance_inflation(race.base.folds),
        METRICS[race.base.metric].lowest,
    )
    if choice.recommended is None:
        return None
    there = [recipe for recipe in race.recipes if recipe.name in known]
    standings = [_standing(race, recipe, known[recipe.name], choice) for recipe in there]
    standings.sort(key=lambda one: (one.recipe != choice.recommended, -one.score))
    notes = [blocker.reason for blocker in choice.blockers]
    if learned.failed:
        failed = sum(map(len, learned.failed.values()))
        notes.append(Reason(Why.RUNS_DID_NOT_LEARN, count=failed, runs=learned.runs))
    return RaceFindings(
        size=race.size,
        wanted=race.base.train_size,
        decided=choice.decided and race.size == race.base.train_size and not race.left_out,
        confidence=choice.confidence,
        fresh=choice.fresh_seeds,
        runs=len(race.asked & race.store.keys()),
        cut_short=not race.complete,
        left_out=tuple(race.left_out),
        standings=tuple(standings),
        notes=tuple(notes),
    )


def fresh_seeds(race: Race) -> list[int]:
    """Seeds by which the leader is scored: those that had no part in the choice, else all."""
    leader = race.leader
    if leader is None:
        return []
    [entrant] = [e for e in race.learned().entrants if e.name == leader.name]
    ran = np.flatnonzero(np.isfinite(entrant.validation))
    fresh = ran[ran >= RACE_SEEDS]
    return (race.base.seed + (fresh if len(fresh) else ran)).tolist()


def beside_yardsticks(
    race: Race, fits: Sequence[StoredYardstick]
) -> tuple[tuple[YardstickScore, ...], list[Reason]]:
    """The yardsticks held against the recipe of the leader, and what could not be read."""
    leader = race.leader
    m = None if leader is None else race.measurements(race.track(leader))
    if leader is None or m is None:
        return (), []
    values, unread = measure_yardsticks(Subset(race.store, race.asked), m, fits)
    best = m.values[leader.arm.name][-1].copy()
    seeds = fresh_seeds(race)
    best[[seed not in seeds for seed in m.seeds]] = np.nan
    scores = yardstick_scores(m, values, leader.name, race.margin, best)
    return scores, unread


def _standing(race: Race, recipe: Recipe, entrant: Entrant, choice: RecipeChoice) -> Standing:
    ran = np.isfinite(entrant.validation)
    test = entrant.test[np.isfinite(entrant.test).all(axis=1)]
    score = Estimate(float(test.mean()), None, None)
    behind = choice.differences.get(recipe.name)
    if recipe.name == choice.recommended and choice.score is not None:
        score = choice.score
    return Standing(
        recipe=recipe.name,
        model=recipe.model,
        arm=recipe.arm.name,
        vectors=recipe.vectors if recipe.arm.looks_up else "",
        lr=race.rate(recipe),
        seeds=int(ran.sum()),
        validation=float(entrant.validation[:RACE_SEEDS][ran[:RACE_SEEDS]].mean()),
        score=score.estimate,
        low=score.low,
        high=score.high,
        behind=None if behind is None else -behind.estimate,
        behind_low=None if behind is None or behind.high is None else -behind.high,
        behind_high=None if behind is None or behind.low is None else -behind.low,
        near_best=choice.near_best.get(recipe.name),
        given_up=recipe.name in race.given_up,
    )


def _validation_units(race: Race) -> int | None:
    """Units of the validation split; None in a cross-fit, which has another in each fold."""
    if race.base.folds is not None:
        return None
    corpus = race.tracks[0].inputs.corpus
    return len(make_units(corpus.validation, corpus.lexicon).ids)
