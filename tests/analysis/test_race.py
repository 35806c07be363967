import numpy as np
import pytest
from scipy import stats

from wvexp.analysis.race import Entrant, spent, standing


def entrant(name, validation):
    validation = np.asarray(validation, np.float64)
    return Entrant(name, validation, np.empty((len(validation), 0)))


def field(means, seeds=5, sd=0.01, seed=0):
    rng = np.random.default_rng(seed)
    return [entrant(f"{k}", m + sd * rng.standard_normal(seeds)) for k, m in enumerate(means)]


def test_one_far_behind_is_given_up_and_one_close_behind_is_not():
    found = standing(field([0.9, 0.895, 0.7, 0.6]), look=1)
    assert found.leader in ("0", "1")
    assert set(found.given_up) == {"2", "3"}
    assert {"0", "1"} == {*found.in_race, *found.waiting}
    assert not found.settled or found.waiting
    lost = found.given_up["3"]
    assert lost.leader == found.leader
    assert -0.01 < lost.at_least < lost.by < lost.at_most
    assert not lost.alike
    assert lost.seeds == 5


def test_the_bound_is_that_of_a_t_test_of_the_paired_differences():
    """Two recipes: their own differences, and the pool of the same, by hand."""
    a, b = np.array([0.80, 0.82, 0.84]), np.array([0.70, 0.73, 0.71])
    d = a - b
    own = ((d - d.mean()) ** 2).sum()  # on 2 degrees; the pooled variance of one run is a quarter
    pooled = 2 * (own / 2 / 2)  # of a difference: 2 df in the pool
    df = 2 + 2
    error = np.sqrt((2 * pooled + own) / df / 3)
    level = spent(2)
    found = standing([entrant("a", a), entrant("b", b)], look=2)
    assert found.given_up["b"].by == pytest.approx(d.mean())
    assert found.given_up["b"].at_least == pytest.approx(
        d.mean() - stats.t.ppf(1 - level, df) * error
    )


def test_the_error_is_spent_over_looks_and_divided_over_rivals():
    looks = [spent(k, 0.05) for k in range(1, 100_000)]
    assert sum(looks) == pytest.approx(0.05, abs=1e-5)
    assert sum(looks) < 0.05
    found = standing(field([0.9, 0.8, 0.7, 0.6]), look=3, alpha=0.06)
    assert found.level == pytest.approx(spent(3, 0.06) / 3)
    with pytest.raises(ValueError, match="look 0"):
        spent(0)


def test_the_best_is_seldom_given_up_however_often_one_looks():
    """29 looks at recipes all alike, none of which may be given up where the margin is 0.

    At the level of a single test, look for look, each is lost far more often.
    """

    def lost(spent_over_looks):
        count = 0
        for index in range(200):
            rng = np.random.default_rng(index)
            scores = 0.7 + 0.01 * rng.standard_t(3, (3, 30))
            out = set()
            for seeds in range(2, 31):
                seen = [entrant(str(k), row[:seeds]) for k, row in enumerate(scores)]
                look = seeds - 1 if spent_over_looks else 1
                out |= standing(seen, look, out, margin=0.0, alpha=0.1).given_up.keys()
            count += "0" in out
        return count / 200

    assert lost(spent_over_looks=True) <= 0.1
    assert lost(spent_over_looks=False) > 0.15


def test_who_waits_gets_back_when_the_leader_falls():
    a = entrant("a", [0.87, 0.84, np.nan, np.nan])
    b = entrant("b", [0.82, 0.81, np.nan, np.nan])
    c = entrant("c", [0.81, 0.82, np.nan, np.nan])
    first = standing([a, b, c], look=1)
    assert first.leader == "a"
    assert set(first.waiting) == {"b", "c"}
    assert first.settled
    fallen = entrant("a", [0.87, 0.84, 0.76, 0.77])
    second = standing([fallen, b, c], look=2)
    assert set(second.in_race) >= {"b", "c"}


def test_of_recipes_alike_one_is_left_and_the_others_are_said_to_be_alike():
    found = standing(field([0.8, 0.8, 0.8, 0.6], seeds=60, sd=0.003), look=1)
    assert found.settled
    assert len(found.in_race) == 1
    assert sorted(lost.alike for lost in found.given_up.values()) == [False, True, True]


def test_nobody_waits_where_that_is_not_wanted():
    found = standing(field([0.8, 0.79, 0.78, 0.77]), look=1, unlikely=0.0)
    assert found.waiting == ()


def test_one_seed_each_says_nothing():
    found = standing([entrant("a", [0.9]), entrant("b", [0.1])], look=1)
    assert found.in_race == ("a", "b")
    assert found.given_up == {}


def test_one_seed_of_a_rival_is_judged_by_the_spread_of_the_others():
    others = field([0.80, 0.79, 0.81], seeds=6)
    late = entrant("late", [0.4, *[np.nan] * 5])
    assert "late" in standing([*others, late], look=1).given_up
    near = entrant("near", [0.79, *[np.nan] * 5])
    assert "near" in standing([*others, near], look=1).in_race


def test_two_recipes_identical_stay_both():
    scores = [0.8, 0.81, 0.79]
    found = standing([entrant("a", scores), entrant("b", scores)], look=1)
    assert found.in_race == ("a", "b")
    assert not found.settled


def test_recipes_without_a_score_stay_and_lead_nothing():
    nothing = [np.nan, np.nan]
    found = standing([entrant("a", nothing), entrant("b", nothing)], look=1)
    assert found.leader is None
    assert found.in_race == ("a", "b")
    found = standing([entrant("a", [0.8, 0.81]), entrant("b", nothing)], look=1)
    assert found.leader == "a"
    assert found.in_race == ("a", "b")


def test_a_single_recipe_has_no_race():
    found = standing([entrant("a", [0.8, 0.81])], look=1)
    assert found.settled
    assert found.in_race == ("a",)


def test_those_given_up_before_stay_out_but_tell_of_the_spread():
    entrants = field([0.9, 0.89, 0.7])
    found = standing(entrants, look=2, given_up={"0"})
    assert found.leader == "1"
    assert "0" not in {*found.in_race, *found.waiting, *found.given_up}
