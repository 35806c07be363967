import json
from dataclasses import asdict

import numpy as np
import pytest

from wvexp.analysis.comparisons import compare_arms
from wvexp.analysis.verdict import ARMS, SizeMeasures, judge

SIZES = (100.0, 1000.0, 10000.0)


def world(noise=0.05, seeds=6, **scores):
    """Values by arm from true scores [sizes]; arms share the difficulty of units."""
    rng = np.random.default_rng(0)
    difficulty = rng.normal(0, 0.3, (1, 1, 400))
    return {
        arm: np.array(scores[arm.replace("-", "_")])[:, None, None]
        + difficulty
        + rng.normal(0, noise, (len(next(iter(scores.values()))), seeds, 400))
        for arm in ARMS
        if arm.replace("-", "_") in scores
    }


def verdicts(values, sizes=SIZES, **kwargs):
    found = judge(compare_arms(values, sizes), values, sizes, **kwargs)
    return {verdict.claim: verdict for verdict in found}


LECTURE = {
    "pretrained_frozen": [0.70, 0.74, 0.76],
    "pretrained_tuned": [0.66, 0.74, 0.82],
    "random_frozen": [0.60, 0.64, 0.70],
    "random_tuned": [0.55, 0.70, 0.82],
}


def test_the_lecture_holds_in_a_world_made_for_it():
    found = verdicts(world(**LECTURE))
    assert {claim: verdict.status for claim, verdict in found.items()} == {
        "pretrained_at_least_random": "supported",
        "random_suffices": "supported",
        "freeze_when_small": "supported",
        "tune_when_large": "supported",
    }
    assert 1000 < found["random_suffices"].fade.high < 10000
    small = found["freeze_when_small"]
    gain = 100 * small.evidence[0].comparison.difference.estimate
    assert gain == pytest.approx(4, abs=1)
    assert f"is {gain:+.1f} points" in small.reason
    assert "at size 100, 6 seeds" in small.reason
    assert "size 10000" in found["tune_when_large"].reason


def test_the_opposite_world_contradicts_it():
    opposite = {
        "pretrained_frozen": [0.66, 0.74, 0.82],
        "pretrained_tuned": [0.70, 0.74, 0.78],
        "random_frozen": [0.70, 0.74, 0.76],
        "random_tuned": [0.69, 0.70, 0.65],
    }
    found = verdicts(world(**opposite))
    assert {verdict.status for verdict in found.values()} == {"contradicted"}
    assert "random is better" in found["pretrained_at_least_random"].reason
    assert "pretrained-tuned is better" in found["freeze_when_small"].reason
    assert "grows" in found["random_suffices"].reason


def test_noise_leaves_it_undecided():
    found = verdicts(world(noise=3.0, **LECTURE))
    assert {verdict.status for verdict in found.values()} == {"undecided"}


def test_a_loss_within_the_margin_does_not_contradict():
    close = {**LECTURE, "random_frozen": [0.703, 0.64, 0.70]}
    found = verdicts(world(noise=0.02, **close))["pretrained_at_least_random"]
    assert found.status == "supported"
    assert "at worst pretrained-frozen minus random-frozen is -0.3" in found.reason


def test_equivalence_is_undecided_advice():
    same = {**LECTURE, "pretrained_tuned": [0.70, 0.74, 0.82]}
    found = verdicts(world(**same))["freeze_when_small"]
    assert found.status == "undecided"
    assert "no difference beyond the margin" in found.reason


def test_a_gain_still_large_is_undecided_and_extrapolated():
    gain = {**LECTURE, "random_tuned": [0.46, 0.677, 0.80]}  # 0.2 n^-0.5 at 100 examples
    found = verdicts(world(noise=0.01, **gain))["random_suffices"]
    assert found.status == "undecided"
    assert "extrapolated" in found.reason
    assert found.fade.status == "extrapolated"


def test_missing_arms_are_not_tested():
    values = world(**{arm: LECTURE[arm] for arm in ("pretrained_frozen", "random_frozen")})
    found = verdicts(values)
    assert found["pretrained_at_least_random"].status == "supported"
    for claim in ("random_suffices", "freeze_when_small", "tune_when_large"):
        assert found[claim].status == "not tested"
        assert "needs pretrained-" in found[claim].reason


@pytest.mark.parametrize("seeds", [1, 6])
def test_one_size_or_one_seed_is_not_tested(seeds):
    one = {arm: scores[:1] for arm, scores in LECTURE.items()}
    found = verdicts(world(seeds=seeds, **one), SIZES[:1])
    assert found["freeze_when_small"].status == "not tested"
    assert found["random_suffices"].status == "not tested"
    expected = "supported" if seeds > 1 else "not tested"
    assert found["pretrained_at_least_random"].status == expected


def test_a_missing_smallest_size_is_no_evidence():
    values = world(**LECTURE)
    values["pretrained-tuned"][0, 1:] = np.nan
    found = verdicts(values)["freeze_when_small"]
    assert [e.comparison.size for e in found.evidence] == [1000, 10000]


def test_sizes_are_given_in_three_measures():
    measures = {100.0: SizeMeasures(tokens=2000, labels=100, type_coverage=0.4)}
    evidence = verdicts(world(**LECTURE), measures=measures)["freeze_when_small"].evidence
    assert evidence[0].measures.type_coverage == 0.4
    assert evidence[1].measures == SizeMeasures()


def test_holm_covers_every_pair_and_size():
    comparisons = compare_arms(world(**LECTURE), SIZES, full_size=10000.0)
    assert len(comparisons) == 6 * 3
    for c in comparisons:
        assert c.difference.adjusted_p >= c.difference.strict_p
        assert c.difference.shared_training == (c.size == 10000)
    smallest = min(comparisons, key=lambda c: c.difference.strict_p).difference
    assert smallest.adjusted_p == pytest.approx(18 * smallest.strict_p)
    winners = {(c.a, c.b): c.winner for c in comparisons if c.size == 100}
    assert winners["pretrained-frozen", "pretrained-tuned"] == "pretrained-frozen"


def test_the_order_of_arms_is_checked():
    values = dict(reversed(world(**LECTURE).items()))
    with pytest.raises(ValueError, match="expected pretrained-frozen first"):
        verdicts(values)


def test_the_result_is_plain():
    for verdict in verdicts(world(**LECTURE)).values():
        assert json.loads(json.dumps(asdict(verdict)))["status"] == verdict.status
