import json
from dataclasses import asdict

import numpy as np
import pytest

from wvexp.analysis.crossover import crossover
from wvexp.analysis.curve import fit_decay
from wvexp.analysis.fading import gain_fades

SIZES = (100.0, 300.0, 1000.0, 3000.0, 10000.0)


def arms(gains, noise=0.05, seed=0):
    rng = np.random.default_rng(seed)
    b = rng.normal(0.6, 0.3, (len(gains), 5, 300))
    return b + np.array(gains)[:, None, None] + rng.normal(0, noise, b.shape), b


def power_law(b, c, a=0.0):
    return a + b * (np.array(SIZES) / 100) ** -c


@pytest.mark.parametrize(
    ("gains", "status"),
    [
        ([0.1, 0.06, 0.03, 0.001, 0.0], "measured"),
        ([0.01, 0.005, 0.0, 0.0, 0.0], "measured"),
        ([0.0, 0.0, -0.01, 0.0, 0.0], "below"),
        ([0.2, 0.2, 0.2, 0.2, 0.2], "above"),
        ([0.01, 0.01, 0.01, 0.01, 0.01], "undecided"),
        ([0.0, 0.0, 0.01, 0.05, 0.1], "undecided"),
    ],
)
def test_statuses(gains, status):
    fade = gain_fades(*arms(gains), SIZES, margin=0.01)
    assert fade.status == status
    assert json.loads(json.dumps(asdict(fade)))["within"]["level"] == 0.01


def test_a_gain_that_rises_above_the_margin_has_not_faded():
    fade = gain_fades(*arms([-0.05, -0.02, 0.0, 0.05, 0.1]), SIZES, margin=0.01)
    assert fade.status == "undecided"
    assert (fade.low, fade.high) == (None, None)
    assert (fade.within.before, fade.within.after) == ("B", "A")


def test_a_gain_below_the_margin_at_both_ends_is_below_from_the_last_open_size_on():
    fade = gain_fades(*arms([-0.02, 0.01, 0.01, -0.02, -0.02]), SIZES, margin=0.01)
    assert (fade.status, fade.low) == ("measured", None)
    assert 1000 < fade.high < 3000


def test_arms_alike_at_the_last_size_give_no_extrapolation():
    a, b = arms([0.1, 0.08, 0.06, 0.04, 0.0])
    a[-1] = b[-1]
    fade = gain_fades(a[:, :, :30], b[:, :, :30], SIZES, margin=0.01)
    assert fade.within.leaders[-1] is None
    assert (fade.status, fade.estimate) == ("undecided", None)


def test_a_gain_that_is_no_power_law_is_not_extrapolated():
    fade = gain_fades(*arms([0.1, 0.1, 0.1, 0.1, 0.05], noise=0.02), SIZES, margin=0.01)
    assert fade.within.after == "A"
    assert (fade.status, fade.estimate, fade.low) == ("undecided", None, None)


def test_a_measured_size_is_the_crossover_of_the_margin():
    fade = gain_fades(*arms([0.1, 0.06, 0.03, 0.001, 0.0]), SIZES, margin=0.01)
    assert (fade.low, fade.estimate, fade.high) == (
        fade.within.low,
        fade.within.estimate,
        fade.within.high,
    )
    assert 1000 < fade.low < fade.high < 3000


@pytest.mark.parametrize("inflation", [1.0, 30.0])
def test_a_widened_variance_widens_what_was_measured(inflation):
    a, b = arms([0.1, 0.06, 0.03, 0.001, 0.0], noise=0.2)
    fade = gain_fades(a, b, SIZES, 0.01, inflation=inflation)
    assert fade.within == crossover(a, b, SIZES, 0.01, inflation)
    assert (fade.within.leaders[2] is None) == (inflation > 1)


def test_an_extrapolated_size_lies_on_the_power_law():
    gains = power_law(0.2, 0.5)  # 0.02 at 10,000 and 0.01 at 40,000
    fade = gain_fades(*arms(gains, noise=0.005), SIZES, margin=0.01)
    assert fade.status == "extrapolated"
    assert 10000 < fade.low < 40000 < fade.high < 100000
    assert fade.estimate == pytest.approx(40000, rel=0.1)


def test_a_gain_undecided_at_the_last_size_may_have_faded_before():
    fade = gain_fades(*arms(power_law(0.2, 0.65), noise=0.03, seed=2), SIZES, margin=0.01)
    assert fade.within.status == "beyond_last"
    assert fade.status == "extrapolated"
    assert fade.low == fade.within.low < 10000
    assert fade.high is None or fade.high > 10000


def test_nothing_is_said_beyond_the_reach():
    gains = power_law(0.2, 0.25)  # 0.063 at 10,000; 0.01 at 16 million
    assert gain_fades(*arms(gains), SIZES, margin=0.01).status == "above"
    assert gain_fades(*arms(gains), SIZES, margin=0.01).low == 100_000
    asked = gain_fades(*arms(gains, noise=0.0005), SIZES, margin=0.01, reach=1e4)
    assert asked.estimate == pytest.approx(16e6, rel=0.3)


def test_two_sizes_give_no_extrapolation():
    a, b = arms([0.2, 0.1])
    fade = gain_fades(a, b, SIZES[:2], margin=0.01)
    assert (fade.status, fade.estimate) == ("undecided", None)


@pytest.mark.parametrize(
    "gains",
    [
        [0.1, -0.06, 0.012, 0.012, -0.06],  # above, below, two sizes open, below
        [0.012, -0.06, 0.012, 0.012, -0.06],  # open, below, two sizes open, below
    ],
)
def test_a_gain_is_below_for_good_after_the_last_open_size(gains):
    fade = gain_fades(*arms(gains), SIZES, margin=0.01)
    assert fade.within.leaders[1:] == ("B", None, None, "B")
    assert fade.status == "measured"
    assert 3000 < fade.high <= 10_000
    assert fade.estimate is None


@pytest.mark.parametrize(
    "gains",
    [
        [0.1, 0.05, -0.06, 0.012, 0.01],  # fell below, then open
        [0.2, -0.1, 0.2],  # fell below and came back; three sizes fit any curve
        [0.2, -0.1, 0.2, 0.012],
        [-0.05, 0.1, -0.05, -0.05, -0.05],
        [0.1, -0.05, 0.1, -0.05, -0.05],  # below, but it was so before
    ],
)
def test_a_gain_that_comes_back_is_undecided(gains):
    fade = gain_fades(*arms(gains), SIZES[: len(gains)], margin=0.01)
    assert fade.within.status in ("one", "several")
    assert fade.status == "undecided"
    assert (fade.low, fade.estimate, fade.high) == (None, None, None)


def test_an_open_size_in_between_is_no_end_of_a_gain_still_there_at_the_last():
    a, b = arms(power_law(0.2, 0.5), noise=0.005)
    a[2] += np.random.default_rng(5).normal(0, 2, a[2].shape)
    fade = gain_fades(a, b, SIZES, margin=0.01)
    assert fade.within.leaders == ("A", "A", None, "A", "A")
    assert fade.status == "extrapolated"
    assert 10_000 < fade.low < fade.estimate < fade.high


@pytest.mark.parametrize(
    ("c", "noise", "ends"),
    [(0.5, 0.05, ["low", "estimate"]), (0.45, 0.02, ["low"]), (0.3, 0.02, [])],
)
def test_ends_beyond_the_reach_are_open(c, noise, ends):
    fade = gain_fades(*arms(power_law(0.2, c), noise), SIZES, margin=0.01)
    assert fade.status == ("extrapolated" if ends else "above")
    found = [end for end in ("low", "estimate", "high") if getattr(fade, end) is not None]
    assert found == (ends or ["low"])
    assert all(10_000 < getattr(fade, end) <= 100_000 for end in found)


@pytest.mark.parametrize("given", [{}, {"reach": 8.0}, {"inflation": 4.0}])
def test_it_is_the_crossover_and_then_the_fitted_decay(given):
    """From the last size to the reach in a hundred equal steps of log size."""
    a, b = arms(power_law(0.2, 0.5), noise=0.005)
    fade = gain_fades(a, b, SIZES, margin=0.01, **given)
    reach, inflation = given.get("reach", 10.0), given.get("inflation", 1.0)
    assert (fade.margin, fade.reach) == (0.01, reach)
    assert fade.within == crossover(a, b, SIZES, 0.01, inflation)
    step = reach**0.01
    for field, end in (("low", fade.low), ("error", fade.estimate), ("high", fade.high)):
        before, at = fit_decay(a - b, SIZES, [end / step, end], reach, inflation).points
        assert getattr(before, field) >= 0.01 > getattr(at, field)
