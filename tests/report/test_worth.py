"""What labels are worth, in words: ends of intervals rounded outwards, nothing said beyond them."""

import pytest

from wvexp.analysis.label_worth import Doubling, VectorWorth
from wvexp.analysis.reason import Reason, Why
from wvexp.report.worth import doubling_words, times_words

ARMS = ("cats", "dogs", 1000.0, 10_000.0)


def test_a_gain_is_said_with_its_interval_and_that_it_is_extrapolated():
    said = doubling_words(Doubling("cats", 1000.0, 0.018, 0.011, 0.025))
    assert said == "would buy +1.8 points [1.1, 2.5] of cats, extrapolated"


def test_why_nothing_is_said_of_a_gain():
    said = doubling_words(Doubling("cats", 1000.0, notes=(Reason(Why.CURVE_TURNS),)))
    assert said == "cannot be told (the scores at the last three sizes rise ever faster, or fall)"


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        (("measured", 3.1, 2.26, 4.51, True), "3.1 times the labels [2.2, 4.6]"),
        (("measured", None, 2.2, 4.6, True), "2.2 to 4.6 times the labels"),
        (
            ("extrapolated", 31.0, 22.9, 45.1, False),
            "31 times the labels [22, 46], extrapolated: dogs does not reach cats there with "
            "10,000 tokens",
        ),
        (("more", 12.0, 9.99, None, None), "more than 9.9 times the labels"),
        (("less", None, None, 1.41, True), "less than 1.5 times the labels"),
        (("measured", None, 1 - 1e-12, 2.0 + 1e-12, True), "1.0 to 2.0 times the labels"),
        (("undecided", None, None, None, None), "undecided"),
    ],
)
def test_times(worth, said):
    assert times_words(VectorWorth(*ARMS, *worth), "tokens") == said
