"""The tail of a two-way mean far out, and the interval of few seeds that is taken from it."""

import numpy as np
import pytest
from crossed_tables import mean_squares, table
from scipy import integrate, stats

from wvexp.analysis.components import two_way


@pytest.mark.parametrize("distance", [0.0, 0.01, 0.05, 0.2, -0.02])
def test_the_tail_without_unit_variance_is_that_of_t_over_seeds(distance):
    by_seed = np.array([0.01, 0.03, -0.01, 0.05])
    found = two_way(np.repeat(by_seed[:, None], 20_000, axis=1))
    error = by_seed.std(ddof=1) / 2
    assert found.tail(distance) == pytest.approx(stats.t.sf(distance / error, 3), rel=1e-3)


def test_the_tail_is_an_average_over_drawn_seed_variances():
    x = table(np.random.default_rng(12), seeds=5, units=30)
    by_seed, by_unit, residual = mean_squares(x)
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


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_tail_is_the_integral_over_the_seeds_chi_square(seeds):
    x = table(np.random.default_rng(0), seeds, 30, seed_sd=0.3)
    by_seed, by_unit, residual = mean_squares(x)
    found = two_way(x)
    distance = 3 * found.standard_error

    def density(chi):
        expected = (seeds - 1) * by_seed / chi
        variance = (max(expected - residual, 0) + max(by_unit - residual, 0) + residual) / x.size
        return stats.chi2.pdf(chi, seeds - 1) * stats.t.sf(distance / np.sqrt(variance), 29)

    bend = (seeds - 1) * by_seed / residual
    whole = integrate.quad(density, 0, bend)[0] + integrate.quad(density, bend, np.inf)[0]
    assert found.tail(distance) == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("inflation", [1.0, 2.0])
def test_the_tail_of_a_floor_is_that_of_t_over_units(inflation):
    found = two_way(np.full((5, 40), 0.7), least_error=0.02, inflation=inflation)
    error = 0.02 * np.sqrt(inflation)
    assert found.tail(0.06) == pytest.approx(stats.t.sf(0.06 / error, 39))


@pytest.mark.parametrize("units", [2, 10, 200])
@pytest.mark.parametrize("seeds", [2, 3, 4])
@pytest.mark.parametrize("seed_sd", [0.0, 1.0])
def test_few_seeds_have_the_interval_of_the_generalised_tail_where_it_is_wider(
    units, seeds, seed_sd
):
    rng, wider = np.random.default_rng(3), 0
    for _ in range(8):
        x = table(rng, seeds, units, seed_sd, unit_sd=0.5)
        found = two_way(x)
        own = two_way(np.concatenate([x, np.full((9, units), np.nan)]))
        assert own == found
        tail = found.tail(found.interval()[1] - found.mean)
        assert tail <= 0.025 * (1 + 1e-3)
        if tail < 0.025 * (1 - 1e-3):
            assert found.df == pytest.approx(satterthwaite(x))
        else:
            wider += 1
            assert found.df <= satterthwaite(x)
    assert wider


def satterthwaite(x):
    by_seed, by_unit, residual = mean_squares(x)
    seeds, units = x.shape
    kept = [(m, df) for m, df in ((by_seed, seeds - 1), (by_unit, units - 1)) if m > residual]
    terms = [*kept, ((1 - len(kept)) * residual, (seeds - 1) * (units - 1))]
    return sum(m for m, _ in terms) ** 2 / sum(m**2 / df for m, df in terms)
