from dataclasses import replace

import numpy as np
import pytest

from wvexp.analysis.race_choice import choose_recipe
from wvexp.benchmarks import racing
from wvexp.benchmarks.racing import FULL, Plan, raced
from wvexp.benchmarks.racing_world import RacingWorld

EXPERIMENTS = 60
SETTING = [(12, 200)]


def test_the_score_is_right_and_runs_are_saved():
    found = raced(SETTING, FULL, EXPERIMENTS)
    assert abs(found["bias"]) < 0.8  # four standard errors
    assert found["covered"] >= 0.88
    assert found["confidence"] <= found["confidence, true"] + 0.08
    assert found["best given up"] <= 0.05
    assert found["saved"] > 0.4


def test_test_scores_that_leak_into_the_choice_would_be_found(monkeypatch):
    """The planted fault: the choice by the test scores makes the stated score too high."""

    def leaking(entrants, *rest, **more):
        by_test = [
            replace(e, validation=np.full_like(e.validation, np.nanmean(e.test))) for e in entrants
        ]
        return choose_recipe(by_test, *rest, **more)

    fair = raced(SETTING, FULL, EXPERIMENTS)["bias"]
    monkeypatch.setattr(racing, "choose_recipe", leaking)
    assert raced(SETTING, FULL, EXPERIMENTS)["bias"] > fair + 0.8


def test_peeking_and_few_seeds_decide_seldom_wrongly():
    for plan, peeking in ((Plan(2, 2), False), (FULL, True)):
        found = raced([(4, 1000)], plan, EXPERIMENTS, peeking)
        assert found["decided"] > 0.2
        assert found["wrong"] <= 0.1


@pytest.mark.parametrize("clustered", [False, True])
def test_the_world_is_as_it_says(clustered):
    rng = np.random.default_rng(3)
    world = RacingWorld(3, 20_000, 0.02, 200, clustered, True, rng)
    assert world.on_validation == pytest.approx(world.truth, abs=0.006)
    learned = np.where(world.failed, np.nan, world.validation)
    assert np.nanmean(learned[:, 2:], axis=1) == pytest.approx(world.truth, abs=0.008)
    assert world.failed[:, 2:].mean() == pytest.approx(0.05, abs=0.025)
    assert world.validation[world.failed] == pytest.approx(world.chance, abs=0.02)
    counted = world.validation[:, 2:].mean(axis=1)
    assert counted == pytest.approx(world.with_failures, abs=0.015)


def test_only_runs_that_took_place_have_scores():
    world = RacingWorld(2, 50, 0.02, 4, False, False, np.random.default_rng(0))
    runs = np.array([[True, True, False, False], [True, False, True, False]])
    entrants = world.entrants(runs)
    assert [np.isfinite(e.validation).tolist() for e in entrants] == runs[:, :3].tolist()
    assert [np.isfinite(e.test[:, 0]).tolist() for e in entrants] == runs[:, :3].tolist()
    again = world.entrants(runs)
    assert np.array_equal(again[0].test, entrants[0].test, equal_nan=True)
