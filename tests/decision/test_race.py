"""Where a race spends its runs, by runs whose true scores are known."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from simulated_race import RATES, RaceTrainer, world_tracks

from wvexp.decision.allocation import LR_SEEDS
from wvexp.decision.race import FRESH_SEEDS, RACE_SEEDS
from wvexp.sweeps.run import SweepOutcome

BEST = "cnn pretrained-slow"
# One clearly best, one near it, the others far behind.
LEVELS = {BEST: 0.80, "cnn pretrained-tuned": 0.797, "mean pretrained-both": 0.76}


@pytest.fixture(scope="module")
def tracks():
    return world_tracks()


@pytest.fixture(scope="module")
def raced(tracks):
    trainer = RaceTrainer(LEVELS)
    return trainer, trainer.race(tracks)


def seeds_of(runs):
    return {run.seed for run in runs}


def test_the_planted_best_is_found_and_everything_was_run(raced):
    trainer, race = raced
    assert race.leader.name in {BEST, "cnn pretrained-tuned"}
    assert race.complete
    assert not race.left_out
    assert race.size == 2000
    assert {run.train_size for run in trainer.order} == {2000}
    assert {r.name for r in race.recipes} == {run.recipe.name for run in trainer.order}
    assert race.asked == trainer.keys()


def test_who_is_surely_behind_gets_no_more_seeds(raced):
    trainer, race = raced
    far = [r.name for r in race.recipes if r.name not in LEVELS]
    assert set(far) <= set(race.given_up)
    for name in far:
        assert seeds_of(trainer.of(name)) == set(range(LR_SEEDS))
        assert race.given_up[name].at_least > -race.margin
    assert len(trainer.order) < len(race.recipes) * (RACE_SEEDS + 4)


def test_fresh_seeds_are_the_leaders_alone(raced):
    trainer, race = raced
    fresh = [run for run in trainer.order if run.seed >= RACE_SEEDS]
    assert {run.recipe.name for run in fresh} == {race.leader.name}
    assert seeds_of(fresh) == set(range(RACE_SEEDS, RACE_SEEDS + FRESH_SEEDS))
    assert {run.optim.lr for run in fresh} == {race.rate(race.leader)}
    # They come last: nothing is chosen after they ran.
    assert trainer.order[-len(fresh) :] == fresh


def test_seeds_count_from_that_of_the_configuration(tracks):
    later = [replace(track, base=replace(track.base, seed=40)) for track in tracks]
    trainer = RaceTrainer(LEVELS)
    race = trainer.race(later)
    fresh = seeds_of(trainer.of(race.leader.name)) - set(range(40, 40 + RACE_SEEDS))
    assert fresh == set(range(40 + RACE_SEEDS, 40 + RACE_SEEDS + FRESH_SEEDS))
    assert min(seeds_of(trainer.order)) == 40


def test_every_recipe_is_raced_at_the_rate_that_was_best_for_it(tracks):
    best = {BEST: RATES[2], "cnn pretrained-tuned": RATES[2], "mean pretrained-both": RATES[0]}
    trainer = RaceTrainer(LEVELS, best=best, seed_sd=0.001)
    race = trainer.race(tracks)
    assert race.leader.name == BEST
    assert race.rate(race.leader) == RATES[2]
    # The rate beside the best was tried too, on the seeds of the lr trials.
    tried = {
        run.optim.lr: seeds_of([r for r in trainer.of(BEST) if r.optim.lr == run.optim.lr])
        for run in trainer.of(BEST)
    }
    assert min(tried) < RATES[2] < max(tried)
    assert all(seeds >= set(range(LR_SEEDS)) for seeds in tried.values())


def test_of_a_model_two_recipes_try_all_rates_and_the_others_begin_with_theirs(raced):
    trainer, _ = raced
    for model in ("mean", "cnn"):
        for leading in ("pretrained-frozen", "pretrained-tuned"):
            rates = {run.optim.lr for run in trainer.of(f"{model} {leading}")}
            assert set(RATES) <= rates
        for follower in ("random-frozen", "random-tuned"):
            assert len({run.optim.lr for run in trainer.of(f"{model} {follower}")}) == 1


def test_test_scores_have_no_part_in_it(tracks, raced):
    """The same validation scores, the test scores of other recipes: the same runs, and leader."""
    first, race = raced

    class Permuted(RaceTrainer):
        def add(self, run):
            super().add(run)
            right = np.random.default_rng(len(self.order)).integers(0, 2, self.units)
            self.counts[run.key] = np.stack([right, np.ones_like(right)], axis=1)

    trainer = Permuted(LEVELS)
    again = trainer.race(tracks)
    assert [run.key for run in trainer.order] == [run.key for run in first.order]
    assert again.leader == race.leader
    assert again.given_up == race.given_up


def test_interrupted_and_begun_again_it_goes_through_the_same_runs(tracks, raced):
    undisturbed, whole = raced
    trainer = RaceTrainer(LEVELS)

    def train(inputs, runs, seconds):
        for run in runs:
            if run.key not in trainer.stored:
                trainer.add(run)
                if len(trainer.order) % 13 == 0:
                    raise KeyboardInterrupt
        return SweepOutcome(0, len(runs), ())

    race, attempts = None, 0
    while race is None:
        attempts += 1
        with suppress(KeyboardInterrupt):
            race = trainer.race(tracks, train=train)
    assert attempts > 3
    assert [run.key for run in trainer.order] == [run.key for run in undisturbed.order]
    assert race.leader == whole.leader
    assert race.given_up == whole.given_up
    # What it trains it trains once.
    before = len(trainer.order)
    trainer.race(tracks)
    assert len(trainer.order) == before


def test_other_runs_in_the_results_file_have_no_part(tracks, raced):
    """Perfect runs of another seed, rate and size, of a recipe that is far behind."""
    undisturbed, whole = raced
    trainer = RaceTrainer({**LEVELS, "mean random-tuned": 0.99})
    base = tracks[0].base.of_arm(tracks[0].arms[-1])
    assert base.recipe.name == "mean random-tuned"
    for changes in ({"seed": 3}, {"seed": 77}, {"train_size": 1000}):
        trainer.add(replace(base, **changes, optim=replace(base.optim, lr=RATES[1])))
    trainer.add(replace(base, optim=replace(base.optim, lr=0.1)))
    trainer.levels = LEVELS
    strange = {run.key for run in trainer.order}
    race = trainer.race(tracks)
    assert race.leader == whole.leader
    assert race.given_up == whole.given_up
    assert trainer.keys() - strange == undisturbed.keys() - strange


def test_a_budget_too_small_leaves_out_the_costliest_model(tracks):
    trainer = RaceTrainer(LEVELS, seconds={"mean": 0.01, "cnn": 10.0})
    race = trainer.race(tracks, limit=120.0)
    assert race.left_out == ["cnn"]
    assert not race.complete
    assert race.leader.model == "mean"
    assert race.leader.name == "mean pretrained-both"
    assert race.size == 2000
    assert trainer.now < 120.0
    # No more than a first run or two at the two smallest sizes was spent on the other.
    assert max(run.train_size for run in trainer.order if run.model.name == "cnn") < 2000
    assert len([run for run in trainer.order if run.model.name == "cnn"]) <= 4


def test_the_likely_cheapest_is_looked_at_first_whatever_the_order(tracks):
    """There is no time for a second: the first named is the costly one."""
    trainer = RaceTrainer(LEVELS, seconds={"mean": 20.0, "cnn": 200.0})
    race = trainer.race(tracks[::-1], limit=40.0)
    assert race.left_out == ["cnn"]
    assert [track.base.model.name for track in race.tracks] == ["mean"]
    assert trainer.order[0].model.name == "mean"


def test_where_not_even_the_cheapest_fits_it_is_raced_at_a_smaller_size(tracks):
    trainer = RaceTrainer(LEVELS, seconds={"mean": 5.0, "cnn": 8.0})
    race = trainer.race(tracks, limit=120.0)
    assert race.size < 2000
    assert race.leader is not None
    assert trainer.now < 120.0


@pytest.mark.parametrize("limit", [12.0, 20.0, 60.0, 200.0])
def test_a_budget_is_an_upper_limit_and_leaves_the_guidance_its_part(tracks, limit):
    trainer = RaceTrainer(LEVELS, seconds={"mean": 0.5, "cnn": 1.5})
    race = trainer.race(tracks, limit=limit)
    assert trainer.now <= 0.6 * limit + 1e-9
    assert race.leader is not None


def test_a_rich_budget_runs_what_none_runs(tracks, raced):
    undisturbed, whole = raced
    trainer = RaceTrainer(LEVELS)
    race = trainer.race(tracks, limit=100_000.0)
    assert race.complete
    assert race.leader == whole.leader
    assert undisturbed.keys() <= trainer.keys()


def test_everything_failing_leaves_no_leader(tracks):
    every = [recipe.name for track in tracks for recipe in track.recipes]
    trainer = RaceTrainer(LEVELS, broken=every)
    race = trainer.race(tracks)
    assert race.leader is None
    assert not race.complete
    assert race.failed
    assert not trainer.order


def test_a_recipe_whose_every_run_failed_is_out_and_the_others_race(tracks, raced):
    trainer = RaceTrainer(LEVELS, broken=[BEST])
    race = trainer.race(tracks)
    assert race.leader.name == "cnn pretrained-tuned"
    assert BEST not in {entrant.name for entrant in race.learned().entrants}
    assert race.failed == race.asked - trainer.keys() != set()


def test_a_leading_recipe_that_fails_does_not_stop_those_that_start_from_its_rate(tracks):
    trainer = RaceTrainer(LEVELS, broken=["cnn pretrained-tuned", "mean pretrained-frozen"])
    race = trainer.race(tracks)
    assert race.leader.name == BEST
    assert trainer.of("mean random-frozen")


def test_a_run_that_learned_nothing_costs_its_recipe_nothing(tracks):
    trainer = RaceTrainer(LEVELS, unlucky=[(BEST, 1)], seed_sd=0.001)
    race = trainer.race(tracks)
    assert race.leader.name == BEST
    assert race.learned().failed == {BEST: (1,)}


def test_a_cross_fit_is_raced_over_all_folds():
    tracks = world_tracks("model=[mean,cnn]", "data.folds=3")
    trainer = RaceTrainer({"cnn pretrained-tuned": 0.8})
    race = trainer.race(tracks)
    assert race.leader.name == "cnn pretrained-tuned"
    folds = {(run.seed, run.fold) for run in trainer.of(race.leader.name)}
    assert {(RACE_SEEDS, fold) for fold in range(3)} <= folds
    [entrant] = [e for e in race.learned().entrants if e.name == race.leader.name]
    assert entrant.test.shape[1] == 3 * trainer.units


def test_the_batch_of_one_call_is_over_the_inputs_of_its_tracks(tracks):
    other = [tracks[0], replace(tracks[1], inputs=object())]
    trainer = RaceTrainer(LEVELS)
    seen = {}

    def train(inputs, runs, seconds):
        for run in runs:
            assert seen.setdefault(run.condition, inputs) is inputs
        return trainer.train(inputs, runs, seconds)

    trainer.race(other, train=train)
    assert all(seen[track.base.condition] is track.inputs for track in other)
