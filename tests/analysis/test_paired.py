import json
from dataclasses import asdict
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from wvexp.analysis.paired import call_together, holm, paired_difference, sign_flip
from wvexp.report.reasons import all_in_words, in_words


def arms(seed=0, gain=0.0, seeds=8, units=400, noise=0.02):
    """Two arms of right and wrong answers, A ahead by `gain`."""
    rng = np.random.default_rng(seed)
    chance = 0.3 + 0.5 * rng.random(units) + noise * rng.standard_normal((2, seeds, 1))
    right = rng.random((2, seeds, units)) < chance + gain * np.array([1, 0])[:, None, None]
    return right.astype(float)


def test_swapping_the_arms_negates():
    a, b = arms(1, gain=0.1)
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert one.estimate == pytest.approx(-other.estimate)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.p_a_better == pytest.approx(1 - other.p_a_better)
    assert one.p_value == pytest.approx(other.p_value)
    assert one.equivalence_p == pytest.approx(other.equivalence_p)
    assert one.smallest_margin == pytest.approx(other.smallest_margin)
    assert (one.call, other.call) == ("A", "B")


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
@example(seed=2397)  # the mean square between seeds equals the residual one
def test_only_the_pairing_matters(seed):
    rng = np.random.default_rng(seed)
    a, b = arms(seed, seeds=5, units=30)
    seeds, units = rng.permutation(5), rng.permutation(30)
    one = paired_difference(a, b)
    other = paired_difference(a[seeds][:, units], b[seeds][:, units])
    for field in ("estimate", "low", "high", "df", "p_value", "equivalence_p", "sign_flip_p"):
        assert getattr(one, field) == pytest.approx(getattr(other, field))


def test_a_score_common_to_both_arms_does_not_matter():
    a, b = arms(2)
    shift = np.random.default_rng(9).standard_normal(a.shape)
    assert paired_difference(a + shift, b + shift).standard_error == pytest.approx(
        paired_difference(a, b).standard_error
    )


def test_without_unit_variance_it_is_the_paired_t_test():
    rng = np.random.default_rng(3)
    by_seed = rng.normal(0.7, 0.02, (2, 6))
    a, b = np.repeat(by_seed[:, :, None], 50, axis=2)
    found = paired_difference(a, b)
    oracle = stats.ttest_rel(*by_seed)
    interval = oracle.confidence_interval(0.95)
    assert found.p_value == pytest.approx(oracle.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    greater = stats.ttest_rel(*by_seed, alternative="greater").pvalue
    assert found.p_a_better == pytest.approx(1 - greater)
    one_sided = [
        stats.ttest_1samp(by_seed[0] - by_seed[1], -0.01, alternative="greater").pvalue,
        stats.ttest_1samp(by_seed[0] - by_seed[1], 0.01, alternative="less").pvalue,
    ]
    assert found.equivalence_p == pytest.approx(max(one_sided))


def test_the_smallest_margin_is_where_equivalence_turns_significant():
    a, b = arms(4)
    margin = paired_difference(a, b).smallest_margin
    assert paired_difference(a, b, margin).equivalence_p == pytest.approx(0.05)
    assert paired_difference(a, b, margin * 1.05).equivalence_p < 0.05
    assert paired_difference(a, b, margin * 0.95).equivalence_p > 0.05


@pytest.mark.parametrize(
    ("gain", "margin", "call"),
    [(0.1, 0.01, "A"), (-0.1, 0.01, "B"), (0.0, 0.08, "equivalent"), (0.0, 0.001, "undecided")],
)
def test_the_four_calls(gain, margin, call):
    assert paired_difference(*arms(5, gain), margin=margin).call == call


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([-0.03, -0.01, 0.0, 0.01, 0.02, 0.02, 0.05]), min_size=1, max_size=9)
)
def test_sign_flip_counts_every_pattern(by_seed):
    d = np.array(by_seed)
    sums = [abs((np.array(signs) * d).sum()) for signs in product([-1, 1], repeat=len(d))]
    expected = np.mean([total >= abs(d.sum()) - 1e-12 for total in sums])
    assert sign_flip(d) == pytest.approx(expected)


def test_sign_flip_is_exact_for_many_seeds():
    assert sign_flip(np.full(30, 0.01)) == pytest.approx(2 / 2**30, rel=1e-12)
    with pytest.raises(ValueError, match="1 to 40"):
        sign_flip(np.ones(41))


@pytest.mark.parametrize("seeds", [2, 39, 40])
def test_the_sign_flip_is_over_the_seeds_own_differences(seeds):
    a, b = arms(6, seeds=seeds, units=20, gain=0.1)
    assert paired_difference(a, b).sign_flip_p == sign_flip((a - b).mean(axis=1))


def test_sign_flip_is_left_out_beyond_its_reach():
    assert paired_difference(*arms(6, seeds=41, units=20)).sign_flip_p is None


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_by_its_definition(p_values):
    adjusted = holm(p_values)
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    running = 0.0
    for step, i in enumerate(order):
        running = max(running, min(1.0, p_values[i] * (len(p_values) - step)))
        assert adjusted[i] == pytest.approx(running)


def test_calls_made_together_are_stricter():
    weak = paired_difference(*arms(20, gain=0.05))
    assert 0.005 < weak.p_value < 0.05
    assert weak.call == "A"
    none = [paired_difference(*arms(seed)) for seed in range(30, 39)]
    missing = paired_difference(np.zeros((1, 5)), np.ones((1, 5)))
    together = call_together([weak, missing, *none])
    assert together[0].call != "A"
    assert together[0].adjusted_p == pytest.approx(min(1, weak.strict_p * 10))
    assert together[0].p_value == weak.p_value
    assert together[1] == missing
    assert call_together([weak]) == (weak,)


def test_two_comparisons_are_a_family():
    pair = [paired_difference(*arms(seed, gain=0.05)) for seed in (20, 21)]
    called = call_together(pair)
    for strict, adjusted in (
        ("strict_p", "adjusted_p"),
        ("strict_equivalence_p", "adjusted_equivalence_p"),
    ):
        expected = holm([getattr(d, strict) for d in pair])
        assert [getattr(d, adjusted) for d in called] == expected.tolist()


def test_a_comparison_alone_is_called_by_its_own_p_values():
    found = paired_difference(*arms(20, gain=0.05), margin=0.02)
    assert (found.adjusted_p, found.adjusted_equivalence_p) == (found.p_value, found.equivalence_p)
    assert found.margin == 0.02


def test_seeds_of_one_arm_alone_are_left_out_and_counted():
    a, b = arms(8)
    a[2], b[5] = np.nan, np.nan
    kept = [0, 1, 3, 4, 6, 7]
    found = paired_difference(a, b)
    assert found.seeds == 6
    assert found.low == pytest.approx(paired_difference(a[kept], b[kept]).low)
    assert all_in_words(found.notes) == ["2 of 8 seeds ran in one arm alone"]


@pytest.mark.parametrize("seeds", [0, 1])
def test_too_few_seeds_give_no_interval(seeds):
    a, b = arms(9, seeds=3)
    a[seeds:] = np.nan
    found = paired_difference(a, b)
    assert (found.low, found.p_value, found.p_a_better, found.adjusted_p) == (None,) * 4
    assert (found.estimate is None) == (seeds == 0)
    assert found.call == "undecided"
    assert "an interval needs 2" in in_words(found.notes[-1])


def test_one_unit_and_a_constant_score_give_no_interval():
    one_unit = paired_difference(np.ones((4, 1)), np.zeros((4, 1)))
    assert one_unit.low is None
    assert "1 test unit" in in_words(one_unit.notes[0])
    assert paired_difference(np.eye(2), np.zeros((2, 2))).low is not None
    same = paired_difference(np.full((4, 9), 0.8), np.full((4, 9), 0.7))
    assert (same.low, same.call) == (None, "undecided")
    assert same.estimate == pytest.approx(0.1)
    assert "no spread" in in_words(same.notes[0])


def test_intervals_end_where_scores_do():
    """Two seeds that disagree leave one degree of freedom; 138 points are no difference."""
    a = np.repeat([[0.9], [0.5]], 30, axis=1)
    b = np.repeat([[0.5], [0.8]], 30, axis=1)
    found = paired_difference(a, b + 0.001 * np.arange(30) / 30)
    assert (found.low, found.high, found.smallest_margin) == (-1, 1, 1)


def test_shared_training_data_are_noted():
    found = paired_difference(*arms(10), shared_training=True)
    assert found.shared_training
    assert "conditional on this data" in in_words(found.notes[0])


def test_the_result_is_plain():
    for found in (paired_difference(*arms(11)), paired_difference(*arms(11, seeds=1))):
        assert json.loads(json.dumps(asdict(found)))["call"] == found.call


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: paired_difference(np.zeros((2, 3)), np.zeros((2, 4))),
            r"\(2, 3\), arm B \(2, 4\)",
        ),
        (lambda: paired_difference(*arms(), margin=0.0), "margin 0.0"),
        (lambda: paired_difference(*arms(), margin=float("nan")), "margin nan"),
        (
            lambda: paired_difference(np.array([[0, 1], [np.nan, 1]]), np.eye(2)),
            "seed row 1, unit 0: nan",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
