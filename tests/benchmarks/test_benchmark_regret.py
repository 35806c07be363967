import json

import numpy as np
import pytest
from simulated_store import SimulatedStore

from wvexp.benchmarks.regret import regret_benchmark
from wvexp.errors import UserError


@pytest.fixture(scope="module")
def found():
    return regret_benchmark([SimulatedStore(seeds=4, units=800)])


def test_every_setting_is_scored_both_ways(found):
    assert len(found["settings"]) == 2 * 4
    assert found["left_out"] == []
    assert {s["size"] for s in found["settings"]} == {100, 400, 1600, 6400}
    json.dumps(found, allow_nan=False)


def test_the_recommendation_beats_always_taking_a_bad_arm(found):
    summary = found["summary"]
    assert summary["recommended"]["misses"] == 0
    assert summary["recommended"]["mean_regret"] < 0.005
    # Random frozen vectors are 6 to 17 points behind the best in truth, at every size.
    assert summary["random-frozen"]["mean_regret"] > 0.05
    assert summary["random-frozen"]["miss_rate"] == 1.0


def test_incomplete_settings_are_left_out_and_counted():
    store = SimulatedStore(seeds=3, units=100).drop(arm="random-tuned", train_size=400)
    store.drop(arm="random-tuned", train_size=1600, seed=0)
    found = regret_benchmark([store.drop(arm="random-tuned", train_size=100, seed=1)])
    [left_out] = found["left_out"]
    assert left_out == {"condition": "c0ffee", "size": 400, "why": "no run of random-tuned"}
    assert {s["size"] for s in found["settings"]} == {100, 1600, 6400}


def with_entity_counts(store, counts_of):
    """The store as one of entity F1, with counts [units, 3] for each key."""
    for run in store.change(lambda run: run["metric"].update(name="entity_f1")).runs():
        store._counts[run.key] = counts_of(len(store.unit_ids(run.key)))
    return store


def test_entities_in_one_test_unit_alone_leave_the_settings_out():
    """Whichever half lacks that unit has no score."""

    def one_unit(units):
        return np.array([[3, 1, 1], *[[0, 0, 0]] * (units - 1)])

    found = regret_benchmark([with_entity_counts(SimulatedStore(seeds=2, units=40), one_unit)])
    assert found["settings"] == []
    assert len(found["left_out"]) == 4
    assert found["left_out"][0]["why"]


def test_arms_without_a_seed_in_common_leave_their_setting_out():
    store = SimulatedStore(seeds=4, units=100)
    for seed in range(4):
        arm = "random-tuned" if seed < 2 else "random-frozen"
        store.drop(arm=arm, train_size=100, seed=seed)
    found = regret_benchmark([store])
    assert [(one["size"], one["why"]) for one in found["left_out"]] == [
        (100, "no seed that random-frozen and random-tuned have in common")
    ]
    assert {s["size"] for s in found["settings"]} == {400, 1600, 6400}


def test_conditions_and_files_are_settings_of_their_own():
    first = SimulatedStore(seeds=2, units=60).merge(
        SimulatedStore(seeds=2, units=60, condition="b")
    )
    both = regret_benchmark([first, SimulatedStore(seeds=2, units=60, condition="a")])
    assert len(both["settings"]) == 3 * 8
    assert len(both["summary"]) == 5


def test_one_condition_is_taken_by_the_beginning_of_its_name():
    stores = [SimulatedStore(seeds=2, units=60, condition=name) for name in ("first", "second")]
    found = regret_benchmark(stores, condition="sec")
    assert {one["condition"] for one in found["settings"]} == {"second"}
    with pytest.raises(UserError, match="condition=third: no run has it"):
        regret_benchmark(stores, condition="third")
