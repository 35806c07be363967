import json
from dataclasses import replace

import numpy as np
import pytest

from wvexp.analysis.power_law import PowerLaw
from wvexp.report.advice import advice
from wvexp.report.findings import find, plain
from wvexp.report.measurements import measure
from wvexp.report.reasons import in_words


def test_the_planted_truth_is_found(simulated):
    f = find(measure(simulated(seeds=8, units=3000), "c0ffee"))
    assert f.choice.recommended == "pretrained-tuned"
    crossing = f.crossovers["pretrained-frozen - pretrained-tuned"]
    assert crossing.status == "one"
    assert crossing.low < 400 * 2**1.0 < crossing.high * 2  # the true lines cross at 400 to 1600
    status = {v.claim: v.status for v in f.verdicts}
    assert status["tune_when_large"] == "supported"
    assert status["freeze_when_small"] == "supported"
    assert all(s.low < s.score < s.high for s in f.scores)


def test_findings_are_json_without_nan(simulated):
    f = find(measure(simulated(seeds=2).drop(arm="random-frozen", train_size=100), "c0ffee"))
    content = json.loads(json.dumps(f.to_json(), allow_nan=False))
    assert content["choice"]["recommended"] == f.choice.recommended
    assert len(content["runs"]) == len(f.runs)
    assert plain({1.0: np.array([np.nan, 2.0]), "t": (np.int64(3),)}) == {
        "1": [None, 2.0],
        "t": [3],
    }


def test_expected_validation_rises_with_trials_and_uses_every_rate(simulated):
    f = find(measure(simulated(seeds=4), "c0ffee"))
    for scores in f.lr_trials.values():
        assert len(scores) == 12
        assert np.all(np.diff(scores) >= 0)


def one_seed(simulated):
    return simulated(seeds=1)


def one_size(simulated):
    store = simulated(seeds=3)
    for size in (100, 400, 1600):
        store.drop(train_size=size)
    return store


def constant(simulated):
    return simulated(dict.fromkeys(("pretrained-frozen", "pretrained-tuned"), (1.0,) * 4))


def one_arm(simulated):
    return simulated({"random-frozen": (0.6, 0.6, 0.7, 0.7)}, seeds=3)


def without_frozen(simulated):
    return simulated(seeds=3).drop(arm="pretrained-frozen")


def one_seed_at_the_largest_size(simulated):
    store = simulated(seeds=3)
    for seed in (1, 2):
        store.drop(train_size=6400, seed=seed)
    return store


def one_run(simulated):
    return simulated({"random-tuned": (0.6,)}, sizes=(50,), rates=(0.1,), seeds=1)


@pytest.mark.parametrize(
    "make",
    [one_seed, one_size, constant, one_arm, without_frozen, one_run, one_seed_at_the_largest_size],
    ids=lambda f: f.__name__,
)
def test_little_evidence_is_undecided_and_says_what_is_missing(simulated, make):
    f = find(measure(make(simulated), "c0ffee"))
    assert not f.choice.decided
    assert f.problems
    lines = advice(f)
    assert lines[0].startswith("Undecided")
    assert len(lines) <= 11
    json.dumps(f.to_json(), allow_nan=False)


def test_no_evidence_at_all_has_no_recommendation(simulated):
    store = simulated(seeds=1)
    store._counts.clear()
    f = find(measure(store, "c0ffee"))
    assert f.choice.recommended is None
    assert advice(f)[0] == "No answer: no arm was measured."


def always_the_most_frequent_label(simulated, units):
    """Every arm gives the label of 60 % of the test units, whatever its vectors."""
    store = simulated(seeds=4, units=units)
    for key, counts in store._counts.items():
        counts[:, 0] = np.arange(units) < 0.6 * units
        labels = {"positive": {"support": 6}, "negative": {"support": 4}}
        store._runs[key] = {**store._runs[key], "per_class": labels}
    return store


@pytest.mark.parametrize("units", [60, 3000])
def test_arms_that_learnt_nothing_are_no_choice(simulated, units):
    f = find(measure(always_the_most_frequent_label(simulated, units), "c0ffee"))
    assert not f.choice.decided
    lines = advice(f)
    assert lines[0].startswith("Undecided")
    assert "no test unit tells the arms apart" in lines[1]
    assert "not surely better than always giving the same answer, 60.0 %" in lines[1]
    assert "the most frequent label alone would score 60.0 %" in lines[2]
    status = {v.claim: v.status for v in f.verdicts}
    assert status["freeze_when_small"] == status["tune_when_large"] == "undecided"
    if units == 60:
        assert {c.difference.call for c in f.comparisons} == {"undecided"}


def test_the_cost_is_unknown_while_an_arm_is_unmeasured(simulated):
    f = find(measure(without_frozen(simulated), "c0ffee"))
    [cost] = [line for line in advice(f) if line.startswith("What it costs")]
    assert cost == "What it costs to be wrong: unknown (pretrained-frozen: not measured)."


def test_intervals_end_at_0_and_100_percent(simulated):
    near = {
        "pretrained-frozen": (0.99, 0.99, 0.98, 0.99),
        "random-frozen": (0.02, 0.01, 0.02, 0.02),
    }
    f = find(measure(simulated(near, seeds=3, units=40), "c0ffee"))
    ends = [end for s in f.scores for end in (s.low, s.high) if end is not None]
    assert min(ends) == 0
    assert max(ends) == 1
    assert all(0 <= p.low <= p.high <= 1 for curve in f.curves.values() for p in curve.points)


def test_a_cross_fit_is_said_and_widened(simulated):
    plain = find(measure(simulated(seeds=4), "c0ffee"))
    folded = find(replace(measure(simulated(seeds=4), "c0ffee"), folds=5))
    assert "Cross-fitted: it holds for these examples" in advice(folded)[0]
    assert "Cross-fitted" not in advice(plain)[0]
    for one, other in zip(plain.comparisons, folded.comparisons, strict=True):
        assert other.difference.estimate == one.difference.estimate
        assert other.difference.standard_error == pytest.approx(1.5 * one.difference.standard_error)
    for one, other in zip(plain.scores, folded.scores, strict=True):
        assert other.high - other.low == pytest.approx(1.5 * (one.high - one.low))


def test_a_curve_that_cannot_be_fitted_is_a_problem_and_no_crash(simulated, monkeypatch):
    def singular(*args, **kwargs):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(PowerLaw, "fit", singular)
    f = find(measure(simulated(seeds=3), "c0ffee"))
    assert in_words(f.problems[-1]).startswith(f"learning curve of {', '.join(f.arms)}: no curve: ")


def test_large_sizes_that_were_not_measured_leave_their_claims_untested(simulated):
    store = simulated(seeds=8, units=2000)
    for size in (1600, 6400):
        store.drop(train_size=size)
    f = find(measure(store, "c0ffee"), wanted_size=6400)
    status = {v.claim: v.status for v in f.verdicts}
    assert status["tune_when_large"] == status["random_suffices"] == "not tested"
    assert status["freeze_when_small"] == "supported"
    lines = "\n".join(advice(f))
    assert "Pretrained minus random at 400 sentences: " in lines
    for line in ("Where it flips", "The gain of pretrained"):
        [said] = [x for x in advice(f) if x.startswith(line)]
        assert said.endswith("measured up to 400 of 6,400 training sentences.")
    assert "What would settle it: runs on all 6,400 training sentences" in lines


def settling(f):
    return [line for line in advice(f) if line.startswith("What would settle it")]


def test_what_would_settle_it_speaks_of_what_stands_in_the_way(simulated):
    def with_labels(positive, negative):
        def edit(run):
            run["per_class"] = {
                "positive": {"support": positive},
                "negative": {"support": negative},
            }

        return find(measure(simulated(seeds=3, units=200).change(edit), "c0ffee"))

    assert "seeds in all, to tell" in settling(with_labels(300, 300))[0]
    assert settling(with_labels(300, 0)) == []
    [hopeless] = settling(with_labels(290, 10))
    assert hopeless == (
        "What would settle it: labels that can be learnt from these texts, or more training data."
    )
    absent = find(measure(simulated(seeds=8).drop(arm="random-tuned"), "c0ffee"))
    assert settling(absent) == ["What would settle it: runs of random-tuned."]


def test_an_instruction_claims_nothing(simulated):
    store = simulated({"random-frozen": (0.7, 0.8), "random-tuned": (0.6, 0.7)}, sizes=(100, 400))
    assert advice(find(measure(store, "c0ffee")))[0] == (
        "Undecided; the best so far is random-frozen: start from random vectors and freeze them."
    )
