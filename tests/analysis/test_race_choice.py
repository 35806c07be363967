from dataclasses import replace

import numpy as np
import pytest

from wvexp.analysis.choice import SURE
from wvexp.analysis.components import two_way
from wvexp.analysis.race import Entrant
from wvexp.analysis.race_choice import choose_recipe
from wvexp.analysis.reason import Why

FRESH = 4


def field(means, seeds=8, units=800, sd=0.01, seed=0):
    """Recipes right on units that are hard for all alike; every seed ran everywhere."""
    rng = np.random.default_rng(seed)
    ease = rng.normal(0, 0.2, units)
    entrants = []
    for k, mean in enumerate(means):
        chance = mean + ease + rng.normal(0, sd, (seeds, 1))
        test = (rng.random((seeds, units)) < chance).astype(np.float64)
        entrants.append(Entrant(str(k), mean + rng.normal(0, sd, seeds), test))
    return entrants


def choose(entrants, given_up=(), **more):
    return choose_recipe(entrants, given_up, FRESH, np.random.default_rng(0), **more)


def kinds(choice):
    return [blocker.reason.kind for blocker in choice.blockers]


def test_the_highest_on_validation_is_chosen_whatever_the_test_scores_say():
    entrants = field([0.8, 0.75, 0.7])
    perfect = replace(entrants[2], test=np.ones_like(entrants[2].test))
    found = choose([*entrants[:2], perfect])
    assert found.recommended == "0"
    assert found.near_best["0"] < 0.01
    assert not found.decided
    turned = choose([replace(entrants[0], validation=entrants[0].validation - 0.5), *entrants[1:]])
    assert turned.recommended == "1"


def test_the_score_is_the_mean_over_the_fresh_seeds_alone():
    entrants = field([0.8, 0.75, 0.7])
    found = choose(entrants)
    assert found.fresh_seeds == 4
    assert found.score.estimate == pytest.approx(entrants[0].test[FRESH:].mean(), abs=1e-15)
    lucky = entrants[0].test.copy()
    lucky[:FRESH] = 1.0
    again = choose([replace(entrants[0], test=lucky), *entrants[1:]])
    assert again.score.estimate == found.score.estimate


def test_validation_scores_of_fresh_seeds_choose_nothing():
    entrants = field([0.8, 0.75])
    late = entrants[1].validation.copy()
    late[FRESH:] = 1.0
    assert choose([entrants[0], replace(entrants[1], validation=late)]).recommended == "0"


def test_the_interval_is_the_two_way_one_where_seeds_are_many():
    entrants = field([0.8], seeds=64, sd=0.03)
    found = choose_recipe(entrants, (), 4, np.random.default_rng(0))
    low, high = two_way(entrants[0].test[4:]).interval()
    assert found.score.low == pytest.approx(low, abs=0.001)
    assert found.score.high == pytest.approx(high, abs=0.001)


def test_a_clear_best_is_decided():
    found = choose(field([0.9, 0.7, 0.6]))
    assert found.decided
    assert found.confidence >= SURE
    assert found.blockers == ()
    assert found.differences["1"].high < 0
    assert found.interchangeable == ()


def test_one_given_up_is_not_chosen_but_may_be_the_best():
    entrants = field([0.8, 0.85])
    found = choose(entrants, given_up={"1"})
    assert found.recommended == "0"
    assert found.near_best["1"] > 0.9
    assert found.confidence < 0.2


def test_recipes_alike_are_interchangeable_and_close_to_sure():
    one = field([0.8], units=4000)[0]
    other = replace(one, name="1", validation=one.validation - 0.001)
    found = choose([one, other])
    assert found.confidence >= 0.95
    assert Why.ARMS_ALIKE in kinds(found)
    assert not found.decided


def test_interchangeable_are_those_surely_within_the_margin():
    entrants = field([0.8, 0.8, 0.7], seeds=40, units=20_000, sd=0.004)
    found = choose_recipe(entrants, (), 20, np.random.default_rng(0))
    assert len(found.interchangeable) == 1
    assert "2" not in found.interchangeable


def test_without_a_fresh_seed_the_score_is_said_to_be_too_high():
    entrants = [
        replace(e, validation=e.validation[:FRESH], test=e.test[:FRESH]) for e in field([0.9, 0.6])
    ]
    found = choose(entrants)
    assert found.fresh_seeds == 0
    assert found.score.estimate == pytest.approx(entrants[0].test.mean())
    assert kinds(found) == [Why.NO_FRESH_SEED]
    assert found.confidence > SURE
    assert not found.decided


def test_one_fresh_seed_takes_its_spread_from_the_others():
    entrants = field([0.9, 0.6], seeds=FRESH + 1)
    found = choose(entrants)
    assert found.fresh_seeds == 1
    assert found.score.low < found.score.estimate < found.score.high
    more = choose(field([0.9, 0.6], seeds=FRESH + 8))
    assert found.score.high - found.score.low > more.score.high - more.score.low


def test_one_unit_gives_no_interval_either():
    entrants = [replace(e, test=e.test[:, :1]) for e in field([0.9, 0.6])]
    assert Why.ONE_UNIT in kinds(choose(entrants))


def test_validation_that_agrees_makes_surer():
    entrants = [
        replace(e, validation=np.full(8, mean))
        for e, mean in zip(field([0.78, 0.76, 0.76]), (0.79, 0.75, 0.75), strict=True)
    ]
    plain = choose(entrants)
    surer = choose(entrants, validation_units=800)
    assert surer.confidence > plain.confidence
    assert surer.score == plain.score


def test_one_seed_in_all_gives_no_interval():
    entrants = [
        Entrant("a", np.array([0.8]), np.ones((1, 50))),
        Entrant("b", np.array([0.7]), np.zeros((1, 50))),
    ]
    found = choose_recipe(entrants, (), 1, np.random.default_rng(0))
    assert found.recommended == "a"
    assert found.score.low is None
    assert found.confidence is None
    assert Why.ARM_WITH_ONE_SEED in kinds(found)


def test_rows_that_did_not_run_are_left_out():
    entrants = field([0.8, 0.7], seeds=8)
    gap = np.array([True, True, False, False, True, True, False, True])
    with_gap = [
        replace(
            e,
            validation=np.where(gap, e.validation, np.nan),
            test=np.where(gap[:, None], e.test, np.nan),
        )
        for e in entrants
    ]
    found = choose(with_gap)
    assert found.fresh_seeds == 3
    assert found.score.estimate == pytest.approx(entrants[0].test[[4, 5, 7]].mean())


def test_all_failed():
    entrants = [Entrant(n, np.full(3, np.nan), np.full((3, 9), np.nan)) for n in "ab"]
    found = choose(entrants)
    assert found.recommended is None
    assert found.score is None
    assert kinds(found) == [Why.NOTHING_MEASURED]


def test_a_recipe_that_did_not_run_blocks():
    nothing = Entrant("n", np.full(8, np.nan), np.full((8, 800), np.nan))
    found = choose([*field([0.9, 0.6]), nothing])
    assert kinds(found) == [Why.ARM_NOT_MEASURED]
    assert not found.decided


def test_no_better_than_no_learning_blocks():
    entrants = field([0.62, 0.5])
    assert Why.NO_BETTER_THAN_BASELINE not in kinds(choose(entrants, baseline=0.4))
    assert Why.NO_BETTER_THAN_BASELINE in kinds(choose(entrants, baseline=0.63))


def test_overlapping_training_sets_make_all_intervals_wider():
    entrants = field([0.8, 0.78])
    plain, wider = choose(entrants), choose(entrants, inflation=2.25)

    def width(estimate):
        return estimate.high - estimate.low

    assert width(wider.score) == pytest.approx(1.5 * width(plain.score), rel=0.02)
    assert width(wider.differences["1"]) == pytest.approx(
        1.5 * width(plain.differences["1"]), rel=0.02
    )
