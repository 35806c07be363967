"""A choice is held back where a learning rate beyond those tried could change it."""

import pytest

from wvexp.report.advice import advice
from wvexp.report.choice import choice_of, gain_beyond
from wvexp.report.findings import find
from wvexp.report.measurements import measure

ACCURACY = {
    "pretrained-frozen": (0.77,),
    "pretrained-tuned": (0.82,),
    "random-frozen": (0.65,),
    "random-tuned": (0.79,),
}


def measured(simulated, arm, by_rate):
    """Ten seeds at one size; the arm's validation scores are those given for its three rates."""
    store = simulated(ACCURACY, sizes=(6400,), seeds=10, units=3000)

    def rated(run):
        if run["arm"] == arm:
            run["metric"]["validation"] = by_rate[(0.0003, 0.001, 0.003).index(run["lr"])]

    store.change(rated)
    return measure(store, "c0ffee")


def test_within_the_grid_nothing_is_held_back(simulated):
    m = measured(simulated, "random-tuned", (0.70, 0.78, 0.74))
    assert not m.edges.any()
    assert choice_of(m, 0.01).decided


@pytest.mark.parametrize("by_rate", [(0.60, 0.62, 0.76), (0.76, 0.62, 0.60)])
def test_a_rival_that_still_rises_at_the_edge_leaves_the_choice_open(simulated, by_rate):
    m = measured(simulated, "random-tuned", by_rate)
    assert gain_beyond(m, "random-tuned") == pytest.approx(0.14)
    choice = choice_of(m, 0.01)
    assert choice.recommended == "pretrained-tuned"
    assert not choice.decided
    f = find(m)
    assert advice(f)[0].startswith("Undecided; the best so far is pretrained-tuned")
    assert "random-tuned did best at the lowest or highest learning rate tried" in advice(f)[1]
    remedy = "What would settle it: learning rates beyond those tried, for random-tuned."
    assert remedy in advice(f)


def test_a_rival_too_far_behind_to_catch_up_changes_nothing(simulated):
    m = measured(simulated, "random-tuned", (0.72, 0.75, 0.76))
    assert gain_beyond(m, "random-tuned") == pytest.approx(0.01)
    assert choice_of(m, 0.01).decided


def test_the_recommended_arm_can_only_get_better(simulated):
    m = measured(simulated, "pretrained-tuned", (0.50, 0.60, 0.90))
    # Tested at a rate that is five points worse, it still leads the others by more than a point.
    values = m.values["pretrained-tuned"][-1]
    values += 0.05
    assert choice_of(m, 0.01).recommended == "pretrained-tuned"
    assert choice_of(m, 0.01).decided
