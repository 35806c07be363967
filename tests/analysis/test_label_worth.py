"""What labels and vectors are worth, on curves whose worth is known."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from wvexp.analysis.label_worth import doubling_gain, label_worth, vectors_worth
from wvexp.analysis.reason import Why

SIZES = (100.0, 300.0, 1000.0, 3000.0, 10000.0)
N = np.array(SIZES)
ARMS = ("with", "without")


def tables(*scores, noise=0.02, seeds=5, units=400):
    """[sizes, seeds, units] of each arm, on units of differing difficulty."""
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 0.2, units)
    shape = (len(scores[0]), seeds, units)
    return [np.array(s)[:, None, None] + hard + rng.normal(0, noise, shape) for s in scores]


def error(n, c=0.3):
    return 0.1 + 0.4 * (np.asarray(n) / 100) ** -c


def test_twice_the_labels_buy_what_the_curve_gives():
    (values,) = tables(1 - error(N))
    found = doubling_gain("arm", values, SIZES)
    truth = error(10_000) - error(20_000)
    assert found.low <= truth <= found.high
    assert found.low <= found.estimate <= found.high
    assert found.high - found.low < 0.02


def test_a_curve_that_has_flattened_buys_nothing_for_sure():
    (values,) = tables([0.5, 0.6, 0.7, 0.7, 0.7])
    found = doubling_gain("arm", values, SIZES)
    assert found.low == 0
    assert found.high < 0.005


def test_a_gain_is_no_more_than_is_missing():
    (values,) = tables([0.5, 0.7, 0.9, 0.95, 0.999])
    found = doubling_gain("arm", values, SIZES)
    assert found.high <= 1 - values[-1].mean() + 1e-12


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ([0.5, 0.5, 0.5, 0.55, 0.8], Why.CURVE_TURNS),  # ever faster
        ([0.5, 0.7, 0.9, 0.8, 0.6], Why.CURVE_TURNS),
        ([0.5, 0.6], Why.FEW_LAST_SIZES),
    ],
)
def test_nothing_is_extrapolated_where_no_curve_holds(scores, why):
    (values,) = tables(scores)
    found = doubling_gain("arm", values, SIZES[: len(scores)])
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert [note.kind for note in found.notes] == [why]


def test_one_seed_at_the_last_size_tells_nothing():
    (values,) = tables(1 - error(N))
    values[-1, 1:] = np.nan
    assert doubling_gain("arm", values, SIZES).estimate is None


@pytest.mark.parametrize("times", [1.0, 3.0, 6.0])
def test_vectors_are_worth_their_multiple(times):
    a, b = tables(1 - error(N * times), 1 - error(N))
    found = vectors_worth(ARMS, a, b, SIZES, 2)
    assert found.status == "measured"
    assert found.low <= times * 1.1
    assert found.high >= times / 1.1
    assert found.high / found.low < 1.6
    assert found.reached is True


def test_beyond_the_last_size_it_is_extrapolated():
    a, b = tables(1 - error(N * 2), 1 - error(N), noise=0.002)
    found = vectors_worth(ARMS, a, b, SIZES, 4)
    assert found.reached is False
    assert found.status in ("extrapolated", "more")
    assert 1 <= found.low <= 2
    assert found.high is None or found.high >= 2


def test_what_is_never_reached_is_more_than_may_be_extrapolated():
    a, b = tables([0.9] * 5, [0.5, 0.52, 0.53, 0.535, 0.537], noise=0.005)
    found = vectors_worth(ARMS, a, b, SIZES, 2)
    assert (found.status, found.low, found.high, found.reached) == ("more", 100.0, None, False)


def test_what_the_smallest_size_reaches_is_less():
    a, b = tables([0.4] * 5, [0.5, 0.6, 0.7, 0.75, 0.8])
    found = vectors_worth(ARMS, a, b, SIZES, 2)
    assert (found.status, found.low, found.high) == ("less", None, 0.1)


@pytest.mark.parametrize("b", [[0.8, 0.7, 0.5, 0.4, 0.3], [0.6] * 5])
def test_an_arm_that_falls_back_or_does_not_move_decides_nothing(b):
    a, b = tables([0.6] * 5, b)
    assert vectors_worth(ARMS, a, b, SIZES, 2).status == "undecided"


def test_intervals_widen_with_the_overlap_of_folds():
    a, b = tables(1 - error(N * 3), 1 - error(N), noise=0.2)
    ends = [vectors_worth(ARMS, a, b, SIZES, 1, inflation) for inflation in (1.0, 2.25)]
    assert ends[1].low < ends[0].low < ends[0].high < ends[1].high
    gains = [doubling_gain("arm", b, SIZES, inflation) for inflation in (1.0, 2.25)]
    assert gains[1].high > gains[0].high


def test_all_together_and_what_is_missing_is_left_out():
    a, b = tables(1 - error(N * 3), 1 - error(N))
    both = label_worth({"with": a, "without": b}, SIZES, "with", ARMS)
    assert both.doubling.arm == "with"
    assert [worth.size for worth in both.vectors] == list(SIZES)
    assert both.in_short.size == 1000
    json.dumps(asdict(both.in_short))
    alone = label_worth({"with": a}, SIZES, None, ARMS)
    assert (alone.doubling, alone.vectors, alone.in_short) == (None, (), None)
