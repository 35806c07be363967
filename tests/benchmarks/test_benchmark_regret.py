import json

import pytest
from simulated_store import SimulatedStore

from wvexp.benchmarks.regret import regret_benchmark


@pytest.fixture(scope="module")
def found():
    return regret_benchmark([SimulatedStore(seeds=4, units=800)])


def test_every_setting_is_scored_both_ways(found):
    assert len(found["settings"]) == 2 * 4
    assert found["left_out"] == 0
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
    assert found["left_out"] == 1
    assert {s["size"] for s in found["settings"]} == {100, 1600, 6400}


def test_conditions_and_files_are_settings_of_their_own():
    first = SimulatedStore(seeds=2, units=60).merge(
        SimulatedStore(seeds=2, units=60, condition="b")
    )
    both = regret_benchmark([first, SimulatedStore(seeds=2, units=60, condition="a")])
    assert len(both["settings"]) == 3 * 8
    assert len(both["summary"]) == 5
