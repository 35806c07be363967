from wvexp.benchmarks.four_arms import calls, stated


def test_the_plain_score_of_the_best_is_too_high_and_the_corrected_is_not():
    found = stated(experiments=150, seeds=5, units=200)
    assert found["plain, bias"] > found["corrected, bias"] + 0.4
    assert abs(found["corrected, bias"]) < 0.7  # four standard errors
    assert found["corrected, covered"] >= 0.88
    assert found["counted, bias"] > found["plain, bias"]


def test_calls_are_counted_under_either_confidence():
    found = calls(experiments=20, seeds=5)
    for name in ("alone", "together"):
        assert 0 <= found[f"{name}, wrong"] <= found[f"{name}, called"] <= 20
        assert 0.4 < found[f"{name}, said"] < 1
