"""What a claim says of the choice beside it: by claim, status and arm."""

from dataclasses import replace

import pytest

from wvexp.analysis.reason import Reason, Why
from wvexp.report.advice import advice, headline
from wvexp.report.agreement import beside_choice
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.quantities import surely
from wvexp.report.reasons import in_words

TOP = 6400


@pytest.fixture(scope="module")
def findings(simulated):
    return find(measure(simulated(seeds=8), "c0ffee"))


def call(verdict, winner, size=TOP):
    """The verdict, resting on a comparison at the largest size with this call."""
    comparison = next(
        e.comparison
        for e in verdict.evidence
        if e.comparison.size == size
        and (winner is None or winner in (e.comparison.a, e.comparison.b))
    )
    called = {comparison.a: "A", comparison.b: "B", None: "undecided"}.get(winner, winner)
    told = replace(comparison, difference=replace(comparison.difference, call=called))
    return replace(verdict, deciding=replace(verdict.evidence[0], comparison=told))


FROZEN, TUNED, RANDOM = "pretrained-frozen", "pretrained-tuned", "random-tuned"


@pytest.mark.parametrize(
    ("claim", "status", "winner", "chosen", "beside"),
    [
        ("tune_when_large", "supported", TUNED, TUNED, None),
        ("tune_when_large", "supported", TUNED, FROZEN, "says_less"),
        ("tune_when_large", "undecided", None, TUNED, "says_less"),
        ("tune_when_large", "undecided", None, RANDOM, None),
        ("tune_when_large", "not tested", None, TUNED, None),
        ("random_suffices", "supported", None, TUNED, "higher_score"),
        ("random_suffices", "supported", None, RANDOM, None),
        ("random_suffices", "undecided", None, TUNED, None),
        ("random_suffices", "undecided", None, RANDOM, "less_sure"),
        ("random_suffices", "contradicted", TUNED, TUNED, None),
        ("random_suffices", "contradicted", TUNED, RANDOM, "says_less"),
        ("pretrained_at_least_random", "supported", TUNED, RANDOM, "higher_score"),
        ("pretrained_at_least_random", "supported", TUNED, TUNED, None),
        ("pretrained_at_least_random", "undecided", RANDOM, TUNED, "less_sure"),
        ("pretrained_at_least_random", "contradicted", RANDOM, TUNED, "says_less"),
        ("pretrained_at_least_random", "contradicted", RANDOM, RANDOM, None),
        ("freeze_when_small", "undecided", None, TUNED, None),
    ],
)
def test_every_claim_beside_every_choice(findings, claim, status, winner, chosen, beside):
    [verdict] = [v for v in findings.verdicts if v.claim == claim]
    size = 100 if claim == "freeze_when_small" else TOP
    reason = Reason(Why.NO_RUN, arms=("this",))
    verdict = replace(call(verdict, winner, size), status=status, reason=reason, beside=None)
    near = dict.fromkeys(findings.choice.near_best, 0.1) | {chosen: 0.97}
    choice = replace(findings.choice, recommended=chosen, decided=True, near_best=near)
    [told] = beside_choice([verdict], choice, TOP, 0.01)
    assert told.beside == beside
    assert in_words(told.reason).startswith("no run of this; ") == (beside is not None)
    assert (chosen in in_words(told.reason)) == (beside is not None)


def test_equivalence_beside_the_choice_is_for_the_higher_score(findings):
    [verdict] = [v for v in findings.verdicts if v.claim == "tune_when_large"]
    comparison = replace(
        verdict.deciding.comparison,
        difference=replace(verdict.deciding.comparison.difference, call="equivalent"),
    )
    deciding = replace(verdict.deciding, comparison=comparison)
    verdict = replace(verdict, status="undecided", deciding=deciding)
    choice = replace(findings.choice, recommended=TUNED, decided=True)
    [told] = beside_choice([verdict], choice, TOP, 0.01)
    assert in_words(told.reason).endswith("; pretrained-tuned is the choice for its higher score")


def test_a_probability_is_rounded_down_and_never_certain():
    assert [surely(p) for p in (0.94999, 0.95, 0.9749, 0.9999, 1.0)] == [
        0.949,
        0.95,
        0.974,
        0.999,
        0.999,
    ]


def test_an_arm_ahead_of_the_recommended_is_named(simulated):
    """The recommended has the higher mean over all its seeds, and is behind over those shared."""
    store = simulated(seeds=6, units=2000)
    for key, run in store._runs.items():
        if run["train_size"] == TOP and run["arm"] == "pretrained-frozen":
            counts = store._counts[key]
            counts[:, 0] = 1 if run["seed"] > 2 else counts[:, 0]
    for seed in (3, 4, 5):
        store.drop(arm=TUNED, train_size=TOP, seed=seed)
    f = find(measure(store, "c0ffee"))
    assert f.choice.recommended == FROZEN
    assert "pretrained-frozen" in headline(f)
    assert "; ahead of it over the seeds in common: pretrained-tuned" in advice(f)[1]


def test_no_answer_names_the_size(simulated):
    store = simulated(seeds=2)
    for run in store.runs(train_size=TOP):
        store._counts.pop(run.key)
    f = find(measure(store, "c0ffee"))
    assert f.scores
    assert headline(f) == "No answer: no arm was measured at 6,400 sentences."


@pytest.mark.parametrize(
    ("cost", "score", "said"),
    [
        (None, 0.8, "unknown (too few seeds in common)."),
        (0.0, 0.8, "no other arm is better, each by its 95 % interval."),
        (0.0101, 0.8, "at most 1.1 points, the far end of another arm's 95 % interval."),
        (
            0.2,
            0.8,
            "at most 20.0 points, the far end of another arm's 95 % interval, cut at 100 %.",
        ),
        (0.0, 1.0, "nothing on this test set, where its score is 100 %."),
    ],
)
def test_the_cost_is_no_less_than_the_interval_and_says_where_it_ends(findings, cost, score, said):
    choice = replace(findings.choice, worst_cost=cost)
    scores = tuple(replace(s, score=score) for s in findings.scores)
    f = replace(findings, choice=choice, scores=scores)
    assert f"What it costs to be wrong: {said}" in advice(f)
