import json
from dataclasses import asdict

import numpy as np
import pytest

from wvexp.analysis.comparisons import compare_arms
from wvexp.analysis.evidence import SizeMeasures
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.verdict import judge
from wvexp.arms import FOUR_NAMES
from wvexp.report.reasons import in_words

SIZES = (100.0, 1000.0, 10000.0)


def world(noise=0.05, seeds=6, **scores):
    """Values by arm from true scores [sizes]; arms share the difficulty of units."""
    rng = np.random.default_rng(0)
    difficulty = rng.normal(0, 0.3, (1, 1, 400))
    return {
        arm: np.array(scores[arm.replace("-", "_")])[:, None, None]
        + difficulty
        + rng.normal(0, noise, (len(next(iter(scores.values()))), seeds, 400))
        for arm in FOUR_NAMES
        if arm.replace("-", "_") in scores
    }


def verdicts(values, sizes=SIZES, **kwargs):
    found = judge(compare_arms(values, sizes), FOUR_NAMES, values, sizes, **kwargs)
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
    assert f"is {gain:+.1f} points" in in_words(small.reason)
    assert "at size 100, 6 seeds" in in_words(small.reason)
    assert "size 10,000, 6 seeds" in in_words(found["tune_when_large"].reason)


def test_the_opposite_world_contradicts_it():
    opposite = {
        "pretrained_frozen": [0.66, 0.74, 0.82],
        "pretrained_tuned": [0.70, 0.74, 0.78],
        "random_frozen": [0.70, 0.74, 0.76],
        "random_tuned": [0.69, 0.70, 0.65],
    }
    found = verdicts(world(**opposite))
    assert {verdict.status for verdict in found.values()} == {"contradicted"}
    assert "random is better" in in_words(found["pretrained_at_least_random"].reason)
    assert "pretrained-tuned is better" in in_words(found["freeze_when_small"].reason)
    assert "grows" in in_words(found["random_suffices"].reason)


def test_noise_leaves_it_undecided():
    found = verdicts(world(noise=3.0, **LECTURE))
    assert {verdict.status for verdict in found.values()} == {"undecided"}


def test_a_loss_within_the_margin_does_not_contradict():
    close = {**LECTURE, "random_frozen": [0.703, 0.64, 0.70]}
    found = verdicts(world(noise=0.02, **close))["pretrained_at_least_random"]
    assert found.status == "supported"
    assert "at worst pretrained-frozen minus random-frozen is -0.3" in in_words(found.reason)


def test_equivalence_is_undecided_advice():
    same = {**LECTURE, "pretrained_tuned": [0.70, 0.74, 0.82]}
    found = verdicts(world(**same))["freeze_when_small"]
    assert found.status == "undecided"
    assert "no difference beyond the margin" in in_words(found.reason)


def test_a_gain_still_large_is_undecided_and_extrapolated():
    gain = {**LECTURE, "random_tuned": [0.46, 0.677, 0.80]}  # 0.2 n^-0.5 at 100 examples
    found = verdicts(world(noise=0.01, **gain))["random_suffices"]
    assert found.status == "undecided"
    assert "extrapolated" in in_words(found.reason)
    assert found.fade.status == "extrapolated"


def test_a_gain_that_only_began_low_does_not_contradict():
    """The gain at the last size is above the first, and surely below one between."""
    hump = {**LECTURE, "random_tuned": [0.655, 0.60, 0.72]}
    found = verdicts(world(**hump))["random_suffices"]
    assert found.status == "undecided"
    assert found.fade.within.after == "A"


def test_growth_by_chance_seldom_contradicts():
    """A gain of 5 points at every size, whose last estimate is the largest in a third of draws."""
    contradicted = largest = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        random = rng.normal(0.6, 0.3, (3, 4, 200))
        pretrained = random + 0.05 + rng.normal(0, 0.15, random.shape)
        values = {"pretrained-tuned": pretrained, "random-tuned": random}
        found = verdicts(values)["random_suffices"]
        contradicted += found.status == "contradicted"
        gains = [e.comparison.difference.estimate for e in found.evidence]
        largest += max(gains) == gains[-1]
    assert contradicted <= 2
    assert largest > 12


def test_growth_over_the_last_sizes_contradicts_after_a_flat_start():
    """As where both arms know nothing on small sets: the gain comes later, a bit at each size."""
    rng = np.random.default_rng(0)
    sizes = (100.0, 300.0, 1000.0, 3000.0, 10000.0)
    random = rng.normal(0.6, 0.3, (5, 6, 300))
    own = rng.normal(0, 0.2, (1, 1, 300)) + rng.normal(0, 0.1, (5, 1, 300))
    gain = np.array([0.0, 0.0, 0.03, 0.06, 0.08])[:, None, None]
    values = {"pretrained-tuned": random + gain + own, "random-tuned": random}
    found = verdicts(values, sizes)["random_suffices"]
    assert found.status == "contradicted"
    assert "still grows" in in_words(found.reason)


def test_claims_are_corrected_beside_the_calls():
    """A gain just surely below the margin is not called so beside a family of weak comparisons."""
    rng = np.random.default_rng(4)
    random = rng.normal(0.6, 0.3, (3, 6, 300))
    own = rng.normal(0, 0.06, (3, 1, 300))
    gain = np.array([0.06, 0.03, 0.0])[:, None, None]
    pretrained = random + gain + own - own.mean(axis=2, keepdims=True)
    tuned = {"pretrained-tuned": pretrained, "random-tuned": random}
    found = verdicts(tuned)["random_suffices"]
    assert (found.fade.status, found.status) == ("measured", "supported")
    beside = {f"other {i}": rng.normal(0.6, 0.3, random.shape) for i in range(4)}
    crowded = judge(compare_arms({**tuned, **beside}, SIZES), FOUR_NAMES, tuned, SIZES)[1]
    assert (crowded.fade.status, crowded.status) == ("measured", "undecided")


def test_a_pair_that_did_not_run_is_not_claimed():
    values = world(**{arm: LECTURE[arm] for arm in ("pretrained_frozen", "random_frozen")})
    found = verdicts(values)
    general = found["pretrained_at_least_random"]
    assert general.status == "undecided"
    assert "no run of pretrained-tuned and no run of random-tuned" in in_words(general.reason)
    assert found["random_suffices"].status == "not tested"
    suffices = in_words(found["random_suffices"].reason)
    assert suffices == "no run of pretrained-tuned and no run of random-tuned"
    for claim in ("freeze_when_small", "tune_when_large"):
        assert found[claim].status == "not tested"
        assert in_words(found[claim].reason) == "no run of pretrained-tuned"


def test_a_single_arm_is_not_said_to_be_missing():
    values = world(random_frozen=LECTURE["random_frozen"])
    found = verdicts(values)
    small = in_words(found["freeze_when_small"].reason)
    assert small == "no run of pretrained-frozen and no run of pretrained-tuned"
    at_least = in_words(found["pretrained_at_least_random"].reason)
    assert at_least.startswith("no run of pretrained-frozen (and")


def test_one_missing_cell_keeps_a_claim_from_being_supported():
    values = world(**LECTURE)
    values["random-frozen"][1, 1:] = np.nan
    found = verdicts(values)["pretrained_at_least_random"]
    assert found.status == "undecided"
    said = in_words(found.reason)
    assert "pretrained-frozen and random-frozen at size 1,000: 1 seed common" in said


def test_a_loss_contradicts_whatever_is_missing():
    lost = {**LECTURE, "random_frozen": [0.80, 0.80, 0.80]}
    values = world(**lost)
    values["random-tuned"][1, 1:] = np.nan
    assert verdicts(values)["pretrained_at_least_random"].status == "contradicted"


@pytest.mark.parametrize("seeds", [1, 6])
def test_one_size_or_one_seed_is_not_tested(seeds):
    one = {arm: scores[:1] for arm, scores in LECTURE.items()}
    found = verdicts(world(seeds=seeds, **one), SIZES[:1])
    reason = "one size, 100" if seeds > 1 else "at size 100: 1 seed common to both arms"
    for claim in ("freeze_when_small", "random_suffices", "tune_when_large"):
        assert found[claim].status == "not tested"
        assert reason in in_words(found[claim].reason)
    expected = "supported" if seeds > 1 else "not tested"
    assert found["pretrained_at_least_random"].status == expected


@pytest.mark.parametrize(
    ("k", "claim", "size"), [(0, "freeze_when_small", "100"), (2, "tune_when_large", "10,000")]
)
def test_a_missing_end_is_not_judged_by_the_next_size(k, claim, size):
    values = world(**LECTURE)
    values["pretrained-tuned"][k, 1:] = np.nan
    found = verdicts(values)
    assert found[claim].status == "undecided"
    assert f"at size {size}: 1 seed common to both arms" in in_words(found[claim].reason)
    assert len(found[claim].evidence) == 2
    if k == 2:
        assert found["random_suffices"].status == "undecided"
        assert "the largest size has no interval" in in_words(found["random_suffices"].reason)


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


def test_where_the_large_sizes_were_not_reached_nothing_is_said_of_large():
    short = Reason(Why.SHORT_OF_WANTED_SIZE, measured=10_000, wanted=90_000)
    found = verdicts(world(**LECTURE), falls_short=short)
    assert found["freeze_when_small"].status == "supported"
    for claim in ("random_suffices", "tune_when_large"):
        assert (found[claim].status, found[claim].reason) == ("not tested", short)


def test_what_is_below_the_margin_is_so_up_to_the_largest_size_measured():
    reason = in_words(verdicts(world(**LECTURE))["random_suffices"].reason)
    assert " to 10,000, the largest measured: " in reason
    assert " on: " not in reason
