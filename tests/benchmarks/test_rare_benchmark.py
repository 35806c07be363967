from wvexp.analysis import paired
from wvexp.benchmarks.rare import rare_disagreement


def test_intervals_hold_the_truth_where_disagreement_is_rare():
    found = rare_disagreement(experiments=150, seeds=5, seed=1)
    assert found["difference"] >= 0.94
    assert found["difference, none seen"] >= 0.94
    assert found["without an interval"] == 0
    assert found["winner called falsely"] <= 0.06
    assert found["equivalent called falsely"] == 0
    assert found["choice wrong"] <= 0.02


def test_without_the_floor_the_simulation_notices(monkeypatch):
    monkeypatch.setattr(paired, "least_error", lambda a, b: 0.0)
    assert rare_disagreement(experiments=100, seeds=5, seed=1)["without an interval"] > 0.1
