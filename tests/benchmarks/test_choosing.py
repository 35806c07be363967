from wvexp.benchmarks.choosing import choices


def test_a_choice_is_seldom_wrong_and_confidence_is_not_too_high():
    found = choices(experiments=120, seeds=5, seed=1)
    assert found["wrong"] <= 0.03
    assert found["confidence"]["said"] <= found["confidence"]["true"] + 0.05
    assert 0 < found["called"] < 0.5
