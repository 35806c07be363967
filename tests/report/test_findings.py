import json

import numpy as np
import pytest

from wvexp.report.advice import advice
from wvexp.report.findings import find, plain
from wvexp.report.measurements import measure


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
    for scores in f.tuning.values():
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
    assert len(lines) <= 10
    json.dumps(f.to_json(), allow_nan=False)


def test_no_evidence_at_all_has_no_recommendation(simulated):
    store = simulated(seeds=1)
    store._counts.clear()
    f = find(measure(store, "c0ffee"))
    assert f.choice.recommended is None
    assert advice(f)[0] == "No answer: no arm was measured."
