import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wvexp.analysis.components import has_spread, joint, two_way, two_way_covariance


def table(rng, seeds=6, units=40, seed_sd=0.5, unit_sd=1.0):
    return (
        0.3
        + seed_sd * rng.standard_normal((seeds, 1))
        + unit_sd * rng.standard_normal((1, units))
        + rng.standard_normal((seeds, units))
    )


def mean_squares_slowly(x):
    seeds, units = x.shape
    grand = x.mean()
    by_seed = sum(units * (x[s].mean() - grand) ** 2 for s in range(seeds)) / (seeds - 1)
    by_unit = sum(seeds * (x[:, u].mean() - grand) ** 2 for u in range(units)) / (units - 1)
    residual = sum(
        (x[s, u] - x[s].mean() - x[:, u].mean() + grand) ** 2
        for s in range(seeds)
        for u in range(units)
    ) / ((seeds - 1) * (units - 1))
    return by_seed, by_unit, residual


def test_against_the_textbook_sums():
    x = table(np.random.default_rng(0))
    by_seed, by_unit, residual = mean_squares_slowly(x)
    assert min(by_seed, by_unit) > residual
    total = by_seed + by_unit - residual
    found = two_way(x)
    assert found.mean == pytest.approx(x.mean())
    assert found.standard_error == pytest.approx(np.sqrt(total / x.size))
    assert found.df == pytest.approx(
        total**2 / (by_seed**2 / 5 + by_unit**2 / 39 + residual**2 / (5 * 39))
    )
    assert found.seed_variance == pytest.approx((by_seed - residual) / 40)
    assert found.unit_variance == pytest.approx((by_unit - residual) / 6)
    assert found.residual_variance == pytest.approx(residual)


def test_without_unit_variance_it_is_the_t_test_over_seeds():
    by_seed = np.array([0.01, 0.03, -0.01, 0.05, 0.02])
    found = two_way(np.repeat(by_seed[:, None], 30, axis=1))
    oracle = stats.ttest_1samp(by_seed, 0.0).confidence_interval(0.95)
    assert found.interval(0.95) == pytest.approx((oracle.low, oracle.high))
    assert found.df == pytest.approx(4)


def test_without_seed_variance_it_is_the_t_test_over_units():
    by_unit = np.random.default_rng(1).standard_normal(25)
    found = two_way(np.repeat(by_unit[None], 4, axis=0))
    oracle = stats.ttest_1samp(by_unit, 0.0).confidence_interval(0.9)
    assert found.interval(0.9) == pytest.approx((oracle.low, oracle.high))
    assert found.df == pytest.approx(24)


@pytest.mark.parametrize("distance", [0.0, 0.01, 0.05, 0.2, -0.02])
def test_the_tail_without_unit_variance_is_that_of_t_over_seeds(distance):
    by_seed = np.array([0.01, 0.03, -0.01, 0.05])
    found = two_way(np.repeat(by_seed[:, None], 20_000, axis=1))
    error = by_seed.std(ddof=1) / 2
    assert found.tail(distance) == pytest.approx(stats.t.sf(distance / error, 3), rel=1e-3)


def test_the_tail_is_an_average_over_drawn_seed_variances():
    x = table(np.random.default_rng(12), seeds=5, units=30)
    by_seed, by_unit, residual = mean_squares_slowly(x)
    rng = np.random.default_rng(13)
    drawn = np.maximum(4 * by_seed / rng.chisquare(4, 200_000) - residual, 0)
    error = np.sqrt((drawn + by_unit) / x.size)
    found = two_way(x)
    distance = 3 * found.standard_error
    assert found.tail(distance) == pytest.approx(stats.t.sf(distance / error, 29).mean(), rel=0.02)


def test_the_tail_keeps_its_promise_where_satterthwaite_does_not():
    """5 seeds with a seed effect of the size of the unit effect, at the level Holm looks at."""
    rng = np.random.default_rng(14)
    level, experiments = 0.002, 20_000
    means = rng.standard_normal((experiments, 5, 1)) * np.sqrt(5 / 40)
    tail = loose = 0
    for seed_effect in means:
        x = seed_effect + rng.standard_normal((1, 40)) * 0.8 + rng.standard_normal((5, 40)) * 0.2
        found = two_way(x)
        if abs(found.mean) < 2.5 * found.standard_error:
            continue  # nowhere near the level on either count
        tail += 2 * found.tail(abs(found.mean)) <= level
        loose += 2 * stats.t.sf(abs(found.mean) / found.standard_error, found.df) <= level
    assert tail / experiments <= 1.3 * level
    assert loose / experiments > 1.5 * level


def test_negative_components_are_dropped():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((5, 30))
    x -= x.mean(axis=1, keepdims=True)  # seed means all equal: the seed component is negative
    by_seed, by_unit, residual = mean_squares_slowly(x)
    assert by_seed < residual
    kept = max(by_unit, residual)
    assert two_way(x).standard_error == pytest.approx(np.sqrt(kept / x.size))
    assert two_way(x).seed_variance == 0
    x += 2 * rng.standard_normal((1, 30))  # now the units stand out: theirs is the only term
    assert two_way(x).df == pytest.approx(29)
    white = rng.standard_normal((5, 30))
    white -= white.mean(axis=1, keepdims=True) + white.mean(axis=0) - white.mean()
    assert two_way(white).df == pytest.approx(4 * 29)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), seeds=st.integers(2, 8), units=st.integers(2, 20))
def test_order_of_seeds_and_units_does_not_matter(seed, seeds, units):
    rng = np.random.default_rng(seed)
    x = table(rng, seeds, units)
    shuffled = x[rng.permutation(seeds)][:, rng.permutation(units)]
    a, b = two_way(x), two_way(shuffled)
    assert (a.mean, a.standard_error, a.df) == pytest.approx((b.mean, b.standard_error, b.df))


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(-50, 50).filter(lambda x: abs(x) > 1e-3))
def test_it_scales(seed, scale):
    x = table(np.random.default_rng(seed))
    a, b = two_way(x), two_way(scale * x)
    assert b.mean == pytest.approx(scale * a.mean)
    assert b.standard_error == pytest.approx(abs(scale) * a.standard_error)
    assert b.df == pytest.approx(a.df)


def test_the_standard_error_is_that_of_repeated_experiments():
    rng = np.random.default_rng(4)
    repeated = [two_way(table(rng, 8, 30, seed_sd=0.6)) for _ in range(1500)]
    spread = np.std([found.mean for found in repeated])
    expected = np.sqrt(0.36 / 8 + 1 / 30 + 1 / 240)
    assert spread == pytest.approx(expected, rel=0.06)
    assert np.mean([found.standard_error**2 for found in repeated]) == pytest.approx(
        expected**2, rel=0.06
    )


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


def test_a_constant_table_has_no_spread_whatever_the_rounding():
    constant = np.full((5, 40), 0.1) + 0.2 - 0.3 + 0.7
    assert not has_spread(constant)
    assert two_way(constant).standard_error == 0
    assert not has_spread(np.array([[1.0, 2.0], [np.nan, np.nan]]))  # a single seed
    assert has_spread(np.array([[1.0, 2.0], [2.0, 2.0]]))


@pytest.mark.parametrize("shape", [(1, 10), (10, 1)])
def test_one_seed_or_one_unit_is_refused(shape):
    with pytest.raises(ValueError, match="at least 2 of each"):
        two_way(np.random.default_rng(0).random(shape))


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"expected values \[seeds, units\]"):
        two_way(np.zeros(4))
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(3, 3\)"):
        two_way_covariance(np.zeros((2, 3)), np.zeros((3, 3)))


@pytest.mark.parametrize("seeds", [2, 3, 4])
@pytest.mark.parametrize("seed_sd", [0.0, 0.01, 0.03])
def test_few_seeds_cover_the_truth_though_they_lie_together_by_luck(seeds, seed_sd):
    """Satterthwaite's own degrees of freedom cover it in 87 to 93 % with 2 seeds."""
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(400):
        rows = rng.normal(0, seed_sd, (seeds, 1)) + rng.normal(0, 0.1, (1, 300))
        low, high = two_way(rows + rng.normal(0, 0.3, (seeds, 300))).interval()
        inside += low <= 0 <= high
    assert inside / 400 >= 0.95


def test_with_few_seeds_the_interval_ends_where_the_generalised_tail_does():
    x = np.random.default_rng(3).normal(0.1, 0.3, (2, 200))
    found = two_way(x)
    assert found.tail(found.interval()[1] - found.mean) == pytest.approx(0.025, rel=1e-3)
