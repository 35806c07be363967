import numpy as np
import pytest
from drawn_arms import ARMS, answers, tables

from wvexp.analysis.choice import Blocker, Choice, choose
from wvexp.analysis.components import two_way
from wvexp.analysis.reason import Reason, Why
from wvexp.report.reasons import all_in_words, in_words, remedy_words
from wvexp.seeds import stream


def said(choice):
    """Reason, remedy and arm of each blocker, in words."""
    return [(in_words(b.reason), remedy_words(b), b.arm) for b in choice.blockers]


def chosen(values, **more):
    return choose(values, ARMS, stream(0, "choice"), **more)


def test_one_seed_of_the_best_arm_is_said_of_that_arm_alone():
    values = tables((0.9, 0.7, 0.6))
    values["first"][1:] = np.nan
    choice = choose(values, ARMS, stream(0, "choice"))
    assert all_in_words(choice.notes) == ["first: one seed, so no interval"]
    assert choice.confidence is None


def test_arms_without_seeds_in_common_are_said_to_be_so():
    values = tables((0.9, 0.7, 0.6))
    values["first"][:3] = np.nan
    values["second"][3:] = np.nan
    choice = choose(values, ARMS, stream(0, "choice"))
    assert all_in_words(choice.notes) == ["second: no seeds in common with first, so no interval"]
    assert not choice.decided


@pytest.mark.parametrize(
    ("baseline", "remedy"),
    [
        (0.6, "a larger test set, or more seeds, to tell it from always giving the same answer"),
        (0.9, "labels that can be learnt from these texts, or more training data"),
        (1.0, None),
    ],
)
def test_where_the_most_frequent_label_blocks_the_choice_no_test_size_is_named(baseline, remedy):
    values = tables((0.61, 0.605, 0.5), spread=0.03)
    assert choose(values, ARMS, stream(0, "choice")).settling is not None
    choice = choose(values, ARMS, stream(0, "choice"), baseline=baseline)
    assert choice.settling is None
    assert [remedy_words(blocker) for blocker in choice.blockers] == [remedy]


def test_an_unmeasured_arm_keeps_it_undecided():
    values = tables((0.9, 0.7, 0.6))
    values["third"] = np.full_like(values["third"], np.nan)
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.recommended == "first"
    assert choice.confidence > 0.99
    assert not choice.decided
    assert all_in_words(choice.notes) == ["third: not measured"]
    assert choice.worst_cost is None


def test_the_cost_is_unknown_while_an_arm_has_no_interval():
    values = tables((0.9, 0.7, 0.6))
    values["third"][1:] = np.nan
    choice = choose(values, ARMS, stream(0, "choice"))
    assert (choice.worst_cost, choice.decided) == (None, False)
    assert all_in_words(choice.notes) == ["third: one seed, so no interval"]


@pytest.mark.parametrize("units", [40, 4000])
def test_arms_that_no_unit_tells_apart_are_no_choice(units):
    """All give the most frequent label always: surely near the best, and nothing learnt."""
    choice = chosen(dict.fromkeys(ARMS, answers(units)))
    assert not choice.decided
    assert choice.recommended in ARMS
    assert all_in_words(choice.notes) == ["no test unit tells the arms apart"]


@pytest.mark.parametrize("values", [{}, dict.fromkeys(ARMS, np.full((3, 9), np.nan))])
def test_without_a_run_there_is_nothing_to_recommend(values):
    nothing = (Blocker(Reason(Why.NOTHING_MEASURED)),)
    assert chosen(values) == Choice(None, None, False, {}, None, None, nothing)


def test_an_arm_alone_is_recommended_but_no_choice():
    values = tables((0.9,))
    choice = choose(values, ARMS[:1], stream(0, "choice"))
    assert choice == Choice("first", None, False, {}, None, None, ())


def lacking(arm, seeds):
    """Three arms, of which one has but these seeds."""
    values = tables((0.9, 0.7, 0.6))
    values[arm][np.setdiff1d(np.arange(6), seeds)] = np.nan
    return values


def test_what_an_arm_lacks_is_said_with_its_remedy():
    absent = ("third: not measured", "runs of third", "third")
    assert said(chosen(lacking("third", []))) == [absent]
    assert said(chosen(tables((0.9, 0.7)))) == [absent]
    one = ("third: one seed, so no interval", "more seeds of third", "third")
    assert said(chosen(lacking("third", [4]))) == [one]
    values = lacking("third", [0, 1, 2])
    values["first"][:2] = np.nan
    words = "third: 1 seed in common with first, so no interval"
    shared = [(words, "the same seeds in every arm", "third")]
    assert said(chosen(values)) == shared
    values["third"][3] = values["third"][2]
    values["first"][4:] = np.nan  # two seeds of the best arm are enough to judge by
    values["third"][2] = np.nan
    assert said(chosen(values)) == shared


def test_a_constant_score_is_not_blamed_where_the_seeds_are_others():
    """With a seed or two more it could be judged: the recommended arm has spread."""
    values = lacking("first", [0, 1, 2])
    values["third"][:] = 0.5
    assert chosen(values).blockers == ()
    values["third"][:2] = np.nan
    words = "third: 1 seed in common with first, so no interval"
    assert said(chosen(values)) == [(words, "the same seeds in every arm", "third")]
    values["first"][1:] = np.nan
    assert [b.arm for b in chosen(values).blockers] == ["first"]


def test_a_constant_score_in_the_seeds_in_common_gives_no_interval():
    values = {arm: np.full((3, 400), score) for arm, score in zip(ARMS, (0.9, 0.7), strict=False)}
    values["second"][2], values["first"][2] = 0.6, np.nan
    words = "{}: the same score on every test unit, so no interval"
    assert said(choose(values, ARMS[:2], stream(0, "choice"))) == [
        (words.format(arm), "other test data", arm) for arm in ARMS[:2]
    ]


def test_two_seeds_are_enough_for_an_interval():
    assert chosen(lacking("third", [0, 5])).blockers == ()


def test_only_the_best_arms_fault_is_said_where_it_ran_with_one_seed():
    values = lacking("first", [0])
    values["third"][:] = np.nan
    assert [b.arm for b in chosen(values).blockers] == ["first", "third"]


@pytest.mark.parametrize(
    ("units", "inflation", "margin", "remedy"),
    [
        (300, 1.0, 0.01, "other test data"),
        (299, 1.0, 0.01, "data.folds=5, which tests every example"),
        (299, 2.25, 0.01, "more labelled examples"),
        (299, 1.0, 0.02, "other test data"),
    ],
)
def test_constant_scores_ask_for_a_larger_test_set_or_another(units, inflation, margin, remedy):
    values = tables((0.9, 0.7, 0.6), units=units)
    values["first"], values["third"] = np.ones((6, units)), np.full((6, units), 0.5)
    choice = chosen(values, margin=margin, inflation=inflation)
    words = "third: the same score on every test unit, so no interval"
    assert said(choice) == [(words, remedy, "third")]
    assert choice.confidence > 0.99


@pytest.mark.parametrize(
    ("units", "inflation", "remedy"),
    [
        (300, 1.0, "test units that do"),
        (299, 1.0, "data.folds=5, which tests every example"),
        (299, 2.25, "more labelled examples"),
    ],
)
def test_arms_alike_ask_for_a_larger_test_set_or_units_that_tell(units, inflation, remedy):
    values = dict.fromkeys(ARMS[:2], answers(units))
    choice = choose(values, ARMS[:2], stream(0, "choice"), inflation=inflation)
    assert said(choice) == [("no test unit tells the arms apart", remedy, None)]
    assert all_in_words(chosen(values, inflation=inflation).notes) == [
        "third: not measured",
        "no test unit tells the arms apart",
    ]


def test_the_most_frequent_label_blocks_from_the_low_end_of_the_interval_up():
    values = tables((0.7, 0.5, 0.4), units=1000)
    for inflation in (1.0, 2.25):
        low, high = two_way(values["first"], inflation=inflation).interval()
        for baseline, free in ((low - 1e-6, True), (low + 1e-6, False), (high + 1e-6, False)):
            choice = chosen(values, baseline=baseline, inflation=inflation)
            assert choice.decided == free
            assert (choice.blockers == ()) == free


def test_a_test_set_too_small_to_tell_from_the_most_frequent_label_is_to_be_larger():
    values = tables((0.7, 0.5, 0.4), units=100)
    high = two_way(values["first"]).interval()[1]
    larger, other = "data.folds=5, which tests every example", "labels that can be learnt"
    assert remedy_words(chosen(values, baseline=high - 1e-6).blockers[-1]) == larger
    hopeless = chosen(values, baseline=high + 1e-6).blockers[-1]
    assert remedy_words(hopeless).startswith(other)


def test_an_arm_that_is_lacking_is_said_beside_the_most_frequent_label():
    reasons = all_in_words(chosen(lacking("third", []), baseline=0.95).notes)
    assert reasons[0] == "third: not measured"
    assert "the same answer" in reasons[1]


def test_the_rule_of_three_is_for_scores_without_a_spread_alone():
    """99 of 100 right: an error of 1 unit, by which 96.5 % are excluded; 1.53 units would not."""
    first = np.ones((5, 100))
    first[:, 3] = 0
    values = {"first": first, "second": answers(100)}
    assert choose(values, ARMS[:2], stream(0, "choice"), baseline=0.965).blockers == ()
