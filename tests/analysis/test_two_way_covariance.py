"""The covariance of means over the same seeds and units."""

import numpy as np
import pytest
from crossed_tables import mean_products, table

from wvexp.analysis.components import joint, two_way, two_way_covariance


def test_covariance_with_itself_is_the_variance():
    x = table(np.random.default_rng(5))
    assert two_way_covariance(x, x) == pytest.approx(two_way(x).standard_error ** 2)


def test_covariance_is_that_of_repeated_experiments_with_unequal_seeds():
    rng = np.random.default_rng(6)
    means, estimates = [], []
    for _ in range(3000):
        seed, unit = rng.standard_normal((6, 1)), rng.standard_normal((1, 12))
        a = seed + unit + rng.standard_normal((6, 12))
        b = seed - unit + rng.standard_normal((6, 12))
        a[4:] = np.nan  # the last two seeds ran for b alone
        means.append([np.nanmean(a), b.mean()])
        estimates.append(two_way_covariance(a, b))
    expected = 1 * 4 / (4 * 6) - 1 / 12
    assert np.cov(np.array(means).T)[0, 1] == pytest.approx(expected, abs=0.02)
    assert np.mean(estimates) == pytest.approx(expected, abs=0.02)


def test_without_common_seeds_the_units_still_tie_two_tables():
    unit = np.random.default_rng(7).standard_normal((1, 50))
    a, b = np.repeat(unit, 4, axis=0), np.repeat(2 * unit, 4, axis=0)
    a[:2], b[2:] = np.nan, np.nan
    assert two_way_covariance(a, b) == pytest.approx(2 * unit.var(ddof=1) / 50)


def test_joint_agrees_with_its_parts_and_is_never_over_correlated():
    rng = np.random.default_rng(8)
    unit = rng.standard_normal((1, 1, 30))
    tables = unit + 0.3 * rng.standard_normal((3, 5, 30))
    found = joint(tables)
    for i in range(3):
        assert found.means[i] == pytest.approx(tables[i].mean())
        assert found.covariance[i, i] == pytest.approx(two_way(tables[i]).standard_error ** 2)
        assert found.df[i] == pytest.approx(two_way(tables[i]).df)
    errors = np.sqrt(np.diag(found.covariance))
    assert (np.abs(found.covariance) <= np.outer(errors, errors) * (1 + 1e-12)).all()
    assert found.covariance[0, 1] == pytest.approx(two_way_covariance(tables[0], tables[1]))


@pytest.mark.parametrize(
    ("only_a", "common", "only_b"), [(0, 6, 0), (2, 4, 1), (1, 2, 3), (0, 2, 0)]
)
def test_covariance_against_the_textbook_sums_of_products(only_a, common, only_b):
    rng = np.random.default_rng(9)
    a = table(rng, only_a + common + only_b, 30)
    b = table(rng, len(a), 30) - 0.7 * a
    by_seed, by_unit, residual = mean_products(*(x[only_a : only_a + common] for x in (a, b)))
    a[only_a + common :], b[:only_a] = np.nan, np.nan
    shared = (by_seed - residual) / 30 / common
    assert abs(shared) > 0.01
    expected = (
        by_seed / 30 * common / ((only_a + common) * (common + only_b))
        + (by_unit - residual) / 30 / common
    )
    assert two_way_covariance(a, b) == pytest.approx(expected)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_joint_covariance_is_cut_off_at_full_correlation(sign):
    rng = np.random.default_rng(10)
    beyond = 0
    for _ in range(20):
        a = table(rng, 5, 12, seed_sd=0.1, unit_sd=0.1)
        tables = np.stack([a, 3 * sign * (a + 0.05 * rng.standard_normal(a.shape))])
        found = joint(tables, inflation=2.0)
        errors = [two_way(x, inflation=2.0).standard_error for x in tables]
        assert np.sqrt(np.diag(found.covariance)) == pytest.approx(errors)
        own, bound = 2 * two_way_covariance(*tables), errors[0] * errors[1]
        beyond += sign * own > bound
        assert found.covariance[0, 1] == found.covariance[1, 0]
        assert found.covariance[0, 1] == pytest.approx(np.clip(own, -bound, bound))
    assert beyond
