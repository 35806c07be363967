import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.analysis.scores import NoScoreError, accuracy_values, f1_values, macro_f1_values, ran
from wvexp.report.reasons import in_words


def counts(rng, seeds=4, units=60):
    entities = rng.poisson(3.0, units) + (rng.random(units) < 0.1) * 10
    entities[:2] = 1, 2
    found = rng.binomial(entities, 0.6, (seeds, units))
    return found, rng.poisson(0.8, (seeds, units)), entities - found


def f1(tp, fp, fn):
    return 2 * tp.sum(-1) / (2 * tp + fp + fn).sum(-1)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), seeds=st.integers(1, 5), units=st.integers(3, 30))
def test_the_mean_over_units_is_the_score(seed, seeds, units):
    rng = np.random.default_rng(seed)
    total = rng.integers(1, 40, units)
    correct = rng.binomial(total, 0.7, (seeds, units))
    assert accuracy_values(correct, total).mean(axis=1) == pytest.approx(
        correct.sum(axis=1) / total.sum()
    )
    tp, fp, fn = counts(rng, seeds, units)
    assert f1_values(tp, fp, fn).mean(axis=1) == pytest.approx(f1(tp, fp, fn))


def test_units_of_one_length_keep_their_own_ratio():
    correct = np.array([[3, 0, 5, 5], [1, 2, 3, 4]])
    assert accuracy_values(correct, 5) == pytest.approx(correct / 5)


def test_values_are_leave_one_out_pseudo_values():
    tp, fp, fn = counts(np.random.default_rng(0), seeds=1, units=12)
    whole = f1(tp, fp, fn)
    pseudo = np.array(
        [12 * whole - 11 * f1(*(np.delete(c, u, axis=1) for c in (tp, fp, fn))) for u in range(12)]
    ).T
    # The same up to the centring on the score itself.
    assert f1_values(tp, fp, fn) - whole == pytest.approx(pseudo - pseudo.mean())


@pytest.mark.parametrize("metric", ["accuracy", "f1", "macro"])
def test_spread_over_units_is_that_of_the_bootstrap(metric):
    rng = np.random.default_rng(3)
    units, draws = 200, 4000
    tp, fp, fn = counts(rng, seeds=3, units=units)
    total = np.ceil(rng.lognormal(3, 0.8, units))
    correct = rng.binomial(total.astype(int), rng.beta(6, 3, (3, units)))
    classes = np.stack([np.stack(counts(rng, 3, units)) for _ in range(3)], axis=-1)

    def score(taken):
        if metric == "accuracy":
            return correct[:, taken].sum(axis=1) / total[taken].sum()
        if metric == "f1":
            return f1(tp[:, taken], fp[:, taken], fn[:, taken])
        sums = classes[:, :, taken].sum(axis=2)
        return (2 * sums[0] / (2 * sums[0] + sums[1] + sums[2])).mean(axis=1)

    values = {
        "accuracy": lambda: accuracy_values(correct, total),
        "f1": lambda: f1_values(tp, fp, fn),
        "macro": lambda: macro_f1_values(*classes),
    }[metric]()
    resampled = [score(rng.integers(0, units, units)).mean() for _ in range(draws)]
    linear = values.mean(axis=0).std(ddof=1) / np.sqrt(units)
    assert linear == pytest.approx(np.std(resampled), rel=0.06)


def test_macro_f1_is_over_the_classes_that_occur():
    rng = np.random.default_rng(5)
    tp, fp, fn = (np.stack(c, axis=-1) for c in zip(counts(rng), counts(rng), strict=True))
    never = np.zeros((*tp.shape[:2], 1), int)
    with_never = (np.concatenate([tp, never], 2), np.concatenate([fp, never + 1], 2))
    values = macro_f1_values(*with_never, np.concatenate([fn, never], 2))
    expected = np.mean([f1(tp[..., c], fp[..., c], fn[..., c]) for c in (0, 1)], axis=0)
    assert values.mean(axis=1) == pytest.approx(expected)


def test_a_class_in_a_single_unit_counts_in_the_macro_f1():
    tp = np.array([[[1, 1], [2, 0], [3, 0]]])
    fp, fn = np.ones_like(tp) * [1, 0], np.zeros_like(tp)
    assert macro_f1_values(tp, fp, fn).mean() == pytest.approx((12 / 15 + 1) / 2)


def test_a_class_that_is_never_found_counts_as_0_in_the_macro_f1():
    fn = np.array([[[0, 1], [0, 2], [0, 3]]])
    tp = np.array([[[4, 0], [2, 0], [3, 0]]])
    assert macro_f1_values(tp, 0 * tp, fn).mean() == pytest.approx(0.5)


def test_counts_in_small_integers_do_not_overflow():
    tp, fn = np.full((1, 3, 1), 200, np.uint8), np.full((1, 3, 1), 56, np.uint8)
    assert macro_f1_values(tp, 0 * tp, fn).mean() == pytest.approx(400 / 456)


def test_a_single_unit_has_its_own_ratio():
    assert accuracy_values([[3], [5]], [5]).tolist() == [[0.6], [1.0]]


def test_what_a_seed_that_did_not_run_should_have_answered_does_not_matter():
    correct, total = [[1, 0, 1], [np.nan] * 3], [[1, 1, 1], [0, 0, 0]]
    assert ran(accuracy_values(correct, total)).tolist() == [True, False]


def test_a_seed_that_did_not_run_stays_missing():
    correct = np.array([[1.0, 0, 1], [np.nan] * 3, [1, 1, 0]])
    values = accuracy_values(correct, [1, 2, 1])
    assert ran(values).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy_values([[1, np.nan, 0]], 1), "seed row 0, unit 1: nan"),
        (lambda: accuracy_values([[1, np.inf, 0]], 1), "seed row 0, unit 1: inf"),
        (lambda: accuracy_values([[2, 3, 0]], 2), "seed row 0, unit 1: 3 correct of 2"),
        (lambda: accuracy_values([[1, -3, 0]], 2), "correct: -3, expected counts of 0 or more"),
        (lambda: accuracy_values([1, 0], 1), r"expected counts \[seeds, units\]"),
        (lambda: accuracy_values([[1, 0]], [1, 1, 1]), r"correct \(1, 2\), total \(3,\)"),
        (lambda: macro_f1_values([[1]], [[1]], [[1]]), r"\[seeds, units, classes\]"),
    ],
)
def test_bad_counts_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy_values([[0, 0]], 0), "seed row 0: total is 0 over all units"),
        (
            lambda: f1_values([[1, 1], [0, 0]], [[0, 0]], [[0, 0]]),
            "seed row 1: TP + FP + FN is 0 over all units, the score is undefined",
        ),
        (lambda: accuracy_values([[3, 0]], [5, 0]), "seed row 0: all of total lies in unit 0"),
        (lambda: f1_values([[3, 0]], [[1, 0]], [[1, 0]]), "TP + FP + FN lies in unit 0"),
        (lambda: macro_f1_values(*np.zeros((3, 2, 2, 2))), "no class occurs"),
    ],
)
def test_counts_without_a_score_have_a_reason(call, message):
    with pytest.raises(NoScoreError) as caught:
        call()
    assert message in in_words(caught.value.reason)
