import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.analysis.best import near_best
from wvexp.analysis.paired import paired_difference
from wvexp.analysis.rare import alike, enough_units, least_error
from wvexp.report.reasons import in_words


def answers(units, seeds=5, seed=0):
    right = np.random.default_rng(seed).random(units) < 0.7
    return np.repeat(right[None].astype(float), seeds, axis=0)


@pytest.mark.parametrize("units", [30, 300, 3000])
def test_no_disagreement_excludes_what_the_rule_of_three_excludes(units):
    """At a true share q nothing is seen with probability (1 - q)^n, which is 5 % at the limit."""
    found = paired_difference(answers(units), answers(units))
    assert found.estimate == 0
    assert found.low == -found.high
    assert 0.035 < (1 - found.high) ** units <= 0.0501
    assert "no test unit tells the arms apart" in in_words(found.notes[-1])


def test_equivalence_needs_enough_units():
    few, many = (paired_difference(answers(n), answers(n)) for n in (100, 400))
    assert (few.call, many.call) == ("undecided", "equivalent")
    assert few.smallest_margin > 0.01 > many.smallest_margin


@pytest.mark.parametrize("margin", [0.01, 0.03, 0.07])
def test_so_many_units_are_needed_for_an_interval_within_the_margin(margin):
    enough = enough_units(margin)
    few, some = (paired_difference(answers(n), answers(n)) for n in (enough - 1, enough + 9))
    assert some.high <= margin < few.high


def test_a_margin_below_a_point_asks_for_no_more_units():
    assert enough_units(0.001) == enough_units(0.01)


def test_one_unit_that_differs_in_one_seed_is_no_winner():
    a = answers(200)
    b = a.copy()
    b[0, np.flatnonzero(a[0])[0]] = 0.0
    found = paired_difference(a, b)
    assert found.low < 0 < found.estimate < found.high
    assert found.high - found.low >= 2 * 3 / 200 * 0.99


def test_ordinary_intervals_are_left_as_they_are(monkeypatch):
    rng = np.random.default_rng(1)
    a, b = (rng.random((2, 6, 300)) < 0.7).astype(float)
    found = paired_difference(a, b)
    assert 0 < least_error(a, b) < found.standard_error
    monkeypatch.setattr("wvexp.analysis.paired.least_error", lambda a, b: 0.0)
    assert paired_difference(a, b) == found


@settings(deadline=None, max_examples=50)
@given(scale=st.floats(0.01, 100), seed=st.integers(0, 999))
def test_the_floor_has_the_unit_of_the_values(scale, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.random((2, 3, 20)) < 0.5).astype(float)
    assert least_error(a, b) == least_error(b, a)
    assert least_error(scale * a, scale * b) == pytest.approx(scale * least_error(a, b))


def test_slight_differences_all_over_are_worth_what_they_are():
    """Units of many tokens disagree a little each: the floor must not count them as whole units."""
    rng = np.random.default_rng(2)
    a = rng.uniform(0.6, 0.9, (4, 100))
    b = a + rng.normal(0, 0.001, a.shape)
    assert least_error(a, b) < 0.01 * least_error(a, a)


def test_without_any_spread_there_is_no_floor():
    same = np.full((4, 9), 0.8)
    assert alike(same, same)
    assert least_error(same, same) == 0
    assert least_error(same, np.full((4, 9), 0.7)) == 0


def test_the_spread_of_one_arm_is_enough_for_a_floor():
    """An arm that is right everywhere: a unit is worth one answer all the same."""
    right, wrong = np.ones((4, 300)), np.ones((4, 300))
    wrong[:, :9] = 0
    assert least_error(right, wrong) == pytest.approx(3 / 1.96 / 300, rel=1e-4)


def test_a_seed_that_one_arm_lacks_tells_no_arms_apart():
    a, b = answers(50), answers(50)
    b[2] = np.nan
    assert alike(a, b)
    assert alike(b, a)
    a[2] = 0.0
    assert alike(a, b)
    a[3] = 1 - a[3]
    assert not alike(a, b)


def test_arms_alike_are_not_surely_near_the_best_on_a_small_test_set():
    few, many = (np.stack([answers(n)] * 4) for n in (40, 4000))
    rng = np.random.default_rng(3)
    assert near_best(few, rng).max() < 0.7
    assert near_best(many, rng).min() > 0.99


def test_the_draws_of_two_arms_are_as_wide_as_their_interval():
    a = answers(150, seeds=8)
    b = a.copy()
    b[:, 3] = 1 - b[:, 3]
    pair = paired_difference(a, b)
    ahead = near_best(np.stack([a, b]), np.random.default_rng(4), margin=1e-9)[0]
    assert ahead == pytest.approx(pair.p_a_better, abs=0.02)
