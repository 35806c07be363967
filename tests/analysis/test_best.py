import numpy as np
import pytest
from scipy import stats

from wvexp.analysis.best import near_best
from wvexp.analysis.components import two_way
from wvexp.analysis.paired import paired_difference


def test_two_arms_against_the_t_distribution():
    rng = np.random.default_rng(0)
    unit = rng.normal(0, 0.4, (1, 1, 200))
    x = np.array([0.0, 0.03])[:, None, None] + unit + rng.normal(0, 0.15, (2, 8, 200))
    pair = paired_difference(x[0], x[1])
    expected = stats.t.cdf((0.01 + pair.estimate) / pair.standard_error, pair.df)
    assert near_best(x[::-1], rng)[1] == pytest.approx(expected, abs=0.005)


def test_margin_and_order():
    rng = np.random.default_rng(1)
    x = np.array([0.5, 0.52, 0.4])[:, None, None] + rng.normal(0, 0.1, (3, 6, 300))
    probability = near_best(x, np.random.default_rng(2))
    assert probability[1] > probability[0] > probability[2]
    wide = near_best(x, np.random.default_rng(2), margin=0.5)
    assert (wide == 1).all()
    none = near_best(x, np.random.default_rng(2), margin=0.0)
    assert none.sum() == pytest.approx(1)  # in each draw one arm is the best
    flipped = near_best(x[::-1], np.random.default_rng(2))
    assert flipped[::-1] == pytest.approx(probability, abs=0.02)


def test_arms_that_cannot_be_judged_are_refused():
    with pytest.raises(ValueError, match="1 seeds"):
        near_best(np.zeros((2, 1, 5)), np.random.default_rng(0))


def test_units_hard_for_both_arms_give_no_certainty_about_their_difference():
    """1,000 shared units say much about the scores and little about the difference."""
    rng = np.random.default_rng(5)
    unit = rng.normal(0, 0.4, (1, 1, 1000))
    seed = rng.normal(0, 0.01, (2, 5, 1))
    x = np.array([0.003, 0.0])[:, None, None] + unit + seed + rng.normal(0, 0.05, (2, 5, 1000))
    pair = paired_difference(x[1], x[0])
    assert two_way(x[0]).df > 50
    assert pair.df < 5
    behind = (0.001 - pair.estimate) / pair.standard_error
    said = near_best(x, rng, margin=0.001)[0]
    assert said == pytest.approx(stats.t.cdf(behind, pair.df), abs=0.01)
    assert stats.norm.cdf(behind) > stats.t.cdf(behind, pair.df) + 0.02
