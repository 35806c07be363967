"""What a race showed, of runs whose true scores are known."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from simulated_race import RaceTrainer, world_tracks
from stored_yardsticks import stored_yardstick

from wvexp.analysis.choice import SURE
from wvexp.decision.outcome import beside_yardsticks, fresh_seeds, outcome_of
from wvexp.decision.race import FRESH_SEEDS, RACE_SEEDS
from wvexp.report.findings import plain
from wvexp.report.reasons import all_in_words

BEST = "cnn pretrained-slow"
LEVELS = {BEST: 0.80, "cnn pretrained-tuned": 0.78, "mean pretrained-both": 0.76}


@pytest.fixture(scope="module")
def tracks():
    return world_tracks()


def raced(tracks, **changes):
    trainer = RaceTrainer(**{"levels": LEVELS, "units": 2000, "seed_sd": 0.002, **changes})
    return trainer, trainer.race(tracks, limit=changes.pop("limit", None))


@pytest.fixture(scope="module")
def whole(tracks):
    trainer, race = raced(tracks)
    return trainer, race, outcome_of(race)


def test_the_chosen_recipe_comes_first_and_the_others_by_score(whole):
    _, race, found = whole
    assert found.chosen.recipe == race.leader.name == BEST
    assert found.decided
    assert found.confidence >= SURE
    others = [one.score for one in found.standings[1:]]
    assert others == sorted(others, reverse=True)
    assert {one.recipe for one in found.standings} == {recipe.name for recipe in race.recipes}
    assert (found.size, found.wanted, found.cut_short, found.left_out) == (2000, 2000, False, ())
    assert found.notes == ()


def test_the_chosen_score_is_the_mean_of_the_fresh_seeds_alone(whole):
    trainer, race, found = whole
    fresh = [run for run in trainer.of(BEST) if run.seed >= RACE_SEEDS]
    scores = [trainer.counts[run.key][:, 0].mean() for run in fresh]
    assert found.fresh == len(scores) == FRESH_SEEDS
    assert found.chosen.score == pytest.approx(np.mean(scores))
    assert found.chosen.low < np.mean(scores) < found.chosen.high
    assert fresh_seeds(race) == list(range(RACE_SEEDS, RACE_SEEDS + FRESH_SEEDS))


def test_each_standing_says_what_its_recipe_is_made_of(whole):
    trainer, race, found = whole
    for one in found.standings:
        assert one.recipe == f"{one.model} {one.arm}"
        runs = [run for run in trainer.of(one.recipe) if run.optim.lr == one.lr]
        assert one.seeds == len({run.seed for run in runs})
        before = [trainer.stored[r.key].metric.validation for r in runs if r.seed < RACE_SEEDS]
        assert one.validation == pytest.approx(np.mean(before))
        assert one.given_up == (one.recipe in race.given_up)
        if one is found.chosen:
            assert one.behind is None
            assert one.near_best == found.confidence
            continue
        assert (one.low, one.high) == (None, None)
        assert one.behind == pytest.approx(found.chosen.score - one.score)
        assert one.behind_low < one.behind < one.behind_high
    assert found.runs == len(trainer.order)


def test_it_is_numbers_that_are_json(whole):
    *_, found = whole
    content = json.loads(json.dumps(plain(asdict(found)), allow_nan=False))
    assert content["standings"][0]["recipe"] == BEST


def test_of_each_model_the_best_on_validation(whole):
    *_, found = whole
    best = found.of_model()
    assert {model: one.recipe for model, one in best.items()} == {
        "cnn": BEST,
        "mean": "mean pretrained-both",
    }


def test_the_choice_does_not_look_at_test_scores(tracks, whole):
    """Every other recipe right on all test units: the choice stays, and is not sure."""
    *_, found = whole

    class Permuted(RaceTrainer):
        def add(self, run):
            super().add(run)
            if run.recipe.name != BEST:
                self.counts[run.key][:, 0] = np.arange(self.units) % 50 > 0

    trainer = Permuted(LEVELS, units=2000, seed_sd=0.002)
    other = outcome_of(trainer.race(tracks))
    assert other.chosen.recipe == BEST
    assert other.chosen.score == found.chosen.score
    assert not other.decided
    assert other.confidence < 0.05


def test_where_nothing_ran_there_is_no_outcome(tracks):
    every = [recipe.name for track in tracks for recipe in track.recipes]
    _, race = raced(tracks, broken=every)
    assert outcome_of(race) is None
    assert fresh_seeds(race) == []
    assert beside_yardsticks(race, []) == ((), [])


def test_a_recipe_whose_every_run_failed_has_no_standing(tracks):
    _, race = raced(tracks, broken=[BEST])
    found = outcome_of(race)
    assert found.chosen.recipe == "cnn pretrained-tuned"
    assert BEST not in {one.recipe for one in found.standings}


def test_runs_that_learned_nothing_are_counted_and_named_in_the_notes(tracks):
    _, race = raced(tracks, unlucky=[(BEST, 1), (BEST, 11)])
    found = outcome_of(race)
    assert found.chosen.recipe == BEST
    assert found.fresh == FRESH_SEEDS - 1
    said = all_in_words(found.notes)
    assert any(words.startswith("2 of ") and "learned next to nothing" in words for words in said)
    assert 11 not in fresh_seeds(race)


def test_a_race_without_a_model_that_was_asked_for_decides_nothing(tracks):
    trainer = RaceTrainer(LEVELS, units=2000, seconds={"mean": 0.01, "cnn": 100.0})
    found = outcome_of(trainer.race(tracks, limit=300.0))
    assert found.left_out == ("cnn",)
    assert found.cut_short
    assert not found.decided
    assert {one.model for one in found.standings} == {"mean"}


def test_before_every_recipe_had_its_first_runs_nothing_is_said(tracks):
    trainer = RaceTrainer(LEVELS, units=2000)

    def train(inputs, runs, seconds):
        return trainer.train(inputs, runs[: max(0, 20 - len(trainer.order))], seconds)

    race = trainer.race(tracks, train=train)
    assert trainer.order
    assert race.leader is not None
    assert outcome_of(race) is None


def test_a_race_at_a_smaller_size_decides_nothing(tracks):
    trainer = RaceTrainer(LEVELS, units=2000, seconds={"mean": 5.0, "cnn": 8.0})
    found = outcome_of(trainer.race(tracks, limit=120.0))
    assert found.size < found.wanted == 2000
    assert not found.decided


def test_without_time_for_fresh_seeds_the_score_is_that_of_the_seeds_that_chose(tracks):
    trainer = RaceTrainer(LEVELS, units=2000)

    def train(inputs, runs, seconds):
        runs = [run for run in runs if run.seed < RACE_SEEDS]
        return trainer.train(inputs, runs, seconds)

    race = trainer.race(tracks, train=train)
    found = outcome_of(race)
    assert found.fresh == 0
    assert not found.decided
    assert fresh_seeds(race) == sorted(
        {run.seed for run in trainer.of(race.leader.name) if run.optim.lr == found.chosen.lr}
    )
    assert any("had a part in its being chosen" in words for words in all_in_words(found.notes))


def test_a_cross_fit_is_wider_than_as_many_units_of_one_split():
    folded = world_tracks("model=[mean,cnn]", "data.folds=4")
    trainer = RaceTrainer({"cnn pretrained-tuned": 0.8}, units=250)
    found = outcome_of(trainer.race(folded))
    plainly = world_tracks("model=[mean,cnn]")
    other = RaceTrainer({"cnn pretrained-tuned": 0.8}, units=1000)
    beside = outcome_of(other.race(plainly))
    assert found.chosen.recipe == beside.chosen.recipe == "cnn pretrained-tuned"
    widths = [one.chosen.high - one.chosen.low for one in (found, beside)]
    assert widths[0] > 1.2 * widths[1]


def yardstick(key, race, **changes):
    return stored_yardstick(key, **{"train_size": race.size, **changes})


def test_yardsticks_are_held_against_the_chosen_recipe_over_its_fresh_seeds(tracks):
    trainer, race = raced(tracks)
    fresh = [run for run in trainer.of(BEST) if run.seed >= RACE_SEEDS]
    right = trainer.counts[fresh[0].key][:, 0].copy()
    wrong = np.flatnonzero(right == 0)
    right[wrong[:100]] = 1
    trainer.counts["tfidf"] = np.stack([right, np.ones_like(right)], axis=1)
    trainer.stored["tfidf"] = replace(trainer.stored[fresh[0].key], condition="none")
    scores, unread = beside_yardsticks(race, [yardstick("tfidf", race)])
    assert unread == []
    [one] = scores
    assert one.arm == BEST
    assert one.score == pytest.approx(right.mean())
    mean = np.mean([trainer.counts[run.key][:, 0].mean() for run in fresh])
    assert one.difference.estimate == pytest.approx(right.mean() - mean)
    assert one.standing == "better"
