"""The fit of a + b n^-c and its profile intervals against other ways of finding them."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import least_squares, nnls

from wvexp.analysis.power_law import EXPONENTS, PowerLaw

SIZES = (100.0, 300.0, 1000.0, 3000.0, 10000.0, 30000.0)


def test_the_fit_is_the_weighted_least_squares_fit():
    rng = np.random.default_rng(1)
    n = np.array(SIZES)
    errors = 0.1 + 2.0 * n**-0.5 + 0.004 * rng.standard_normal(6)
    root = 0.004 * (np.eye(6) + 0.3 * rng.standard_normal((6, 6)))
    covariance = root @ root.T
    law = PowerLaw.fit(n, errors, covariance, df=20.0)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))

    def misfit(p):
        return whiten @ (errors - p[0] - p[1] * (n / 100) ** -p[2])

    oracle = least_squares(misfit, [0.1, 0.2, 0.5], bounds=([0, 0, 0.02], [1, 5, 3]))
    assert law.misfit.min() == pytest.approx(2 * oracle.cost, rel=1e-4)
    at = oracle.x[0] + oracle.x[1] * 20.0 ** -oracle.x[2]
    assert law.error(2000.0)[0] == pytest.approx(at, abs=1e-5)


def test_intervals_are_the_profile_over_all_curves():
    """Their ends are the extremes over all a, b, c that fit within the misfit allowed."""
    n, errors, spread = np.array(SIZES), 0.1 + 2.0 * np.array(SIZES) ** -0.5, 0.01
    law = PowerLaw.fit(n, errors, spread**2 * np.eye(6), df=1e6)
    allowed = law.misfit.min() + 1.959964**2
    angle = np.linspace(0, 2 * np.pi, 200)
    rim = []  # for each c an ellipse of a and b
    for c in np.linspace(0.3, 0.75, 400):
        design = np.stack([np.ones(6), (n / 100) ** -c], axis=1) / spread
        best, *_ = np.linalg.lstsq(design, errors / spread)
        left = allowed - ((errors / spread - design @ best) ** 2).sum()
        if left >= 0:
            root = np.linalg.cholesky(np.linalg.inv(design.T @ design))
            around = best[:, None] + np.sqrt(left) * root @ [np.cos(angle), np.sin(angle)]
            rim.append([*around, np.full(200, c)])
    a, b, c = np.array(rim).transpose(1, 0, 2)
    assert a.min() > 0
    assert b.min() > 0
    intervals = [(law.a(), a), (law.b(), b * 100**c), (law.c(), c)]
    for size in (20, 1000, 100_000):
        intervals.append((law.error(size), a + b * (size / 100) ** -c))
    for (_, low, high), reached in intervals:
        assert low == pytest.approx(reached.min(), rel=5e-3)
        assert high == pytest.approx(reached.max(), rel=5e-3)


def test_bands_of_a_bad_fit_are_those_of_errors_large_enough_for_it_to_fit():
    n, errors = np.array(SIZES), np.array([0.30, 0.31, 0.28, 0.19, 0.21, 0.20])
    covariance = 0.004**2 * (np.eye(6) + 0.5)
    law = PowerLaw.fit(n, errors, covariance, df=30.0)
    enough = PowerLaw.fit(n, errors, covariance * law.scale, df=30.0)

    def misfit(p):
        return np.linalg.cholesky(np.linalg.inv(covariance)).T @ (
            errors - p[0] - p[1] * (n / 100) ** -p[2]
        )

    oracle = least_squares(misfit, [0.1, 0.2, 0.5], bounds=([0, 0, 0.02], [1, 5, 3]))
    assert law.scale == pytest.approx(2 * oracle.cost / (6 - 3), rel=1e-3)
    assert enough.scale == pytest.approx(1)
    assert law.error(1000.0) == pytest.approx(enough.error(1000.0), rel=1e-3)
    assert law.error(100_000.0) == pytest.approx(enough.error(100_000.0), rel=1e-3)


@pytest.mark.parametrize(
    "errors",
    [
        [0.30, 0.26, 0.21, 0.19, 0.18, 0.17],
        [0.30, 0.25, 0.20, 0.15, 0.10, 0.05],  # a slow decay would end below 0
        [0.10, 0.12, 0.15, 0.20, 0.21, 0.22],  # rises
        [-0.2, -0.1, -0.1, -0.1, -0.1, -0.1],  # nothing at or above 0 comes near
    ],
)
def test_for_each_exponent_it_is_the_non_negative_least_squares_fit(errors):
    n = np.array(SIZES)
    covariance = 0.01**2 * (np.eye(6) + 0.5)
    law = PowerLaw.fit(n, np.array(errors), covariance, df=20.0)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    for exponent, coefficients, misfit in zip(
        law.exponents, law.coefficients, law.misfit, strict=True
    ):
        design = np.stack([np.ones(6), (n / 100) ** -exponent], axis=1)
        oracle, distance = nnls(whiten @ design, whiten @ errors)
        assert misfit == pytest.approx(distance**2, rel=1e-4)
        assert design @ coefficients == pytest.approx(design @ oracle, abs=1e-4)


def test_of_errors_that_rise_the_asymptote_is_their_weighted_mean():
    errors = np.array([0.20, 0.20, 0.21, 0.21, 0.22, 0.22])
    covariance = 0.02**2 * (np.diag([4.0, 2.0, 1.0, 1.0, 1.0, 1.0]) + 0.3)
    law = PowerLaw.fit(np.array(SIZES), errors, covariance, df=7.0)
    assert law.scale == 1
    weights = np.linalg.inv(covariance).sum(axis=0)
    mean, half = weights @ errors / weights.sum(), stats.t.ppf(0.975, 7) / np.sqrt(weights.sum())
    assert law.a() == pytest.approx((mean, mean - half, mean + half), rel=1e-4)
    assert law.b() == (0, 0, 0)


def test_with_three_sizes_each_has_its_own_t_interval():
    errors, spread = np.array([0.3, 0.2, 0.15]), np.array([0.002, 0.001, 0.0005])
    law = PowerLaw.fit(np.array([100.0, 1000.0, 10_000.0]), errors, np.diag(spread**2), df=3.0)
    assert law.scale == 1
    for size, error, half in zip((100, 1000, 10_000), errors, 3.182446 * spread, strict=True):
        assert law.error(size) == pytest.approx((error, error - half, error + half), abs=half / 50)


def test_errors_that_say_nothing_of_the_exponent_leave_all_of_its_grid():
    errors = 0.1 + 2.0 * np.array(SIZES) ** -0.5
    law = PowerLaw.fit(np.array(SIZES), errors, 0.2**2 * np.eye(6), df=20.0)
    assert law.c()[1:] == pytest.approx((EXPONENTS[0], EXPONENTS[-1]))


def test_errors_that_only_move_together_are_fitted():
    """Fewer test units than sizes leave a covariance that has no inverse."""
    errors = 0.1 + 2.0 * np.array(SIZES) ** -0.5
    law = PowerLaw.fit(np.array(SIZES), errors, np.full((6, 6), 0.01**2), df=20.0)
    assert law.c()[0] == pytest.approx(0.5, rel=0.01)
    assert law.a() == pytest.approx((0.1, 0.1 - 2.086 * 0.01, 0.1 + 2.086 * 0.01), abs=1e-3)
