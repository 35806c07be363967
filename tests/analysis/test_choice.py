import numpy as np
import pytest

from wvexp.analysis.choice import choose
from wvexp.seeds import stream

ARMS = ("first", "second", "third")


def tables(means, seeds=6, units=400, spread=0.02, seed=0):
    rng = np.random.default_rng(seed)
    own = rng.normal(0, spread, (len(means), seeds, 1))
    shared = rng.normal(0, 0.3, (1, 1, units))
    rest = rng.normal(0, 0.2, (len(means), seeds, units))
    values = np.array(means)[:, None, None] + own + shared + rest
    return dict(zip(ARMS, values, strict=False))


def test_a_clear_best_is_chosen():
    choice = choose(tables((0.9, 0.7, 0.6)), ARMS, stream(0, "choice"))
    assert choice.recommended == "first"
    assert choice.decided
    assert choice.confidence > 0.99
    assert choice.worst_cost == 0.0
    assert choice.settling is None


def test_an_unmeasured_arm_keeps_it_undecided():
    values = tables((0.9, 0.7, 0.6))
    values["third"] = np.full_like(values["third"], np.nan)
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.recommended == "first"
    assert choice.confidence > 0.99
    assert not choice.decided
    assert choice.notes == ("third: not measured",)
    assert choice.worst_cost is None


def test_the_cost_is_unknown_while_an_arm_has_no_interval():
    values = tables((0.9, 0.7, 0.6))
    values["third"][1:] = np.nan
    choice = choose(values, ARMS, stream(0, "choice"))
    assert (choice.worst_cost, choice.decided) == (None, False)
    assert choice.notes == ("third: one seed, so no interval",)


def answers(units, seeds=5, share=0.6):
    right = np.random.default_rng(0).random(units) < share
    return np.repeat(right[None].astype(float), seeds, axis=0)


@pytest.mark.parametrize("units", [40, 4000])
def test_arms_that_no_unit_tells_apart_are_no_choice(units):
    """All give the most frequent label always: surely near the best, and nothing learnt."""
    choice = choose(dict.fromkeys(ARMS, answers(units)), ARMS, stream(0, "choice"))
    assert not choice.decided
    assert choice.recommended in ARMS
    assert choice.notes == ("no test unit tells the arms apart",)


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
    assert "most frequent label, 60.0 %" in refused.notes[0]


def test_settling_with_seeds_would_indeed_settle():
    values = tables((0.80, 0.797, 0.6), seeds=4, units=20_000, spread=0.02, seed=3)
    choice = choose(values, ARMS, stream(0, "choice"))
    assert not choice.decided
    needed = choice.settling.seeds
    assert needed > 4
    # As many seeds with the same spread, the difference kept: the choice is then made.
    rng = np.random.default_rng(1)
    rows = np.arange(needed) % 4
    more = {arm: v[rows] + rng.normal(0, 1e-6, (needed, 1)) for arm, v in values.items()}
    assert choose(more, ARMS, stream(0, "choice")).confidence > 0.93


def test_settling_with_units_would_settle_against_all_rivals_at_once():
    means, shape = (0.80, 0.797, 0.796), {"seeds": 20, "spread": 0.001}

    def drawn(units, seed):
        """Values of other units of the same kind, the means of the arms kept."""
        values = tables(means, units=units, seed=seed, **shape)
        return {
            arm: table + mean - table.mean()
            for (arm, table), mean in zip(values.items(), means, strict=True)
        }

    choices = [choose(drawn(60, seed), ARMS, stream(seed, "choice")) for seed in range(15)]
    assert not any(choice.decided for choice in choices)
    needed = int(np.median([choice.settling.units for choice in choices]))
    later = [choose(drawn(needed, seed), ARMS, stream(seed, "choice")) for seed in range(15)]
    assert 0.94 < np.median([choice.confidence for choice in later]) < 0.97


def test_settling_rare_disagreement_takes_units_and_no_seeds():
    first = answers(100)
    second = first.copy()
    second[:, 7] = 1 - second[:, 7]
    choice = choose({"first": first, "second": second}, ("first", "second"), stream(0, "choice"))
    assert not choice.decided
    assert choice.settling.seeds is None
    # As many units, with as few that tell the arms apart (so that the lead, in points, is less).
    units = choice.settling.units
    first, second = answers(units), answers(units)
    second[:, 7] = 1 - second[:, 7]
    settled = choose({"first": first, "second": second}, ("first", "second"), stream(0, "choice"))
    assert choice.confidence < 0.91
    assert settled.confidence > 0.92


def test_nothing_would_settle_what_is_sure_or_what_no_unit_tells_apart():
    refused = choose(tables((0.62, 0.5, 0.5)), ARMS, stream(0, "choice"), baseline=0.9)
    assert (refused.decided, refused.settling) == (False, None)
    same = choose(dict.fromkeys(ARMS, answers(40)), ARMS, stream(0, "choice"))
    assert same.confidence < 0.95
    assert same.settling is None


def test_the_cost_is_never_more_than_what_is_missing_to_a_perfect_score():
    values = tables((0.9, 0.88, 0.85), seeds=2, units=30, spread=0.3)
    choice = choose(values, ARMS, stream(0, "choice"))
    recommended = values[choice.recommended].mean()
    assert choice.worst_cost == pytest.approx(max(0, 1 - recommended))


def test_equal_arms_are_rarely_called_wrongly():
    """With three arms, two of them 2 points behind, the choice is seldom one of those."""
    wrong = decided = 0
    for seed in range(200):
        choice = choose(
            tables((0.80, 0.78, 0.78), seeds=5, spread=0.02, seed=seed),
            ARMS,
            stream(seed, "choice"),
        )
        decided += choice.decided
        wrong += choice.decided and choice.recommended != "first"
    assert wrong <= 0.05 * 200
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


def test_one_seed_of_the_best_arm_is_said_of_that_arm_alone():
    values = tables((0.9, 0.7, 0.6))
    values["first"][1:] = np.nan
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.notes == ("first: one seed, so no interval",)
    assert choice.confidence is None


def test_arms_without_seeds_in_common_are_said_to_be_so():
    values = tables((0.9, 0.7, 0.6))
    values["first"][:3] = np.nan
    values["second"][3:] = np.nan
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.notes == ("second: no seeds in common with first, so no interval",)
    assert not choice.decided


@pytest.mark.parametrize(
    ("baseline", "remedy"),
    [
        (0.6, "a larger test set, or more seeds, to tell it from the most frequent label"),
        (0.9, "labels that can be learnt from these texts, or more training data"),
        (1.0, None),
    ],
)
def test_where_the_most_frequent_label_blocks_the_choice_no_test_size_is_named(baseline, remedy):
    values = tables((0.61, 0.605, 0.5), spread=0.03)
    assert choose(values, ARMS, stream(0, "choice")).settling is not None
    choice = choose(values, ARMS, stream(0, "choice"), baseline=baseline)
    assert choice.settling is None
    assert [blocker.remedy for blocker in choice.blockers] == [remedy]
