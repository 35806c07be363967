import json
from dataclasses import asdict

import numpy as np
import pytest
from scipy.special import stdtrit as t

from wvexp.analysis.components import Joint
from wvexp.analysis.crossover import crossover, find_sign_changes
from wvexp.report.reasons import all_in_words

SIZES = (100.0, 300.0, 1000.0, 3000.0, 10000.0)


def differences(means, standard_error=0.01, correlation=0.5, df=50.0):
    k = len(means)
    covariance = standard_error**2 * (correlation + (1 - correlation) * np.eye(k))
    return Joint(np.array(means, float), covariance, np.full(k, df))


def found(means, **kwargs):
    level = kwargs.pop("level", 0.0)
    return find_sign_changes(differences(means, **kwargs), SIZES[: len(means)], level)


@pytest.mark.parametrize(
    ("means", "status", "before", "after"),
    [
        ([0.1, 0.08, 0.0, -0.08, -0.1], "one", "A", "B"),
        ([-0.1, -0.08, 0.0, 0.08, 0.1], "one", "B", "A"),
        ([0.1, 0.1, 0.1, 0.05, 0.04], "none", "A", "A"),
        ([0.1, -0.1, 0.1, 0.1, 0.1], "several", "A", "A"),
        ([0.1, -0.1, 0.1, -0.1, -0.1], "several", "A", "B"),
        ([0.0, 0.01, 0.05, 0.1, 0.1], "before_first", None, "A"),
        ([-0.1, -0.05, -0.04, 0.0, 0.0], "beyond_last", "B", None),
        ([0.0, 0.01, -0.01, 0.01, 0.0], "undecided", None, None),
        ([0.0, 0.1, 0.1, 0.1, 0.0], "undecided", None, None),
    ],
)
def test_statuses(means, status, before, after):
    result = found(means)
    assert (result.status, result.before, result.after) == (status, before, after)
    assert (result.low is None) == (status in ("none", "before_first", "undecided"))
    assert (result.high is None) == (status in ("none", "beyond_last", "undecided"))


def test_the_leader_of_every_size_is_told():
    assert found([0.1, 0.08, 0.0, -0.08, -0.1]).leaders == ("A", "A", None, "B", "B")
    assert found([0.0, 0.1, -0.1, -0.1, -0.1]).leaders == (None, "A", "B", "B", "B")


def test_a_lead_at_every_size_is_settled_from_the_first_on():
    assert found([0.1, 0.1, 0.1, 0.05, 0.04]).settled == pytest.approx(100, rel=1e-9)


def test_an_undecided_size_between_two_of_one_leader_is_not_none():
    """Two changes of places could lie there."""
    result = found([0.1, 0.1, 0.0, 0.1, 0.1])
    assert (result.status, result.before, result.after) == ("undecided", "A", "A")
    assert 300 < result.low < 1000 < result.high < 3000


def test_no_lead_is_claimed_between_two_open_sizes():
    """Midway the average of two independent differences is surer than either."""
    result = found([0.018, 0.018, -0.1, -0.1, -0.1], correlation=0.0)
    assert result.leaders == (None, None, "B", "B", "B")
    assert (result.status, result.at_high) == ("before_first", "B")
    assert 300 < result.high < 1000


def test_sizes_without_a_disagreement_are_kept_and_open():
    """Arms alike on the first size: the rule of three judges it, in place of leaving it out."""
    a, b = arms(np.random.default_rng(5))
    a[0] = b[0]
    result = crossover(a, b, SIZES)
    assert result.sizes == SIZES
    assert result.leaders[0] is None
    assert not result.notes


def test_a_wider_variance_widens_the_place():
    a, b = arms(np.random.default_rng(6))
    plain, wide = crossover(a, b, SIZES), crossover(a, b, SIZES, inflation=2.25)
    assert wide.low < plain.low < plain.high < wide.high
    assert plain == crossover(a, b, SIZES, inflation=1.0)


def test_a_precise_crossover_is_where_the_line_passes_zero():
    result = found([0.1, 0.05, -0.05, -0.1, -0.2], standard_error=1e-6)
    middle = np.sqrt(300 * 1000)
    assert result.estimate == pytest.approx(middle, rel=1e-3)
    assert result.low == pytest.approx(middle, rel=0.02)
    assert result.high == pytest.approx(middle, rel=0.02)
    assert result.low < middle < result.high


def test_against_a_slow_scan():
    """low and high are the last decided sizes around the undecided stretch, by t and covariance."""
    rng = np.random.default_rng(0)
    root = rng.standard_normal((5, 5)) * 0.01
    df = np.array([12.0, 30.0, 5.0, 8.0, 40.0])
    joint = Joint(np.array([0.06, 0.05, 0.01, -0.04, -0.07]), root @ root.T, df)
    result = find_sign_changes(joint, SIZES)
    assert result.status == "one"

    def decided(size):
        at = np.interp(np.log(size), np.log(SIZES), np.arange(5))
        weights = np.maximum(0, 1 - np.abs(np.arange(5) - at))
        half = t(df[weights > 0].min(), 0.975) * np.sqrt(weights @ joint.covariance @ weights)
        return abs(weights @ joint.means) > half

    sizes = np.geomspace(100, 10000, 20001)
    undecided = [size for size in sizes if not decided(size)]
    step = 3.34 ** (1 / 200)
    assert undecided[0] / step <= result.low <= undecided[0]
    assert undecided[-1] <= result.high <= undecided[-1] * step


def test_swapping_the_arms_keeps_the_place():
    one = found([0.1, 0.08, 0.01, -0.08, -0.1])
    other = found([-0.1, -0.08, -0.01, 0.08, 0.1])
    assert (one.low, one.high, one.estimate) == (other.low, other.high, other.estimate)
    assert (one.before, one.after) == (other.after, other.before)


def test_a_margin_moves_the_place():
    means = [0.1, 0.07, 0.04, 0.01, 0.0]
    assert found(means, standard_error=0.002).status == "beyond_last"
    faded = found(means, standard_error=0.002, level=0.02)
    assert faded.status == "one"
    assert 1000 < faded.low < faded.estimate < faded.high < 3000
    assert faded.level == 0.02


def test_more_noise_widens_the_interval():
    narrow = found([0.2, 0.1, 0.0, -0.1, -0.2], standard_error=0.005)
    wide = found([0.2, 0.1, 0.0, -0.1, -0.2], standard_error=0.02)
    assert wide.low < narrow.low < narrow.high < wide.high


def arms(rng, missing=()):
    gain = np.array([0.15, 0.08, 0.0, -0.08, -0.15])[:, None, None]
    b = rng.normal(0.7, 0.3, (5, 6, 200))
    a = b + gain + rng.normal(0, 0.1, (5, 6, 200))
    for size, seed in missing:
        a[size, seed] = np.nan
    return a, b


def test_from_values_of_seeds_and_units():
    a, b = arms(np.random.default_rng(1))
    result = crossover(a, b, SIZES)
    assert result.status == "one"
    assert result.low < 1000 < result.high
    assert json.loads(json.dumps(asdict(result)))["status"] == "one"


def test_missing_seeds_and_sizes_are_survived_and_named():
    missing = [(0, 1), (0, 2), (3, 0)] + [(2, s) for s in range(5)]
    result = crossover(*arms(np.random.default_rng(2), missing), SIZES)
    assert result.status == "one"
    assert result.sizes == (100.0, 300.0, 3000.0, 10000.0)
    assert all_in_words(result.notes) == ["size 1,000 left out: 1 seed in common"]


def test_one_size_is_undecided_and_says_so():
    a, b = arms(np.random.default_rng(3))
    result = crossover(a[:1], b[:1], SIZES[:1], level=0.02)
    assert (result.status, result.low, result.high) == ("undecided", None, None)
    assert (result.sizes, result.leaders, result.level) == ((100.0,), (None,), 0.02)
    assert all_in_words(result.notes) == ["1 usable size: 2 are needed"]


def test_two_sizes_are_enough():
    a, b = arms(np.random.default_rng(3))
    result = crossover(a[[0, 4]], b[[0, 4]], (100.0, 10000.0))
    assert (result.status, result.before, result.after) == ("one", "A", "B")


def test_a_size_without_any_spread_is_left_out_however_few_seeds_ran():
    a, b = arms(np.random.default_rng(7))
    a[1], b[1] = 0.8, 0.7
    a[1, 2:] = np.nan
    assert all_in_words(crossover(a, b, SIZES).notes) == [
        "size 300 left out: either arm scores the same on every test unit"
    ]


@pytest.mark.parametrize("sizes", [(300.0, 100.0), (100.0, 100.0), (0.0, 100.0), ()])
def test_sizes_must_increase(sizes):
    arm = np.zeros((len(sizes), 2, 3))
    with pytest.raises(ValueError, match="increasing order"):
        crossover(arm, arm, sizes)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"values \(3, 2, 3\) for 2 sizes"):
        crossover(np.zeros((3, 2, 3)), np.zeros((3, 2, 3)), (1.0, 2.0))
    with pytest.raises(ValueError, match="the same for every arm"):
        crossover(np.zeros((2, 2, 3)), np.zeros((2, 2, 4)), (1.0, 2.0))
