"""The checker itself: right gradients pass, wrong ones are caught, kinks are seen."""

import numpy as np
import pytest

from wvexp.backprop.gradcheck import (
    directional_error,
    gradient_error,
    numeric_gradient,
    relative_error,
)


def smooth(x):
    return float(np.sum(np.sin(x) * np.exp(0.1 * x)))


def smooth_gradient(x):
    return np.exp(0.1 * x) * (np.cos(x) + 0.1 * np.sin(x))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 30.0])
def test_a_right_gradient_passes_at_any_size_of_number(scale):
    x = scale * np.random.default_rng(0).normal(size=(3, 4))
    found = numeric_gradient(smooth, x)
    assert not found.kinked.any()
    assert gradient_error(smooth_gradient(x), found) < 1e-8


@pytest.mark.parametrize("fault", [-1.0, 1.0005, 1.00001])
def test_a_wrong_scale_is_caught(fault):
    x = np.random.default_rng(0).normal(size=7)
    wrong = fault * smooth_gradient(x)
    assert gradient_error(wrong, numeric_gradient(smooth, x)) > 1e-6
    assert directional_error(smooth, x, wrong, np.random.default_rng(1)) > 1e-6


def test_directions_find_a_single_wrong_entry_of_a_large_parameter():
    x = np.random.default_rng(0).normal(size=(60, 50))
    right = smooth_gradient(x)
    assert directional_error(smooth, x, right, np.random.default_rng(1)) < 1e-6
    wrong = right.copy()
    wrong[17, 31] += 0.01
    assert directional_error(smooth, x, wrong, np.random.default_rng(1)) > 1e-5


@pytest.mark.parametrize("offset", [0.0, 1e-6, 1.9e-6, 2.02e-6, 3e-6, -5e-6])
def test_a_kink_within_the_step_is_seen_and_bounds_the_gradient(offset):
    x = np.array([offset, 1.0])

    def relu(x):
        return float(np.sum(np.maximum(x, 0)))

    found = numeric_gradient(relu, x)
    assert found.kinked.tolist() == [True, False]
    for inside in (0.0, 0.5, 1.0):
        # Nearer than a step to the kink any slope between the two passes, none outside does.
        low, high = found.low[0], found.high[0]
        assert gradient_error(np.array([low + inside * (high - low), 1.0]), found) < 1e-8
    assert gradient_error(np.array([-0.01, 1.0]), found) > 1e-3
    assert gradient_error(np.array([1.01, 1.0]), found) > 1e-3


def test_curvature_is_no_kink():
    x = np.array([0.3, -2.0, 5.0])
    found = numeric_gradient(lambda x: float(np.sum(x**4 + np.tanh(3 * x))), x)
    assert not found.kinked.any()


def test_directions_that_all_meet_a_kink_are_an_error():
    with pytest.raises(ValueError, match="met a kink"):
        directional_error(
            lambda x: float(np.sum(np.abs(x))), np.zeros(4), np.zeros(4), np.random.default_rng(0)
        )


def test_relative_error_is_norm_wise():
    a = np.array([3.0, 4.0])
    assert relative_error(a, a + np.array([0, 0.005])) == pytest.approx(0.001, rel=1e-3)
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.zeros(1), np.ones(1)) == 1
    with pytest.raises(ValueError, match=r"\(1,\) and \(2,\)"):
        relative_error(np.zeros(1), np.zeros(2))
