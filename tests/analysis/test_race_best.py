import numpy as np
import pytest

from wvexp.analysis.race_best import (
    Validated,
    near_best_of_race,
    near_best_together,
    steadied,
)
from wvexp.analysis.race_draws import draw_scores
from wvexp.analysis.race_draws import tested as taken


def measured(means, seeds=6, units=1000, seed=0, luck=0.005):
    rng = np.random.default_rng(seed)
    tables = [
        (rng.random((seeds, units)) < m + rng.normal(0, luck, (seeds, 1))).astype(float)
        for m in means
    ]
    return taken(tables, [np.ones(seeds, dtype=bool)] * len(means))


def near(test, validated=None, **more):
    rng = np.random.default_rng(1)
    return near_best_of_race(test, validated, draw_scores(test, rng).leads, rng, **more)


def test_recipes_that_differ_by_luck_alone_are_drawn_together():
    """Thirty alike: by themselves no one seems near the best, together all do."""
    test = measured([0.75] * 30)
    rng = np.random.default_rng(1)
    leads = draw_scores(test, rng).leads
    ahead = np.column_stack([np.zeros(len(leads)), leads])
    alone = (ahead >= ahead.max(axis=1, keepdims=True) - 0.01).mean(axis=0)
    together = near(test)
    assert alone[0] < 0.3
    assert together[0] > 2 * alone[0]


def test_recipes_far_apart_stay_as_they_are():
    test = measured([0.8, 0.7, 0.6, 0.5])
    assert near(test).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_one_alone_is_the_best():
    assert near(measured([0.8])).tolist() == [1.0]


def test_a_hopeless_recipe_changes_nothing():
    """It would make the spread that of another kind of recipe."""
    close = [0.75, 0.75, 0.745, 0.74]
    few, more = measured(close), measured([*close, 0.3])
    assert near(more)[:4] == pytest.approx(near(few), abs=0.05)


def test_validation_that_agrees_makes_surer():
    test = measured([0.78, 0.76, 0.75, 0.75], seed=3)
    six = np.full(4, 6)

    def of(scores):
        return Validated(np.array(scores), 1000, six, six)

    alone = near(test)[0]
    assert near(test, of([0.78, 0.76, 0.75, 0.75]))[0] > alone
    assert near(test, of([0.74, 0.78, 0.75, 0.75]))[0] < alone
    # Validation may be easier as a whole.
    assert near(test, of([0.88, 0.86, 0.85, 0.85]))[0] == pytest.approx(
        near(test, of([0.78, 0.76, 0.75, 0.75]))[0], abs=0.02
    )


def test_the_margin():
    test = measured([0.75, 0.75, 0.75])
    assert near(test, margin=0.5).tolist() == [1.0, 1.0, 1.0]
    assert near(test, margin=1e-9).sum() == pytest.approx(1.0, abs=0.01)


def test_correlations_of_few_units_are_drawn_towards_their_mean():
    rng = np.random.default_rng(0)
    noise = np.cov(rng.standard_normal((30, 40)))
    steady = steadied(noise, 40)
    assert np.diag(steady) == pytest.approx(np.diag(noise))
    assert np.linalg.cond(steady) < np.linalg.cond(noise) / 5
    assert steadied(noise, 10**9) == pytest.approx(noise, abs=1e-6)
    assert steadied(np.zeros((2, 2)), 40).tolist() == [[0, 0], [0, 0]]


def test_arms_without_a_race():
    rng = np.random.default_rng(0)
    chances = np.array([0.75, 0.75, 0.5])[:, None, None]
    values = (rng.random((3, 6, 500)) < chances).astype(float)
    values[1, 2] = np.nan
    found = near_best_together(values, rng)
    assert found[0] > 0.5
    assert found[1] > 0.5
    assert found[2] == 0
    assert near_best_together(values, rng, inflation=9.0)[0] < found[0]
    assert near_best_together(values[:, :1], rng) is None
