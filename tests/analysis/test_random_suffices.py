"""Random vectors suffice: by which p-values, counted among how many, and in which words."""

from dataclasses import replace

import numpy as np
import pytest

from wvexp.analysis.comparisons import Comparison, compare_arms
from wvexp.analysis.fading import gain_fades
from wvexp.analysis.gain import below_p, growth_p
from wvexp.analysis.verdict import judge
from wvexp.arms import FOUR_NAMES
from wvexp.report.reasons import comparison_words, in_words
from wvexp.report.wording import place

SIZES = (100.0, 300.0, 1000.0, 3000.0)


def tuned(gain, noise=0.03, seed=0):
    """Values by arm whose gain at each size is the given one, up to rounding."""
    rng = np.random.default_rng(seed)
    shape = (len(gain), 6, 300)
    random = rng.normal(0.6, 0.3, shape)
    own = rng.normal(0, noise, shape)
    own -= own.mean(axis=(1, 2), keepdims=True)
    pretrained = random + np.array(gain)[:, None, None] + own
    return {"pretrained-tuned": pretrained, "random-tuned": random}


def verdict(values, beside=0, margin=0.02, inflation=1.0):
    """`beside`: how many hopeless comparisons are counted as well."""
    sizes = SIZES[: len(values["random-tuned"])]
    own = compare_arms(values, sizes, margin, inflation=inflation)
    blank = replace(own[0].difference, strict_p=None)
    hopeless = [replace(own[0].difference, strict_p=1.0)] * beside
    others = [Comparison("a", "b", 1.0, d) for d in [blank, *hopeless]]
    found = judge([*own, *others], FOUR_NAMES, values, sizes, None, margin, inflation)[1]
    assert [e.comparison for e in found.evidence] == [
        c for c in own if c.difference.low is not None
    ]
    assert found.deciding == found.evidence[-1]
    return found


def counted_until_it_fails(p, smaller, found):
    """The status with as many comparisons beside p as it bears, and with one more.

    `smaller`: of the p-values beside, how many are smaller than p.
    """
    bears = int(0.05 / p) - (len(SIZES) + 2 - smaller)
    assert bears > 0
    return found(bears), found(bears + 1)


def reason(found):
    said, _, numbers = in_words(found.reason).partition(": ")
    assert numbers == comparison_words(found.deciding)
    return said


@pytest.mark.parametrize("inflation", [1.0, 1.5])
def test_below_the_margin_is_counted_with_all_that_is_called(inflation):
    values = tuned([0.2, 0.15, 0.1, 0.0], noise=0.1)
    gain = [table[-1] for table in values.values()]
    p = below_p(*gain, 0.02, inflation)
    called, not_called = counted_until_it_fails(
        p, 3, lambda beside: verdict(values, beside, inflation=inflation)
    )
    assert called.status == "supported"
    assert called.fade == gain_fades(*values.values(), SIZES, 0.02, inflation=inflation)
    assert reason(called).startswith("the gain is below 2 points from about ")
    assert (not_called.status, not_called.fade) == ("undecided", called.fade)
    assert reason(not_called) == (
        "below 2 points by the interval at the largest size alone, "
        "not called with all comparisons counted"
    )


@pytest.mark.parametrize("inflation", [1.0, 1.5])
def test_growth_is_counted_with_all_that_is_called(inflation):
    values = tuned([0.05, 0.06, 0.07, 0.08], noise=0.15)
    pretrained, random = values.values()
    missing = [0, 2, 3]
    pretrained[1, 1:] = np.nan  # a size without an interval is no part of the growth
    p = growth_p((pretrained - random)[missing], [SIZES[k] for k in missing], inflation)
    called, not_called = counted_until_it_fails(
        p, 4, lambda beside: verdict(values, beside, inflation=inflation)
    )
    assert called.status == "contradicted"
    assert reason(called) == "the gain still grows with the data"
    fade = gain_fades(pretrained, random, SIZES, 0.02, inflation=inflation)
    assert called.fade == replace(fade, status="growing", estimate=None, low=3000.0, high=None)
    assert (not_called.status, not_called.fade) == ("undecided", fade)
    assert reason(not_called) == "still above 2 points and not surely growing"


def test_a_gain_below_the_margin_throughout():
    found = verdict(tuned([0.002, 0.001, 0.002, 0.001]))
    assert (found.status, found.fade.status) == ("supported", "below")
    assert reason(found) == "the gain is below 2 points at every size measured"


def test_a_gain_that_passes_the_margin_more_than_once_is_undecided():
    found = verdict(tuned([0.06, 0.0, 0.06, 0.0]))
    assert (found.status, found.fade.within.status) == ("undecided", "several")
    assert reason(found) == (
        "below 2 points at the largest size, but between smaller ones it passes that more than once"
    )


def test_a_gain_that_decays_is_placed_beyond_the_sizes():
    found = verdict(tuned([0.2, 0.1155, 0.0632, 0.0365]))
    assert found.status == "undecided"
    assert found.fade.estimate > 3000
    assert reason(found) == (
        "not shown at the largest size; a fitted curve, extrapolated, falls below 2 points at "
        f"{place(found.fade.estimate)}"
    )


def test_a_gain_that_a_curve_puts_below_the_margin_already_is_not_said_to_fall_later():
    found = verdict(tuned([0.2, 0.08, 0.03, 0.01], noise=0.2))
    assert (found.fade.status, found.fade.estimate) == ("extrapolated", 3000.0)
    assert reason(found) == "not shown at the largest size"


def test_where_neither_is_sure_nothing_is_said():
    found = verdict(tuned([0.02, 0.02, 0.02, 0.02], noise=1.0))
    assert (found.status, found.fade.within.after) == ("undecided", None)
    assert reason(found) == "not shown at the largest size"


def test_a_largest_size_without_an_interval_is_named():
    values = tuned([0.2, 0.1, 0.05, 0.02])
    values["random-tuned"][[0, 3], 1:] = np.nan
    found = verdict(values)
    assert found.status == "undecided"
    assert in_words(found.reason) == (
        "the largest size has no interval: pretrained-tuned and random-tuned at size 3,000: "
        "1 seed common to both arms: an interval needs 2"
    )


def test_two_sizes_are_enough():
    assert verdict(tuned([0.06, 0.0])).status == "supported"
