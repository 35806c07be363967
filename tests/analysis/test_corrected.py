import numpy as np
import pytest

from wvexp.analysis.corrected import corrected_score


def arms(means, seeds=8, units=400, luck=0.01, seed=0):
    rng = np.random.default_rng(seed)
    ease = rng.normal(0, 0.2, units)
    return {
        str(k): (rng.random((seeds, units)) < m + ease + rng.normal(0, luck, (seeds, 1))) * 1.0
        for k, m in enumerate(means)
    }


def test_the_best_of_equal_arms_is_stated_without_the_luck_it_was_chosen_for():
    """The plain mean of the best of four is too high, the corrected score hardly."""
    plain, corrected, covered = [], [], []
    for seed in range(60):
        values = arms([0.7] * 4, seed=seed)
        best = max(values, key=lambda arm: values[arm].mean())
        found = corrected_score(values, best, 0, np.random.default_rng(seed), draws=1000)
        plain.append(values[best].mean() - 0.7)
        corrected.append(found.estimate - 0.7)
        covered.append(found.low <= 0.7 <= found.high)
    assert np.mean(plain) > np.mean(corrected) + 0.003
    assert abs(np.mean(corrected)) < 0.006
    assert np.mean(covered) >= 0.9


def test_a_lead_that_luck_does_not_explain_is_kept():
    values = arms([0.9, 0.5, 0.5, 0.5], units=4000, luck=0.002)
    found = corrected_score(values, "0", 0, np.random.default_rng(0))
    assert found.estimate == pytest.approx(values["0"].mean(), abs=0.001)


def test_seeds_that_chose_the_rate_are_left_out():
    values = arms([0.8, 0.79], units=4000)
    lucky = {arm: table.copy() for arm, table in values.items()}
    for table in lucky.values():
        table[:2] = 1.0
    plain = corrected_score(values, "0", 2, np.random.default_rng(0))
    assert corrected_score(lucky, "0", 2, np.random.default_rng(0)) == plain
    assert corrected_score(lucky, "0", 0, np.random.default_rng(0)).estimate > plain.estimate


def test_where_there_are_no_others_they_are_taken():
    values = arms([0.8, 0.79], seeds=2)
    assert corrected_score(values, "0", 2, np.random.default_rng(0)) is not None


def test_one_seed_has_no_interval():
    assert corrected_score(arms([0.8, 0.7], seeds=1), "0", 0, np.random.default_rng(0)) is None


def test_an_arm_alone_and_one_that_did_not_run():
    values = arms([0.8])
    values["none"] = np.full_like(values["0"], np.nan)
    found = corrected_score(values, "0", 0, np.random.default_rng(0))
    assert found.low < values["0"].mean() < found.high
