import numpy as np
import pytest
from scipy import stats

from wvexp.analysis.gain import below_p, growth_p

SIZES = (100.0, 300.0, 1000.0, 3000.0)


def by_seed(gains, seeds=6, noise=0.01, seed=0):
    """Gains [sizes, seeds, units] without a spread over units: the t test over seeds is exact."""
    rng = np.random.default_rng(seed)
    drawn = np.array(gains)[:, None] + rng.normal(0, noise, (len(gains), seeds))
    return np.repeat(drawn[:, :, None], 20_000, axis=2)


def test_below_against_the_t_test_over_seeds():
    [gain] = by_seed([0.0])
    level = np.linspace(0.3, 0.8, gain.shape[1])
    expected = stats.ttest_1samp(gain[:, 0], 0.01).pvalue
    assert below_p(level + gain, np.broadcast_to(level, gain.shape), 0.01) == pytest.approx(
        expected, rel=1e-2
    )
    assert below_p(level + gain, np.broadcast_to(level, gain.shape), 0.01, 2.25) > 1.5 * expected
    [above] = by_seed([0.05])
    assert below_p(level + above, np.broadcast_to(level, above.shape), 0.01) == 1


def test_growth_against_the_t_test_of_the_slopes_over_seeds():
    gain = by_seed([0.9, 0.0, 0.01, 0.02])
    gain[0] = -0.5  # of no account: it is not among the last three
    log_sizes = np.log(SIZES[1:])
    slopes = (log_sizes - log_sizes.mean()) @ gain[1:, :, 0]
    expected = stats.ttest_1samp(slopes, 0.0).pvalue
    assert growth_p(gain, SIZES) == pytest.approx(expected, rel=1e-2)
    assert growth_p(gain, SIZES, inflation=2.25) > growth_p(gain, SIZES)


def test_what_does_not_grow_has_no_p_value_below_1():
    assert growth_p(by_seed([0.0, 0.05, 0.3, 0.1], noise=0.001), SIZES) == 1
    one_seed = by_seed([0.0, 0.1, 0.2, 0.3])
    one_seed[-1, 1:] = np.nan
    assert growth_p(one_seed, SIZES) == 1
