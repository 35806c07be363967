"""Which comparison a claim rests on and what is said of it, for planted comparisons."""

from dataclasses import replace

import numpy as np
import pytest

from wvexp.analysis.comparisons import Comparison
from wvexp.analysis.paired import paired_difference
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.verdict import judge
from wvexp.arms import FOUR_NAMES
from wvexp.report.reasons import in_words

FROZEN, TUNED = ("pretrained-frozen", "random-frozen"), ("pretrained-tuned", "random-tuned")
POLICY = ("pretrained-frozen", "pretrained-tuned")
UNMEASURED = paired_difference(np.zeros((1, 9)), np.zeros((1, 9)))
LACKING = "1 seed common to both arms: an interval needs 2"


def compared(pair, size, low, high, call="undecided", **found):
    found = {"adjusted_equivalence_p": 1.0, "strict_p": 1.0, **found}
    difference = replace(
        UNMEASURED, estimate=(low + high) / 2, low=low, high=high, seeds=5, call=call, **found
    )
    return Comparison(*pair, size, difference)


def unmeasured(pair, size):
    return Comparison(*pair, size, UNMEASURED)


def verdicts(comparisons, sizes=(100.0,), **kwargs):
    values = {arm: np.zeros((len(sizes), 1, 9)) for arm in FOUR_NAMES}
    return {v.claim: v for v in judge(comparisons, FOUR_NAMES, values, sizes, **kwargs)}


def general(*comparisons, margin=0.02):
    return verdicts(comparisons, margin=margin)["pretrained_at_least_random"]


SAFE = compared(FROZEN, 100.0, -0.019, 0.05)
SLIGHT = compared(TUNED, 100.0, -0.015, -0.005, "B", adjusted_equivalence_p=0.001)
SLIGHTLY = "called better by less than 2 points: random-tuned at 100"


def test_the_largest_loss_contradicts():
    slight = compared(FROZEN, 50.0, -0.015, -0.005, "B", adjusted_equivalence_p=0.001)
    large = compared(FROZEN, 1000.0, -0.045, -0.035, "B")
    wide = compared(TUNED, 100.0, -0.06, -0.001, "B")
    found = general(slight, large, wide)
    assert found.status == "contradicted"
    assert in_words(found.reason) == (
        "random is better: pretrained-frozen minus random-frozen is -4.0 points [-4.5, -3.5] "
        "at size 1,000, 5 seeds"
    )
    assert found.deciding.comparison is large
    assert [e.comparison for e in found.evidence] == [slight, large, wide]


def test_a_loss_of_just_the_margin_is_not_excluded():
    narrow, border = compared(FROZEN, 100.0, -0.02, 0.0), compared(FROZEN, 300.0, -0.03, 0.07)
    found = general(narrow, border, SLIGHT)
    assert (found.status, found.deciding.comparison) == ("undecided", border)
    assert in_words(found.reason) == (
        "a loss beyond 2 points is not excluded: pretrained-frozen minus random-frozen is "
        f"+2.0 points [-3.0, +7.0] at size 300, 5 seeds; {SLIGHTLY}"
    )
    found = general(narrow, SLIGHT)
    assert (found.status, found.deciding.comparison) == ("undecided", narrow)


@pytest.mark.parametrize("equivalence_p", [0.0, 0.05])
def test_called_better_within_the_margin_is_no_loss(equivalence_p):
    slight = compared(TUNED, 100.0, -0.015, -0.005, "B", adjusted_equivalence_p=equivalence_p)
    found = general(SAFE, slight)
    assert (found.status, found.deciding.comparison) == ("supported", SAFE)
    assert in_words(found.reason) == (
        "at no size worse by more than 2 points; at worst pretrained-frozen minus random-frozen is "
        f"+1.6 points [-1.9, +5.0] at size 100, 5 seeds; {SLIGHTLY}"
    )


def test_what_is_lacking_is_said_where_nothing_is_lost():
    found = general(SAFE, unmeasured(TUNED, 100.0))
    assert (found.status, found.deciding) == ("undecided", None)
    assert [e.comparison for e in found.evidence] == [SAFE]
    assert in_words(found.reason) == (
        "no loss beyond 2 points seen, but not all was measured: "
        f"pretrained-tuned and random-tuned at size 100: {LACKING}"
    )


SIZES = (100.0, 1000.0)
END = {
    "A": ("pretrained-frozen is better", "supported", "contradicted"),
    "B": ("pretrained-tuned is better", "contradicted", "supported"),
    "equivalent": ("no difference beyond the margin", "undecided", "undecided"),
    "ahead": (
        "pretrained-frozen is ahead by the interval at this size alone, "
        "not called with all 3 comparisons counted",
        "undecided",
        "undecided",
    ),
    "undecided": ("no winner", "undecided", "undecided"),
}


@pytest.mark.parametrize("case", END)
@pytest.mark.parametrize(("claim", "k"), [("freeze_when_small", 0), ("tune_when_large", 1)])
def test_advice_rests_on_the_comparison_at_its_end(case, claim, k):
    low, call = (0.01, "undecided") if case == "ahead" else (-0.01, case)
    pairs = [compared(POLICY, size, -0.5, 0.5) for size in SIZES]
    pairs[k] = compared(POLICY, SIZES[k], low, 0.03, call)
    others = [compared(TUNED, 100.0, -1, 1), unmeasured(TUNED, 1000.0)]  # one of them counts
    found = verdicts([*pairs, *others], SIZES)[claim]
    said, *statuses = END[case]
    assert (found.status, found.deciding.comparison) == (statuses[k], pairs[k])
    words = f"{said}: pretrained-frozen minus pretrained-tuned is "
    assert in_words(found.reason).startswith(words)
    assert [e.comparison for e in found.evidence] == pairs


def test_an_end_without_an_interval_is_named():
    sizes = (100.0, 300.0, 1000.0, 3000.0)
    middle = [compared(POLICY, size, 0.01, 0.03, "A") for size in sizes[1:3]]
    ends = unmeasured(POLICY, 100.0), unmeasured(POLICY, 3000.0)
    found = verdicts([ends[0], *middle, ends[1]], sizes)
    for claim, which in (
        ("freeze_when_small", ("smallest", "100")),
        ("tune_when_large", ("largest", "3,000")),
    ):
        assert (found[claim].status, found[claim].deciding) == ("undecided", None)
        assert [e.comparison for e in found[claim].evidence] == middle
        assert in_words(found[claim].reason) == (
            f"the {which[0]} size has no interval: pretrained-frozen and pretrained-tuned at size "
            f"{which[1]}: {LACKING}"
        )


def test_small_and_large_need_two_sizes_with_an_interval():
    one = compared(POLICY, 100.0, 0.01, 0.03, "A")
    for claim in ("freeze_when_small", "tune_when_large"):
        found = verdicts([one])[claim]
        assert (found.status, [e.comparison for e in found.evidence]) == ("not tested", [one])
        assert in_words(found.reason) == "one size, 100: telling small from large needs two"
        found = verdicts([one, unmeasured(POLICY, 1000.0)], SIZES)[claim]
        assert (found.claim, found.status) == (claim, "not tested")
        assert [e.comparison for e in found.evidence] == [one]
        assert in_words(found.reason) == (
            "one size with an interval: pretrained-frozen and pretrained-tuned at size 1,000: "
            f"{LACKING}"
        )


def test_what_was_not_tested_anyway_keeps_its_reason_where_large_sizes_were_not_reached():
    one = compared(POLICY, 100.0, 0.01, 0.03, "A")
    found = verdicts([one], falls_short=Reason(Why.SHORT_OF_WANTED_SIZE))
    assert "needs two" in in_words(found["tune_when_large"].reason)
    assert in_words(found["random_suffices"].reason).startswith("no run of")
