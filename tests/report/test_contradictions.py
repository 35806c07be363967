"""No report contradicts itself, over many simulated outcomes; the checker finds what is planted.

WVEXP_OUTCOMES sets how many outcomes are looked at.
"""

import os
import re
from dataclasses import replace
from functools import cache

import pytest
from contradictions import in_findings, missing_from, on_page, page_of, said_ahead
from simulated_outcomes import decided, outcome

from wvexp.report.page import html
from wvexp.report.reasons import in_words

OUTCOMES = int(os.environ.get("WVEXP_OUTCOMES", "150"))
PAIR = "pretrained-frozen", "pretrained-tuned"


@cache
def found(number):
    f = outcome(number)
    return f, page_of(f, decided(f))


@pytest.mark.parametrize("first", range(0, OUTCOMES, 50))
def test_no_outcome_contradicts_itself(first):
    wrong = {}
    for number in range(first, min(first + 50, OUTCOMES)):
        f, page = found(number)
        said = [*in_findings(f), *on_page(page)]
        if number % 20 == 0:
            said += [f"page: without {text}" for text in missing_from(html(f, []), f)]
        if said:
            wrong[number] = said
    assert not wrong


def test_the_outcomes_are_of_every_kind():
    """A checker that never meets a kind of outcome would prove nothing of it."""
    outcomes = [found(number)[0] for number in range(min(OUTCOMES, 150))]
    verdicts = [v for f in outcomes for v in f.verdicts]
    assert sum(f.choice.decided for f in outcomes) >= 10
    assert sum(bool(f.falls_short) for f in outcomes) >= 5
    assert sum(f.cut_short for f in outcomes) >= 5
    assert sum(f.folds is not None for f in outcomes) >= 5
    assert {v.status for v in verdicts} == {"supported", "contradicted", "undecided", "not tested"}
    assert {v.beside for v in verdicts} >= {None, "says_less", "less_sure"}
    statuses = {crossing.status for f in outcomes for crossing in f.crossovers.values()}
    assert statuses >= {"one", "none", "before_first", "beyond_last", "undecided"}
    assert {f.fade.status for f in outcomes if f.fade} >= {"measured", "below", "above", "growing"}


def whose(wanted):
    """The first outcome of which it is true, and its page."""
    return next(found(n) for n in range(400) if wanted(found(n)[0]))


def verdict(f, claim):
    return next(v for v in f.verdicts if v.claim == claim)


def edit(page, before, after):
    """The page with other words."""

    def changed(text):
        return re.sub(before, after, text)

    told = replace(
        page,
        lines=[changed(line) for line in page.lines],
        claims={c: (changed(status), changed(why)) for c, (status, why) in page.claims.items()},
        tables={
            title: [{head: changed(cell) for head, cell in row.items()} for row in rows]
            for title, rows in page.tables.items()
        },
        mind=[changed(entry) for entry in page.mind],
    )
    assert told != page
    return told


def kinds(said):
    return {line.partition(":")[0] for line in said}


def taken_for_less(f):
    return verdict(f, "tune_when_large").beside == "says_less"


def as_good(f):
    return verdict(f, "random_suffices").beside == "less_sure"


def ahead_everywhere(f):
    crossing = f.crossovers.get(" - ".join(PAIR))
    called = [c.winner for c in f.comparisons if (c.a, c.b) == PAIR]
    return crossing and crossing.status == "none" and None in called


def fades_uncalled(f):
    fades = f.fade and f.fade.status in ("measured", "below")
    return fades and verdict(f, "random_suffices").status == "undecided"


def ahead_at_the_smallest(f):
    return "is ahead by the interval" in in_words(verdict(f, "freeze_when_small").reason)


def grows(f):
    return f.fade and f.fade.status == "growing"


def partly_measured(f):
    return any("some runs at" in in_words(entry) for entry in f.problems)


def is_decided(f):
    return f.choice.decided


def costs_something(f):
    return f.choice.decided and (f.choice.worst_cost or 0) > f.margin


def undecided_without_blockers(f):
    return f.choice.confidence and not f.choice.decided and not f.choice.blockers


def falls_short(f):
    return f.falls_short and len(f.sizes) > 1


WORDS = [
    (taken_for_less, r"; that [^;]* says less: [^;]*$", ".", "choice and claim"),
    (as_good, r"; that random-tuned [^;]*$", ".", "choice and claim"),
    (ahead_everywhere, " is ahead ", " leads ", "lead and call"),
    (
        ahead_everywhere,
        r"; (not )?called at [^;]*? with all \d+ comparisons counted",
        "",
        "flip and call",
    ),
    (ahead_everywhere, r"at every size measured", "up to 99 sentences", "flip"),
    (fades_uncalled, "by the interval at the largest size alone", "at the end", "fade and claim"),
    (
        ahead_at_the_smallest,
        r"^[\w-]+ is ahead by the interval[^:]*:",
        "no winner:",
        "claim and flip",
    ),
    (grows, "and growing", "extrapolated, not measured: falls below it", "fade and claim"),
    (partly_measured, "some runs at", "all arms at", "left out"),
    (is_decided, "^Take ", "Undecided; the best so far is ", "undecided"),
    (is_decided, r"^How sure: [\d.]+ %", "How sure: 94.9 %", "decided"),
    (costs_something, ", the far end of another arm's 95 % interval", "", "cost"),
    (costs_something, r"at most [\d.]+ points?, the.*", "no other arm is better.", "cost"),
    (undecided_without_blockers, r"^How sure: [\d.]+ %", "How sure: 95.0 %", "undecided"),
    (undecided_without_blockers, "^Undecided; the best so far is ", "Take ", "decided"),
    (falls_short, "not tested", "undecided", "left out"),
]


@pytest.mark.parametrize(("wanted", "before", "after", "kind"), WORDS)
def test_planted_words_are_caught(wanted, before, after, kind):
    _, page = whose(wanted)
    assert not on_page(page)
    assert kind in kinds(on_page(edit(page, before, after)))


def with_choice(**changed):
    return lambda f: replace(f, choice=replace(f.choice, **changed))


def with_verdict(claim, **changed):
    return lambda f: replace(
        f,
        verdicts=tuple(replace(v, **changed) if v.claim == claim else v for v in f.verdicts),
    )


def without_leaders(f):
    name = " - ".join(PAIR)
    crossing = f.crossovers[name]
    nobody = replace(crossing, leaders=(None,) * len(crossing.sizes))
    return replace(f, crossovers={**f.crossovers, name: nobody})


STRUCTURES = [
    (is_decided, with_choice(confidence=0.94), "choice"),
    (is_decided, with_choice(recommended="no-arm"), "choice"),
    (falls_short, with_choice(decided=True), "choice"),
    (ahead_everywhere, without_leaders, "crossover"),
    (taken_for_less, with_verdict("tune_when_large", beside=None), "choice and claim"),
    (taken_for_less, with_verdict("tune_when_large", status="supported"), "claim"),
    (as_good, with_verdict("random_suffices", beside=None), "choice and claim"),
    (grows, lambda f: replace(f, fade=replace(f.fade, status="above")), "claim"),
    (falls_short, with_verdict("tune_when_large", status="undecided"), "claim"),
]


@pytest.mark.parametrize(("wanted", "change", "kind"), STRUCTURES)
def test_planted_structures_are_caught(wanted, change, kind):
    f, _ = whose(wanted)
    assert not in_findings(f)
    assert kind in kinds(in_findings(change(f)))


def test_planted_surfaces_are_caught():
    f, page = whose(is_decided)
    for key, value in (("choice", "undecided"), ("advice", []), ("recommended", "random-frozen")):
        other = replace(page, decision={**page.decision, key: value})
        assert "decision.json" in kinds(on_page(other))
    assert missing_from(html(f, []).replace("How sure", "So sure"), f)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cats-x is ahead at every size measured", ["cats-x"] * 4),
        ("cats-x is ahead up to about 310 sentences, dogs-x from about 900 to 8,662, the largest "
         "measured", ["cats-x", "cats-x", "dogs-x", "dogs-x"]),
        ("cats-x is ahead at 100 and 1,000 sentences, dogs-x at 8,662; not decided at 300",
         ["cats-x", None, "cats-x", "dogs-x"]),
        ("dogs-x is ahead at 8,662 sentences, the largest size measured; whether",
         [None, None, None, "dogs-x"]),
        ("cats-x leads at 100 sentences and at 8,662; not decided between about 150 and about 900",
         ["cats-x", None, None, "cats-x"]),
    ],
)  # fmt: skip
def test_the_words_are_read_as_a_reader_would(words, expected):
    said = said_ahead(words, (100, 300, 1000, 8662))
    assert [next(iter(arms), None) for arms in said.values()] == expected
