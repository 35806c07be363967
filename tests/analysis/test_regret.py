import numpy as np
import pytest

from wvexp.analysis.regret import (
    Regret,
    RegretSummary,
    half_split_regret,
    highest_mean,
    regret,
    summarise,
)


def values(gains=(0.0, 0.1, -0.1), seeds=5, units=300):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.2, (len(gains), seeds, units))
    return np.array(gains)[:, None, None] + noise


def test_the_best_arm_has_no_regret():
    assert regret(values(), 1) == Regret(1, 1, 0.0, 0.0, 0.0, miss=False)


def test_a_bad_recommendation_is_a_miss():
    found = regret(values(), 2)
    assert (found.recommended, found.best, found.miss) == (2, 1, True)
    assert found.low < found.regret < found.high
    assert found.regret == pytest.approx(0.2, abs=0.03)


def test_a_small_loss_is_no_miss():
    found = regret(values((0.0, 0.004)), 0)
    assert found.miss is False
    assert regret(values((0.0, 0.1)), 0, tolerance=0.2).miss is False


def test_a_large_loss_that_may_be_chance_is_no_miss():
    found = regret(values((0.0, 0.05), units=20), 0)
    assert found.regret > 0.02
    assert found.low < 0.005
    assert found.miss is False


def test_choice_and_score_see_different_units():
    seen = []
    x = values(units=101)

    def values_of(units):
        seen.append(units)
        return x[..., units]

    def choose(half):
        assert half.shape[2] in (50, 51)
        return highest_mean(half)

    first, second = half_split_regret(values_of, 101, choose, np.random.default_rng(1))
    assert sorted(np.concatenate(seen).tolist()) == list(range(101))
    assert (first.miss, second.miss) == (False, False)


def test_four_units_are_two_to_choose_on_and_two_to_score():
    x = values(units=4)
    halves = []

    def choose(half):
        halves.append(half.shape[2])
        return highest_mean(half)

    half_split_regret(lambda units: x[..., units], 4, choose, np.random.default_rng(1))
    assert halves == [2, 2]


@pytest.mark.parametrize(("tolerance", "miss"), [(0.1, True), (0.3, False)])
def test_either_half_is_judged_by_the_tolerance(tolerance, miss):
    found = half_split_regret(
        lambda units: values()[..., units], 300, lambda _: 2, np.random.default_rng(1), tolerance
    )
    assert [r.miss for r in found] == [miss, miss]
    assert all(r.low > 0.1 for r in found)


def test_a_chooser_that_peeks_gains_nothing():
    """Two equal arms: what looks best on one half is a coin toss on the other."""
    rng = np.random.default_rng(2)
    hits = []
    for _ in range(300):
        x = rng.normal(size=(2, 3, 40))
        found = half_split_regret(lambda units, x=x: x[..., units], 40, highest_mean, rng)
        hits.extend(r.regret == 0 for r in found)
    assert 0.42 < np.mean(hits) < 0.58


def test_without_an_interval_nothing_is_judged():
    found = regret(values(seeds=1), 2)
    assert (found.low, found.miss) == (None, None)
    assert summarise([found]) == RegretSummary(0, 0, None, None)


def test_summary():
    found = [regret(values(), arm) for arm in (0, 1, 2)] + [regret(values(seeds=1), 2)]
    total = summarise(found)
    assert (total.settings, total.misses) == (3, 2)
    assert total.miss_rate == pytest.approx(2 / 3)
    assert total.mean_regret == pytest.approx(np.mean([r.regret for r in found[:3]]))


def test_missing_arms():
    x = values()
    x[1] = np.nan
    assert highest_mean(x) == 0
    assert regret(x, 0).best == 0
    with pytest.raises(ValueError, match=r"\(3, 5\): expected \[arms, seeds, units\]"):
        highest_mean(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="the recommended arm, 1, did not run"):
        regret(x, 1)
    with pytest.raises(ValueError, match="no arm ran"):
        highest_mean(np.full((2, 3, 4), np.nan))
    with pytest.raises(ValueError, match="3 test units: at least 4"):
        half_split_regret(lambda units: x[..., units], 3, highest_mean, np.random.default_rng(0))


def test_the_mean_is_over_the_seeds_that_ran():
    for level in (0.0, 5.0, -5.0):
        x = level + values(gains=(0.0, 0.1))
        x[0, 1:3] = np.nan
        assert highest_mean(x) == 1
        assert highest_mean(x[::-1]) == 0


def test_arms_without_a_common_seed_are_refused():
    x = values(gains=(0.0, 0.5), seeds=4)
    x[0, :2], x[1, 2:] = np.nan, np.nan
    with pytest.raises(ValueError, match="no seed in common"):
        regret(x, 0)
