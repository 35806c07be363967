import numpy as np
import pytest
from drawn_arms import ARMS, answers, tables
from scipy import stats

from wvexp.analysis.choice import choose
from wvexp.analysis.components import two_way
from wvexp.report.reasons import in_words
from wvexp.seeds import stream


def test_a_clear_best_is_chosen():
    choice = choose(tables((0.9, 0.7, 0.6)), ARMS, stream(0, "choice"))
    assert choice.recommended == "first"
    assert choice.decided
    assert choice.confidence > 0.99
    assert choice.worst_cost == 0.0
    assert choice.settling is None


def test_two_arms_alike_may_still_be_chosen_above_a_third():
    learnt = answers(4000, share=0.9)
    values = {"first": learnt, "second": learnt, "third": answers(4000)}
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.decided
    assert choice.recommended in ("first", "second")


def test_an_arm_no_better_than_the_most_frequent_label_is_no_choice():
    values = tables((0.62, 0.5, 0.5), spread=0.005)
    kept = choose(values, ARMS, stream(0, "choice"), baseline=0.4)
    assert kept.decided
    refused = choose(values, ARMS, stream(0, "choice"), baseline=0.6)
    assert not refused.decided
    assert "the same answer, 60.0 %" in in_words(refused.notes[0])


def test_the_cost_is_never_more_than_what_is_missing_to_a_perfect_score():
    values = tables((0.9, 0.88, 0.85), seeds=2, units=30, spread=0.3)
    choice = choose(values, ARMS, stream(0, "choice"))
    recommended = values[choice.recommended].mean()
    assert choice.worst_cost == pytest.approx(max(0, 1 - recommended))


def test_equal_arms_are_rarely_called_wrongly():
    """With three arms, two of them 2 points behind, the choice is seldom one of those."""
    wrong = decided = 0
    for seed in range(100):
        choice = choose(
            tables((0.80, 0.78, 0.78), seeds=5, spread=0.02, seed=seed),
            ARMS,
            stream(seed, "choice"),
        )
        decided += choice.decided
        wrong += choice.decided and choice.recommended != "first"
    assert wrong <= 0.05 * 100
    assert decided > 0


def test_a_useless_arm_is_judged_by_its_difference_from_the_best():
    """It finds nothing at all: its score of 0 has no spread, its difference from the best has."""
    values = tables((0.9, 0.7, 0.6))
    values["third"] = np.zeros_like(values["third"])
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.decided
    assert choice.near_best["third"] == 0
    assert choice.worst_cost == 0.0
    assert choice.blockers == ()


def test_a_perfect_arm_is_judged_too_but_not_on_a_handful_of_units():
    values = {"first": np.ones((5, 300)), "second": answers(300)}
    assert choose(values, ARMS[:2], stream(0, "choice"), baseline=0.6).decided
    few = {"first": np.ones((5, 12)), "second": answers(12)}
    assert not choose(few, ARMS[:2], stream(0, "choice"), baseline=0.8).decided


def chosen(values, **more):
    return choose(values, ARMS, stream(0, "choice"), **more)


@pytest.mark.parametrize("inflation", [1.0, 2.25])
@pytest.mark.parametrize("margin", [0.01, 0.03])
def test_confidence_and_cost_of_two_arms_by_the_t_distribution(inflation, margin):
    values = tables((0.80, 0.79), spread=0.005)
    choice = choose(values, ARMS[:2], stream(0, "choice"), margin=margin, inflation=inflation)
    best, other = sorted(values, key=lambda arm: -values[arm].mean())
    assert choice.recommended == best
    ahead = two_way(values[best] - values[other], inflation=inflation)
    student = stats.t(ahead.df, loc=ahead.mean, scale=ahead.standard_error)
    assert choice.confidence == pytest.approx(student.sf(-margin), abs=0.005)
    assert choice.near_best[other] == pytest.approx(student.cdf(margin), abs=0.005)
    assert choice.near_best[best] == choice.confidence
    assert choice.worst_cost == pytest.approx(-student.ppf(0.025))


def test_the_cost_is_that_of_the_rival_that_may_be_furthest_ahead():
    values = tables((0.80, 0.78, 0.77), spread=0.0)
    rng = np.random.default_rng(1)
    values["third"] += rng.normal(0, 1.0, (1, 400))  # further behind, and far less sure
    values["third"] += 0.77 - values["third"].mean()
    choice = chosen(values)
    assert choice.recommended == "first"
    highs = [two_way(values[arm] - values["first"]).interval()[1] for arm in ("second", "third")]
    assert highs[1] > max(highs[0], 0.0)
    assert choice.worst_cost == pytest.approx(highs[1])


def test_an_arm_that_was_not_wanted_is_not_considered():
    values = tables((0.8, 0.7, 0.9))
    choice = choose(values, ARMS[:2], stream(0, "choice"))
    assert choice.recommended == "first"
    assert set(choice.near_best) == {"first", "second"}


def test_a_margin_of_nothing_is_refused():
    with pytest.raises(ValueError, match="margin 0"):
        chosen(tables((0.9, 0.7, 0.6)), margin=0.0)
