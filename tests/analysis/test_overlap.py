import numpy as np
import pytest

from wvexp.analysis.best import near_best
from wvexp.analysis.comparisons import compare_arms
from wvexp.analysis.components import two_way
from wvexp.analysis.overlap import variance_inflation


def test_it_is_the_factor_of_nadeau_and_bengio():
    for folds in (2, 5, 10):
        train, test = folds - 1, 1  # in parts of the data
        assert variance_inflation(folds) == pytest.approx(folds * (1 / folds + test / train))
    assert variance_inflation(None) == 1
    with pytest.raises(ValueError, match="1 folds"):
        variance_inflation(1)


def test_variances_are_multiplied_and_estimates_kept():
    x = np.random.default_rng(0).standard_normal((6, 40)) + np.linspace(-1, 1, 40)
    plain, wide = two_way(x), two_way(x, inflation=2.25)
    assert (wide.mean, wide.df) == (plain.mean, plain.df)
    assert wide.standard_error == pytest.approx(1.5 * plain.standard_error)
    assert wide.tail(0.3) == pytest.approx(plain.tail(0.2))


def test_a_comparison_and_a_choice_become_less_sure():
    rng = np.random.default_rng(1)
    x = np.array([0.0, 0.02])[:, None, None] + 0.1 * rng.standard_normal((2, 5, 200))
    arms = dict(zip(("a", "b"), x[:, None], strict=True))
    [plain], [wide] = compare_arms(arms, [100]), compare_arms(arms, [100], inflation=2.25)
    ratio = (wide.difference.high - wide.difference.low) / (
        plain.difference.high - plain.difference.low
    )
    assert ratio == pytest.approx(1.5)
    assert near_best(x, rng, inflation=2.25)[0] > near_best(x, rng)[0]
