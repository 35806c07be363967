from fractions import Fraction

import numpy as np
import pytest
from crossed_tables import mean_squares, table
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wvexp.analysis.components import has_spread, two_way, two_way_covariance


def test_against_the_textbook_sums():
    x = table(np.random.default_rng(0))
    by_seed, by_unit, residual = mean_squares(x)
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


def test_negative_components_are_dropped():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((5, 30))
    x -= x.mean(axis=1, keepdims=True)  # seed means all equal: the seed component is negative
    by_seed, by_unit, residual = mean_squares(x)
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


@pytest.mark.parametrize("constant", [0.1 + 0.2 - 0.3 + 0.7, 0.0])
def test_a_constant_table_has_no_spread_whatever_the_rounding(constant):
    x = np.full((5, 40), constant)
    assert not has_spread(x)
    assert two_way(x).standard_error == 0
    assert two_way(x).df == 4  # nothing says which way the spread would go: the fewest
    assert two_way(x.T).df == 4


def test_what_a_table_has_or_lacks_in_spread():
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


def exact_df(x):
    """Satterthwaite's, of whole numbers, without rounding."""
    seeds, units = x.shape
    rows = [Fraction(int(row.sum()), units) for row in x]
    columns = [Fraction(int(column.sum()), seeds) for column in x.T]
    grand = Fraction(int(x.sum()), x.size)
    rest = [int(x[s, u]) - rows[s] - columns[u] + grand for s in range(seeds) for u in range(units)]
    dfs = {"seeds": seeds - 1, "units": units - 1, "residual": (seeds - 1) * (units - 1)}
    squares = {
        "seeds": units * sum((m - grand) ** 2 for m in rows) / dfs["seeds"],
        "units": seeds * sum((m - grand) ** 2 for m in columns) / dfs["units"],
        "residual": sum(r**2 for r in rest) / dfs["residual"],
    }
    weights = {name: int(squares[name] > squares["residual"]) for name in ("seeds", "units")}
    weights["residual"] = 1 - sum(weights.values())
    total = sum(w * squares[name] for name, w in weights.items())
    spread = sum((w * squares[name]) ** 2 / dfs[name] for name, w in weights.items())
    ties = squares["residual"] in (squares["seeds"], squares["units"])
    return total**2 / spread if spread else None, ties


def test_rounding_does_not_decide_where_right_and_wrong_answers_tie():
    rng, tied = np.random.default_rng(15), 0
    for _ in range(400):
        x = rng.integers(0, 2, (5, rng.integers(2, 6)))
        expected, ties = exact_df(x)
        if expected is not None:
            tied += ties
            assert two_way(x.astype(float)).df == pytest.approx(float(expected), rel=1e-6)
    assert tied > 40


@pytest.mark.parametrize("inflation", [1.0, 2.25])
def test_where_the_floor_holds_units_are_the_sample(inflation):
    x = table(np.random.default_rng(16), 5, 30, seed_sd=0.05)
    own = two_way(x)
    above, below = (two_way(x, factor * own.standard_error, inflation) for factor in (0.99, 1.01))
    assert above.df == own.df != 29
    assert below.df == 29
    root = np.sqrt(inflation)
    assert above.standard_error == pytest.approx(own.standard_error * root)
    assert below.standard_error == pytest.approx(1.01 * own.standard_error * root)
