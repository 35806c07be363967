import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wvexp.analysis.components import two_way
from wvexp.analysis.curve import learning_curve
from wvexp.analysis.power_law import PowerLaw
from wvexp.analysis.reason import Why
from wvexp.report.reasons import all_in_words

SIZES = (100.0, 300.0, 1000.0, 3000.0, 10000.0, 30000.0)


def scores(rng, a=0.1, b=2.0, c=0.5, noise=0.05, sizes=SIZES, seeds=5, units=300):
    error = a + b * np.array(sizes)[:, None, None] ** -c
    return 1 - error + noise * rng.standard_normal((len(sizes), seeds, units))


def test_an_exact_curve_is_found():
    curve = learning_curve(scores(np.random.default_rng(0), noise=1e-7), SIZES)
    assert curve.a == pytest.approx(0.1, abs=1e-4)
    assert curve.c == pytest.approx(0.5, rel=0.01)
    assert curve.b == pytest.approx(2.0, rel=0.01)


def test_an_error_that_does_not_fall_is_a_flat_curve():
    rising = scores(np.random.default_rng(2), a=0.3, b=-0.5)
    curve = learning_curve(rising, SIZES, at=SIZES)
    assert curve.b == 0
    assert np.ptp([point.error for point in curve.points]) == pytest.approx(0)


def test_the_asymptote_is_never_below_zero():
    curve = learning_curve(scores(np.random.default_rng(3), a=0.0, noise=0.4), SIZES, at=[300000])
    assert curve.a >= 0
    assert curve.a_interval[0] == 0
    assert curve.points[0].low >= 0


def test_extrapolation_is_marked_and_bounded():
    values = scores(np.random.default_rng(4))
    curve = learning_curve(values, SIZES, at=[50, 100, 5000, 30000, 300000])
    assert [p.extrapolated for p in curve.points] == [True, False, False, False, True]
    inside, outside = curve.points[2], curve.points[4]
    assert outside.high - outside.low > inside.high - inside.low
    for size in (300001.0, 9.0):
        with pytest.raises(
            ValueError,
            match=f"{size:,.0f} lies more than 10 times beyond the measured 100 to 30,000",
        ):
            learning_curve(values, SIZES, at=[size])
    assert [p.size for p in learning_curve(values, SIZES, at=[10, 300_000]).points] == [10, 300_000]
    assert learning_curve(values, SIZES, at=[1e6], reach=100).points[0].extrapolated


def test_the_intervals_hold_the_measured_points():
    values = scores(np.random.default_rng(5))
    curve = learning_curve(values, SIZES, at=SIZES)
    assert curve.errors == pytest.approx(1 - values.mean(axis=(1, 2)))
    for point in curve.points:
        assert point.low <= point.error <= point.high
    for value, interval in (
        (curve.a, curve.a_interval),
        (curve.b, curve.b_interval),
        (curve.c, curve.c_interval),
    ):
        assert interval[0] <= value <= interval[1]


@pytest.mark.parametrize("luck", ["of seeds", "of the test set"])
def test_the_interval_holds_the_truth_whatever_the_luck(luck):
    rng, hits = np.random.default_rng(9), 0
    for _ in range(120):
        values = scores(rng, noise=0.02, units=30, seeds=6)
        shape = (6, 6, 1) if luck == "of seeds" else (1, 1, 30)
        values += 0.1 * rng.standard_normal(shape)
        point = learning_curve(values, SIZES, at=[1000]).points[0]
        hits += point.low <= 0.1 + 2 * 1000**-0.5 <= point.high
    assert hits / 120 > 0.88


def test_too_few_sizes_give_points_but_no_curve():
    values = scores(np.random.default_rng(6))[:3]
    values[1, 1:] = np.nan
    curve = learning_curve(values, SIZES[:3], at=[100])
    assert (curve.a, curve.points) == (None, ())
    assert curve.sizes == (100.0, 1000.0)
    assert all_in_words(curve.notes) == [
        "size 300 left out: fewer than 2 seeds, or no spread",
        "no curve: it needs 3 usable sizes, there are 2",
    ]


def test_constant_scores_are_left_out():
    curve = learning_curve(np.full((4, 3, 5), 0.8), SIZES[:4])
    assert (curve.sizes, curve.a) == ((), None)
    assert len(curve.notes) == 5


def test_units_that_tie_give_a_curve_and_no_crash():
    """Every unit right in one of two seeds: no spread between units or seeds, yet no certainty."""
    tied = np.broadcast_to(np.array([[1.0, 0.0], [0.0, 1.0]]), (3, 2, 2))
    curve = learning_curve(tied, SIZES[:3], at=SIZES[:3])
    assert [p.error for p in curve.points] == pytest.approx([0.5] * 3)
    assert all(p.low < 0.2 and p.high > 0.8 for p in curve.points)


def test_a_fit_that_fails_is_a_note(monkeypatch):
    def singular(*args, **kwargs):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(PowerLaw, "fit", singular)
    values = scores(np.random.default_rng(10))
    values[2] = 0.5
    curve = learning_curve(values, SIZES, at=[100])
    assert curve.points == ()
    assert all_in_words(curve.notes) == [
        "size 1,000 left out: fewer than 2 seeds, or no spread",
        "no curve: too few test units, or too little between the sizes, to fit one",
    ]
    assert len(curve.errors) == len(SIZES) - 1


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 10_000),
    steps=st.lists(st.integers(1, 500), min_size=3, max_size=5),
    shape=st.tuples(st.integers(2, 3), st.integers(2, 6)),
    chance=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
)
def test_tiny_test_sets_give_a_curve_within_bounds_or_a_note(seed, steps, shape, chance):
    rng, sizes = np.random.default_rng(seed), np.cumsum(steps).astype(float).tolist()
    values = (rng.random((len(sizes), *shape)) < chance).astype(float)
    if len(curve := learning_curve(values, sizes).sizes) >= 3:
        found = learning_curve(values, sizes, at=curve)
        assert found.points or found.notes[-1].kind is Why.CURVE_NOT_FITTED
        assert all(0 <= p.low <= p.error <= p.high <= 1 for p in found.points)


def test_a_curve_that_bends_otherwise_is_not_extrapolated():
    """A step is no power law."""
    values = scores(np.random.default_rng(11), a=0.3, b=0.0)
    values[3:] += 0.1
    values[1] = np.nan
    curve = learning_curve(values, SIZES, at=[50, 100, 30_000, 60_000])
    assert all_in_words(curve.notes) == [
        "size 300 left out: fewer than 2 seeds, or no spread",
        "the power law fits badly: its bands are widened, and nothing is extrapolated",
    ]
    assert [p.size for p in curve.points] == [100, 30_000]
    assert not learning_curve(scores(np.random.default_rng(12)), SIZES).notes


def test_fewer_units_than_sizes_still_fit():
    curve = learning_curve(scores(np.random.default_rng(7), units=3, noise=0.01), SIZES)
    assert curve.a is not None


def test_the_result_is_plain():
    curve = learning_curve(scores(np.random.default_rng(8)), SIZES, at=[100])
    assert json.loads(json.dumps(asdict(curve)))["points"][0]["size"] == 100


def test_an_error_is_never_above_one():
    curve = learning_curve(scores(np.random.default_rng(13), a=0.0, b=6.0), SIZES, at=[10, 100])
    steep, measured = curve.points
    assert (steep.error, steep.low, steep.high) == (1, 1, 1)
    assert measured.low < measured.error < measured.high < 1


def test_values_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match="for 5 sizes"):
        learning_curve(scores(np.random.default_rng(14)), SIZES[:5])


@pytest.mark.parametrize("inflation", [None, 2.25])
def test_with_three_sizes_the_band_is_each_sizes_own_interval(inflation):
    """Such a curve passes through all points, so that nothing ties one size to another."""
    rng = np.random.default_rng(15)
    values = scores(rng, noise=0.02, sizes=SIZES[::2], units=400)
    values += 0.005 * np.array([-2, -1, 0, 1, 2])[:, None] + 0.03 * rng.standard_normal((3, 1, 400))
    given = {} if inflation is None else {"inflation": inflation}
    curve = learning_curve(values, SIZES[::2], at=SIZES[::2], **given)
    single = [two_way(1 - table, inflation=inflation or 1.0) for table in values]
    assert curve.standard_errors == pytest.approx([found.standard_error for found in single])
    t = stats.t.ppf(0.975, np.median([found.df for found in single]))
    for point, found in zip(curve.points, single, strict=True):
        half = t * found.standard_error
        assert found.seed_variance / 5 > found.unit_variance / 400
        assert point.high - point.error == pytest.approx(half, rel=0.03)
        assert point.error - point.low == pytest.approx(half, rel=0.03)
