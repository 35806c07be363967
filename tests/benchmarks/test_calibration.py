"""The short form of the calibration: few experiments, bounds that allow for that."""

import numpy as np
import pytest

from wvexp.analysis.paired import paired_difference
from wvexp.benchmarks import calibration


def test_intervals_hold_the_truth():
    rates = calibration.coverage(experiments=100, seeds=5, seed=1)
    assert 0.92 < rates["difference"] < 0.98
    assert rates["crossover"] >= 0.88
    assert rates["curve, measured"] > 0.88
    assert sum(rates["statuses where there is a crossover"].values()) == pytest.approx(1)


@pytest.mark.parametrize("seeds", [2, 3])
def test_few_seeds_hold_the_truth_no_less_often(seeds):
    assert calibration.coverage(experiments=25, seeds=seeds, seed=1)["difference"] >= 0.95


def test_without_a_difference_few_winners_are_called():
    rates = calibration.no_difference(experiments=80, seeds=5, seed=1)
    assert rates["holm"] <= 0.1
    assert rates["uncorrected"] > 0.3


def test_a_difference_of_three_points_is_found():
    table = calibration.power(experiments=30, seeds=10, seed=1)
    assert table["planned, standard error at most 1 point"] >= 0.75
    assert table["holm, standard error at most 1 point"] > 0.2
    errors = [row["standard_error"] for row in table["rows"]]
    assert errors == sorted(errors)
    assert sum(row["wrong"] for row in table["rows"]) <= 0.2


def test_an_interval_too_narrow_is_noticed(monkeypatch):
    """Over seeds alone the interval forgets the test set, and the simulation says so."""

    def over_seeds_alone(a, b):
        return paired_difference(
            *(np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape) for x in (a, b))
        )

    monkeypatch.setattr(calibration, "paired_difference", over_seeds_alone)
    assert calibration.coverage(experiments=40, seeds=10, seed=1)["difference"] < 0.85
