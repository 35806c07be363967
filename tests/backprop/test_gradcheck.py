"""The checker itself: right gradients pass, wrong ones are caught, kinks are seen."""

import numpy as np
import pytest

from wvexp.backprop.gradcheck import (
    STEP,
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


@pytest.mark.parametrize("claim", [0.0, 0.9, 1.5])
def test_where_f_is_smooth_one_sided_slopes_excuse_nothing(claim):
    """Nearer to the vertex of a parabola than the step, they differ by more than the slope."""
    x = np.array([STEP / 8])
    found = numeric_gradient(lambda x: float(x @ x) / 2, x)
    assert not found.kinked.any()
    assert found.low < claim * x < found.high
    error = abs(claim - 1) / max(claim, 1)
    assert gradient_error(claim * x, found) == pytest.approx(error, rel=1e-3)


def test_curvature_is_no_kink():
    x = np.array([0.3, -2.0, 5.0])
    found = numeric_gradient(lambda x: float(np.sum(x**4 + np.tanh(3 * x))), x)
    assert not found.kinked.any()


class Recorded:
    """f, and the directions from x in which it was evaluated, as steps [calls, n]."""

    def __init__(self, f, x):
        self.f, self.x, self.steps = f, x, []

    def __call__(self, at):
        self.steps.append((at - self.x).ravel())
        return self.f(at)


def test_entries_are_moved_by_the_step_times_their_size():
    f = Recorded(smooth, np.array([0.5, -20.0]))
    numeric_gradient(f, f.x)
    sizes = STEP * np.array([1.0, 20.0])
    moves = [s * h * e for h, e in zip(sizes, np.eye(2), strict=True) for s in (1, -1, 0.5, -0.5)]
    np.testing.assert_allclose(f.steps, [[0, 0], *moves], rtol=1e-7)


@pytest.mark.parametrize("size", [0.01, 10.0])
def test_directions_are_the_gradients_own_and_random_ones_of_length_1(size):
    slopes, claim = 1e-3 * np.array([1.0, 2, 3, 4, 5, 6]), 1e-3 * np.array([1.5, 2, 3, 4, 5, -6])
    f = Recorded(lambda x: float(slopes @ x), np.full(6, size))
    error = directional_error(f, f.x, claim, np.random.default_rng(0))
    assert not f.steps[0].any()
    steps = np.array(f.steps[1:]).reshape(8, 4, 6)  # 8 directions, 4 evaluations each
    step = STEP * max(1.0, size)
    np.testing.assert_allclose(steps, steps[:, :1] * [[[1], [-1], [0.5], [-0.5]]], atol=1e-12)
    v = steps[:, 0] / step
    np.testing.assert_allclose(v[0], claim / np.linalg.norm(claim), rtol=1e-6)
    np.testing.assert_allclose(np.abs(v[1:]), 1 / np.sqrt(6), rtol=1e-6)
    assert len(np.unique(np.sign(v[1:]), axis=0)) > 1
    usual = np.linalg.norm(claim) / np.sqrt(6)
    sizes = np.maximum(np.maximum(np.abs(v @ claim), np.abs(v @ slopes)), usual)
    errors = np.abs(v @ (claim - slopes)) / sizes
    assert error == pytest.approx(errors.max(), rel=1e-4)


@pytest.mark.parametrize(
    ("slope", "claim", "floor", "error"),
    [
        (1.0, 2.0, 0.0, 0.5),
        (2.0, 1.0, 0.0, 0.5),
        (1e-4, 2e-4, 0.0, 0.5),
        (1.0, 2.0, 10.0, 0.1),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_errors_are_relative_to_the_larger_of_both_or_the_floor(slope, claim, floor, error):
    def f(x):
        return float(slope * x.sum())

    x, claimed = np.zeros(1), np.array([claim])
    floors = (floor,) if floor else ()
    assert relative_error(claimed, np.array([slope]), *floors) == pytest.approx(error)
    assert gradient_error(claimed, numeric_gradient(f, x), *floors) == pytest.approx(error)
    by_directions = directional_error(
        f, x, claimed, np.random.default_rng(0), **({"floor": floor} if floor else {})
    )
    assert by_directions == pytest.approx(error)


def test_an_error_along_a_direction_of_little_slope_is_relative_to_the_usual_slope():
    """Along (1, -1) the right slope is 0 and the claimed one 0.001: an error of 1e-3, not 1."""
    x, wrong = np.zeros(2), np.array([1.0005, 0.9995])
    error = directional_error(lambda x: float(x.sum()), x, wrong, np.random.default_rng(0))
    assert error == pytest.approx(0.001 / np.sqrt(2), rel=1e-3)


def test_whole_and_half_precision_numbers_are_compared_in_float64():
    found = numeric_gradient(smooth, np.array([1, 2]))
    assert gradient_error(smooth_gradient(np.array([1.0, 2.0])), found) < 1e-8
    # 300² is beyond float16, and a sum of 999 beyond its digits.
    x, ones = np.full(999, 300, np.float16), np.ones(999, np.float16)
    f = Recorded(lambda x: float(np.sum(x)), x)
    assert directional_error(f, x, ones, np.random.default_rng(0)) < 1e-7
    assert len(f.steps) == 1 + 4 * 8  # none was taken for a kink
    a, b = np.array([300], np.float16), np.array([330], np.float16)
    assert relative_error(a, b) == relative_error(b, a) == pytest.approx(1 / 11)


def test_rounding_of_large_values_is_no_kink():
    x = np.random.default_rng(0).normal(size=20)
    assert not numeric_gradient(lambda x: 1e6 + smooth(x), x).kinked.any()


def test_a_direction_that_meets_a_kink_is_replaced_by_another():
    """|x + y| has a kink at 0 along (1, 1), the gradient's own direction, but not along (1, -1)."""
    claim = np.array([0.5, 0.5])
    f = Recorded(lambda x: float(abs(x.sum())), np.zeros(2))
    assert directional_error(f, f.x, claim, np.random.default_rng(0)) == 0
    assert len(f.steps) > 1 + 4 * 8


def test_directions_that_all_meet_a_kink_are_an_error():
    with pytest.raises(
        ValueError, match=r"^each of 32 directions met a kink: move x away from it$"
    ):
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


@pytest.mark.parametrize("place", [0, 4])
def test_a_gradient_that_is_no_number_is_never_right(place):
    def f(x):
        return float(x.sum())

    x, gradient = np.ones(5), np.ones(5)
    gradient[place] = np.nan
    errors = [
        relative_error(gradient, np.ones(5), floor=1e-2),
        relative_error(np.ones(5), gradient),
        gradient_error(gradient, numeric_gradient(f, x)),
        directional_error(f, x, gradient, np.random.default_rng(0)),
    ]
    assert not any(error <= 1e9 for error in errors)
