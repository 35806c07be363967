"""Words claim what the intervals and calls support, and nothing beyond."""

import numpy as np
import pytest

from wvexp.analysis.components import Joint
from wvexp.analysis.crossover import Crossover, find_sign_changes
from wvexp.analysis.fading import gain_fades
from wvexp.analysis.reason import Reason, Why
from wvexp.report.advice import advice
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.words import about, crossover_words, fade_words

SIZES = (100.0, 300.0, 1000.0, 3000.0, 8662.0)


def crossing(*means):
    k = len(means)
    joint = Joint(np.array(means, float), 1e-4 * np.eye(k), np.full(k, 50.0))
    return find_sign_changes(joint, SIZES[:k])


def said(*means):
    return crossover_words(crossing(*means), "cats", "dogs", "sentences")


def test_none_is_said_where_every_size_is_decided():
    assert said(0.1, 0.1, 0.1, 0.1, 0.1) == "cats is ahead at every size measured"
    assert said(-0.1, -0.1) == "dogs is ahead at every size measured"


def test_an_undecided_size_is_never_part_of_a_lead():
    words = said(0.1, 0.1, 0.0, 0.1, 0.1)
    assert "every size" not in words
    assert words == "cats is ahead at 100, 300, 3,000 and 8,662 sentences; not decided at 1,000"


def test_one_change():
    words = said(0.1, 0.1, -0.1, -0.1, -0.1)
    assert words.startswith("cats is ahead up to about ")
    assert ", dogs from about " in words
    assert words.endswith(" to 8,662, the largest measured")


def test_a_lead_at_the_last_size_alone_is_said_of_that_size():
    changed = Crossover("one", 300.0, 8600.0, None, "A", "B", (300.0, 8662.0), "A", "B", ("A", "B"))
    assert crossover_words(changed, "cats", "dogs", "sentences") == (
        "cats is ahead up to 300 sentences, dogs at 8,662, the largest size measured"
    )


def test_one_change_with_an_undecided_first_size_names_both_leaders():
    words = said(0.0, 0.1, -0.1, 0.0, -0.1)
    assert "neither" not in words
    assert words.startswith("cats is ahead at 300 sentences, dogs at 1,000 and 8,662; they change ")
    assert words.endswith("; not decided at 100 and 3,000")


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ((0.1, -0.1, 0.1, 0.1, 0.1), "; they change places more than once between about "),
        ((0.0, 0.1, 0.1, 0.1, 0.1), "cats is ahead from about "),
        ((0.0, 0.1, 0.0, 0.1, 0.1), "not decided at 1,000; whether cats and dogs change places"),
        ((-0.1, -0.1, -0.1, -0.1, 0.0), "dogs is ahead up to about "),
        ((-0.1, 0.0, -0.1, -0.1, 0.0), "not decided at 300; whether cats and dogs change places"),
        ((0.0, 0.0), "neither cats nor dogs is surely ahead at 100 sentences or at 300"),
        ((0.0, 0.1, 0.0), "or at 1,000; cats is ahead at 300"),
    ],
)
def test_the_other_statuses(means, expected):
    assert expected in said(*means)


def test_a_lead_up_to_a_measured_size_is_exact_and_between_sizes_is_about():
    measured = Crossover(
        "beyond_last", 1000.0, None, None, "A", None, (1000.0, 8662.0), "A", None, ("A", None)
    )
    assert "cats is ahead up to 1,000 sentences;" in crossover_words(
        measured, "cats", "dogs", "sentences"
    )


def test_a_size_without_an_interval_is_no_part_of_every_size(simulated):
    store = simulated(seeds=3)
    for seed in (1, 2):
        store.drop(train_size=6400, seed=seed)
    words = [line for line in advice(find(measure(store, "c0ffee"))) if "is ahead" in line]
    assert len(words) == 1
    assert "size 6,400 left out: 1 seed in common" in words[0]


def test_too_few_sizes_give_the_reason():
    because = Reason(Why.FEW_SEEDS_IN_COMMON, seeds=1)
    left_out = Reason(Why.SIZE_LEFT_OUT, size=300.0, because=because)
    notes = left_out, Reason(Why.FEW_SIZES, sizes=1)
    nothing = Crossover("undecided", None, None, None, None, None, (100.0,), notes=notes)
    words = crossover_words(nothing, "a", "b", "tokens")
    assert words.endswith("size 300 left out: 1 seed in common")


def fading(gains, units=300, noise=0.05):
    rng = np.random.default_rng(0)
    b = rng.normal(0.6, 0.3, (len(gains), 5, units))
    a = b + np.array(gains)[:, None, None] + rng.normal(0, noise, b.shape)
    return fade_words(gain_fades(a, b, SIZES[: len(gains)], margin=0.01), "sentences")


@pytest.mark.parametrize(
    ("gains", "expected"),
    [
        ([0.1, 0.06, 0.03, 0.001, 0.0], "falls below 1 point between about "),
        ([0.0, 0.0, -0.01, 0.0, 0.0], "below 1 point at every size measured"),
        ([0.01, 0.0, 0.0, 0.0, 0.0], "below 1 point from about "),
        ([0.2, 0.2, 0.2, 0.2, 0.2], "above it up to 10 times as many"),
    ],
)
def test_a_gain_that_fades(gains, expected):
    assert expected in fading(gains)


def test_a_gain_that_comes_back_falls_below_for_good_after_it():
    words = fading([0.1, -0.06, 0.012, 0.012, -0.06])
    assert words.startswith("falls below 1 point for good between about ")
    assert not words.startswith("falls below 1 point for good between about 100 and about 300")


def test_a_gain_that_begins_below_the_margin_is_not_said_to_fade():
    """Random beats pretrained on the small sets, and pretrained random on the large ones."""
    words = fading([-0.05, -0.03, 0.0, 0.05, 0.1])
    assert words.startswith("below 1 point at about ")
    assert ", above 1 point at about " in words
    assert "falls" not in words
    risen = fading([-0.05, -0.03, -0.02, 0.0, 0.01])
    assert risen.startswith("below 1 point at 100 sentences; ")
    assert "above" not in risen


def test_a_gain_that_dips_is_above_the_margin_at_both_ends():
    words = fading([0.1, 0.0, -0.05, 0.0, 0.1])
    assert words.startswith("above 1 point at 100 sentences and at 8,662; whether it falls below ")


def test_an_extrapolated_size_is_said_to_be_one():
    words = fading((0.2 * (np.array(SIZES) / 100) ** -0.5).tolist(), noise=0.005)
    assert words.startswith("still above 1 point at 8,662 sentences; extrapolated, not measured")
    assert "at about " in words


def test_grammar_of_one(simulated):
    store = simulated({"random-tuned": (0.6,)}, sizes=(50,), rates=(0.1,), seeds=1)
    words = about(find(measure(store, "c0ffee")))
    assert words.startswith("1 run: 1 arm, 1 training size, 1 seed; learning rate 0.1; ")


def test_an_arm_ahead_that_no_call_bears_out_is_named(simulated):
    """Of 36 comparisons a lead of two standard errors is not called, though its interval holds."""
    f = find(measure(simulated(seeds=4, units=250), "c0ffee"))
    uncalled = [
        c.size
        for c in f.comparisons
        if (c.a, c.b) == ("pretrained-frozen", "pretrained-tuned")
        and c.winner is None
        and not c.difference.low < 0 < c.difference.high
    ]
    assert uncalled
    [line] = [line for line in advice(f) if line.startswith("Where it flips")]
    assert line.endswith(f"; called at no size with all {len(f.comparisons)} comparisons counted.")
    some = find(measure(simulated(), "c0ffee"))
    [line] = [line for line in advice(some) if line.startswith("Where it flips")]
    assert line.endswith(
        f"; not called at 100 with all {len(some.comparisons)} comparisons counted."
    )
