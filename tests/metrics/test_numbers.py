"""Scores of predicted numbers beside scikit-learn and SciPy, and the values of their units."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from wvexp.analysis.components import two_way
from wvexp.data.contents import Numbers, SplitContents
from wvexp.data.split import Split
from wvexp.data.units import make_units
from wvexp.errors import UserError
from wvexp.metrics import METRICS, scorer_of
from wvexp.metrics.checked import check_values
from wvexp.metrics.groups import Group

NAMES = ["r2", "rmse", "spearman"]
DIRECT = {
    "r2": lambda y, p: 1 - np.sum((p - y) ** 2) / np.sum((y - y.mean()) ** 2),
    "rmse": lambda y, p: 1 - np.sqrt(np.mean((p - y) ** 2)) / np.std(y),
    "spearman": lambda y, p: spearmanr(y, p).statistic,
}


def split_of(numbers, documents=None):
    offsets = np.arange(len(numbers) + 1, dtype=np.int64)
    words = np.arange(len(numbers), dtype=np.int32)
    given = None if documents is None else np.array(documents, dtype=np.int32)
    return Split("regression", words, offsets, np.array(numbers, dtype=np.float64), given)


@st.composite
def cases(draw):
    size = draw(st.integers(4, 12))
    value = st.integers(-8, 8).map(lambda whole: whole / 2)  # ties are common
    gold = np.array(draw(st.lists(value, min_size=size, max_size=size)))
    predicted = np.array(draw(st.lists(value, min_size=size, max_size=size)))
    gold[0], gold[1], predicted[0], predicted[1] = 9, -9, 9.5, -8
    documents = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    documents[:2] = 0, 1
    return gold, predicted, split_of(gold, documents)


@pytest.mark.parametrize("name", NAMES)
@given(case=cases())
def test_the_score_is_that_of_its_definition_and_the_mean_of_its_units(name, case):
    gold, predicted, split = case
    units = make_units(split, [f"w{i}" for i in range(len(gold))])
    scorer = scorer_of(name, split, [], "test")
    score = scorer.score(predicted)
    assert score == pytest.approx(DIRECT[name](gold, predicted), abs=1e-12)
    counts = scorer.by_unit(predicted, units)
    assert counts.shape == (len(units.ids), 4)
    check_values(name, counts, score)
    values = METRICS[name].values(counts[None])
    assert values.shape == (1, len(units.ids))
    assert values.mean() == pytest.approx(score, abs=1e-12)


def test_r2_is_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    gold, predicted = rng.normal(3, 2, 50), rng.normal(3, 2, 50)
    score = scorer_of("r2", split_of(gold), [], "test").score(predicted)
    assert score == pytest.approx(metrics.r2_score(gold, predicted))
    rmse = metrics.root_mean_squared_error(gold, predicted)
    measures = scorer_of("rmse", split_of(gold), [], "test").measures(predicted)
    assert measures["rmse"] == pytest.approx(rmse)
    assert measures["mean_absolute_error"] == pytest.approx(np.abs(gold - predicted).mean())


@pytest.mark.parametrize("name", NAMES)
def test_the_spread_of_the_units_is_that_of_other_test_sets(name):
    """Against 4,000 test sets drawn anew; unequal documents, whose examples go together."""
    rng = np.random.default_rng(1)
    found, told = [], []
    for _ in range(4_000):
        sizes = rng.integers(1, 5, size=60)
        unit = np.repeat(np.arange(60), sizes)
        shared = rng.normal(0, 1, 60)[unit]
        gold = shared + rng.normal(0, 1, len(unit))
        predicted = 0.6 * gold + 0.3 * shared + rng.normal(0, 0.7, len(unit))
        metric = METRICS[name]
        found.append(DIRECT[name](gold, predicted))
        if len(told) < 400:
            counts = metric.unit_counts(gold, predicted, unit, 60)
            [values] = metric.values(counts[None])
            told.append(values.std(ddof=1) / np.sqrt(60))
    assert np.mean(told) == pytest.approx(np.std(found), rel=0.12)


@pytest.mark.parametrize("name", NAMES)
def test_units_that_are_equal_may_be_summed_and_seeds_may_be_missing(name):
    rng = np.random.default_rng(2)
    gold, predicted = rng.normal(size=(2, 12))
    metric = METRICS[name]
    apart = metric.unit_counts(gold, predicted, np.arange(12), 12)
    joined = np.vstack([apart[:10], apart[10] + apart[11]])
    table = np.stack([joined, np.full_like(joined, np.nan)])
    values = metric.values(table)
    assert values[0].mean() == pytest.approx(DIRECT[name](gold, predicted))
    assert np.isnan(values[1]).all()


def test_predictions_that_are_all_equal_have_no_rank():
    gold = np.array([1.0, 2.0, 3.0, 5.0])
    scorer = scorer_of("spearman", split_of(gold), [], "test")
    flat = np.full(4, 2.5)
    assert scorer.score(flat) == 0
    units = make_units(split_of(gold), ["a", "b", "c", "d"])
    counts = scorer.by_unit(flat, units)
    np.testing.assert_array_equal(METRICS["spearman"].values(counts[None]), np.zeros((1, 4)))


@pytest.mark.parametrize("name", NAMES)
def test_perfect_predictions_score_1_in_every_unit(name):
    gold = np.array([1.0, 2.0, 3.0, 5.0])
    units = make_units(split_of(gold), ["a", "b", "c", "d"])
    counts = scorer_of(name, split_of(gold), [], "test").by_unit(gold, units)
    values = METRICS[name].values(counts[None])
    assert values.mean() == pytest.approx(1)
    if name != "spearman":
        np.testing.assert_allclose(values, 1)


def test_groups_are_scored_against_the_spread_of_the_whole():
    gold, predicted = np.array([0.0, 4.0, 1.0, 3.0]), np.array([0.0, 4.0, 2.0, 2.0])
    groups = np.array([0, 0, 2, 2])
    found = scorer_of("r2", split_of(gold), [], "test").by_group(predicted, groups)
    assert found[Group.SEEN] == (2, 1.0)
    assert found[Group.PRETRAINED_ONLY] == (0, None)
    assert found[Group.NEITHER] == (2, pytest.approx(1 - 1 / gold.var()))


@pytest.mark.parametrize("name", NAMES)
def test_a_split_without_a_spread_is_refused(name):
    with pytest.raises(UserError, match="all numbers of the test split are 2"):
        scorer_of(name, split_of([2.0, 2.0]), [], "test")


def test_always_giving_the_mean_of_training():
    rng = np.random.default_rng(3)
    train, test = rng.normal(3, 1, 40), rng.normal(2, 2, 30)
    held = [
        SplitContents(len(y), len(y), {}, Numbers(y.mean(), y.std(), y.min(), y.max()))
        for y in (train, test)
    ]
    constant = np.full(30, train.mean())
    for name in ("r2", "rmse"):
        assert METRICS[name].always(*held) == pytest.approx(DIRECT[name](test, constant))
    assert METRICS["spearman"].always(*held) == 0
    assert METRICS["r2"].always(SplitContents(1, 1, {}), held[1]) is None


def test_an_interval_of_a_rank_correlation_holds_the_truth():
    """Bivariate normal numbers of correlation 0.8, whose rank correlation is 6 asin(0.4) / pi."""
    rng, truth, held = np.random.default_rng(4), 6 / np.pi * np.arcsin(0.4), 0
    for _ in range(500):
        gold = rng.normal(size=150)
        tables = []
        for _ in range(3):
            predicted = 0.8 * gold + 0.6 * rng.normal(size=150)
            tables.append(METRICS["spearman"].unit_counts(gold, predicted, np.arange(150), 150))
        low, high = two_way(METRICS["spearman"].values(np.stack(tables))).interval()
        held += low <= truth <= high
    assert 0.92 <= held / 500 <= 0.99
