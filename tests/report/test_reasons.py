"""Every reason and every remedy has words, and the words need no more than the reason has."""

import ast
import inspect
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import wvexp
from wvexp.analysis.choice import Blocker
from wvexp.analysis.comparisons import compare_arms
from wvexp.analysis.evidence import of_pair
from wvexp.analysis.reason import Reason, Remedy, Why
from wvexp.data.leakage import Leakage
from wvexp.report import reasons
from wvexp.report.advice import advice
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.reasons import briefly, comparison_words, in_short, in_words, remedy_words

ROOT = Path(wvexp.__file__).parent


def test_a_comparison_in_words():
    """No spread over units, so that it is the t interval over seeds, worked out by hand."""
    units = 20_000
    a = np.full((1, 4, units), 0.5) + np.array([0.18, 0.22, 0.18, 0.22])[None, :, None]
    b = np.full((1, 4, units), 0.5)
    values = {"tuned": a, "frozen": b}
    pair = of_pair(compare_arms(values, [1200.0]), values, {}, "tuned", "frozen")
    assert comparison_words(pair.evidence[0]) == (
        # a standard error of 2 x sqrt(4 / 3) / sqrt(4) = 1.155 points, t(3) 3.182
        "tuned minus frozen is +20.0 points [+16.3, +23.7] at size 1,200, 4 seeds"
    )


def test_every_kind_has_words():
    assert set(reasons._WORDS) == set(Why)
    assert set(reasons._REMEDIES) == set(Remedy)


def made(kind):
    """Where the package makes a `Reason` of a kind that is written out, with its values' names."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name("Reason"), args=[ast.Attribute(attr=kind.name)]):
                    yield path.name, [keyword.arg for keyword in node.keywords]


# Made of one kind or another, by a name: `Reason(why, ...)`.
BY_NAME = {
    *(Why.GAIN_BELOW_AGAIN, Why.GAIN_BELOW_UNCALLED, Why.OTHER_UNITS, Why.NO_COUNTS),
    *(Why.CURVE_NOT_FITTED, Why.CURVE_FITS_BADLY),
}


@pytest.mark.parametrize("kind", Why)
def test_words_take_the_values_that_the_reason_is_given(kind):
    places = list(made(kind))
    assert places or kind in BY_NAME, "a kind that nothing makes"
    words = reasons._WORDS[kind]
    takes = set(inspect.signature(words).parameters)
    if hasattr(words, "__wrapped__"):
        takes.add("evidence")
    for where, names in places:
        if None in names:  # some of them by `**`
            assert set(names) - {None} <= takes, where
        else:
            assert set(names) == takes, where


@pytest.mark.parametrize(
    ("shared", "checked", "pooled", "words"),
    [
        (
            1200,
            3456,
            False,
            "1,200 of 3,456 test sentences (34.7%, of 5 words and more) also stand in "
            "the training data: test scores may be too high",
        ),
        (
            6,
            1975,
            False,
            "6 of 1,975 test sentences (0.3%, of 5 words and more) also stand in the training data",
        ),
        (
            20,
            1975,
            True,
            "20 of 1,975 sentences (1.0%, of 5 words and more) stand in more than one "
            "document: test scores may be too high",
        ),
    ],
)
def test_text_that_was_trained_on_is_counted_and_what_it_does_said(shared, checked, pooled, words):
    leakage = Leakage(shared, checked, pooled)
    assert in_words(Reason(Why.LEAKAGE, **asdict(leakage))) == words


def test_the_detail_is_left_out_where_it_is_said_briefly():
    no_result = Reason(Why.NO_RESULT, seeds=(3, 4))
    reason = Reason(Why.CELL, arm="random-tuned", size=1000.0, because=no_result)
    assert in_words(reason) == "random-tuned at size 1,000: no result in seed 3, 4"
    assert briefly(reason) == "random-tuned at size 1,000"
    assert briefly(no_result) == in_words(no_result) == "no result in seed 3, 4"


def test_a_remedy_names_what_its_reason_is_about():
    beyond = Reason(Why.BETTER_BEYOND_THE_GRID, arms=("a", "b"))
    assert remedy_words(Blocker(beyond, Remedy.RATES_BEYOND)) == (
        "learning rates beyond those tried, for a and b"
    )
    short = Reason(Why.SHORT_OF_WANTED_SIZE, measured=100, wanted=9000, unit="tokens")
    assert remedy_words(Blocker(short, Remedy.WANTED_SIZE)) == (
        "runs on all 9,000 training tokens (a larger budget)"
    )
    assert remedy_words(Blocker(short)) is None


def test_reasons_in_short():
    one, two = Reason(Why.SINGLE_SEED), Reason(Why.NO_RUN_OF_ARM, arm="random-tuned")
    assert in_short((one,)) == in_words(one)
    assert in_short((two, one, one)) == "no run of the arm random-tuned (and 2 more)"


def test_advice_minds_what_is_long_without_its_detail(simulated):
    f = find(measure(simulated(seeds=2), "c0ffee"))
    cells = tuple(("pretrained-tuned", 100.0 * k, "lowest") for k in range(1, 5))
    for some, end in (
        (cells[:1], "1 of 9 cells: pretrained-tuned at 100 (lowest)"),
        (cells, "4 of 9 cells"),
    ):
        edges = Reason(Why.RATES_AT_AN_EDGE, cells=some, total=9)
        said = advice(replace(f, problems=(edges, Reason(Why.SINGLE_SEED))))[-1]
        assert said == (
            f"Mind: the best learning rate is the lowest or highest tried in {end} "
            "(and 1 more, in the report)."
        )
    page = replace(f, problems=(edges,)).to_json()
    assert page["problems"][0].endswith("pretrained-tuned at 400 (lowest)")
    assert page["falls_short"] == ""
