import numpy as np
import pytest

from wvexp.analysis.seed_spread import PRIOR_DF, Spread, additive_spread, pooled_spread


def test_the_pool_is_the_mean_square_within_recipes():
    a, b = np.array([0.1, 0.3]), np.array([0.5, 0.6, 0.7])
    found = pooled_spread([a, b, np.array([0.9]), np.array([])])
    assert found == Spread(pytest.approx((0.02 + 0.02) / 3), 3.0)
    assert pooled_spread([np.array([0.9]), np.array([])]) is None


def test_the_additive_spread_is_the_residual_mean_square_of_the_two_way_table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 4)) + rng.normal(size=(1, 4)) + rng.normal(size=(5, 1))
    rest = x - x.mean(axis=0) - x.mean(axis=1, keepdims=True) + x.mean()
    found = additive_spread(x)
    assert found.df == 12
    assert found.variance == pytest.approx((rest**2).sum() / 12)


def test_with_missing_seeds_it_is_the_least_squares_fit():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 5)) + 3 * rng.normal(size=(1, 5))
    x[0, 3:] = x[2, 4] = np.nan
    recipe, seed = np.nonzero(np.isfinite(x))
    design = np.hstack([np.eye(4)[recipe], np.eye(5)[seed][:, 1:]])
    y = x[recipe, seed]
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    found = additive_spread(x)
    assert found.df == len(y) - design.shape[1]
    assert found.variance == pytest.approx(rest @ rest / found.df, rel=1e-6)


def test_a_seed_or_a_recipe_alone_adds_nothing():
    x = np.array([[0.1, 0.2, np.nan], [0.3, 0.5, 0.9], [np.nan, 0.1, np.nan]])
    assert additive_spread(x) == additive_spread(x[:2, :2])
    assert additive_spread(x[:1]) is None
    assert additive_spread(np.full((3, 3), np.nan)) is None


def test_with_many_seeds_a_recipe_is_judged_by_its_own():
    rng = np.random.default_rng(2)
    pool = Spread(1.0, 50.0)
    scores = 5 * rng.standard_normal(10_000)
    found = pool.of_recipe(scores)
    assert found.variance == pytest.approx(scores.var(), rel=0.01)
    assert pool.of_recipe(scores[:1]) == Spread(1.0, PRIOR_DF)
    assert pool.of_difference(scores[:1]).variance == 2.0
