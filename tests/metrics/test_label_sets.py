"""Scores of sets of labels beside scikit-learn, with labels that training lacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.contents import SplitContents
from wvexp.data.split import Split
from wvexp.data.units import make_units
from wvexp.errors import UserError
from wvexp.metrics import METRICS, check_metric_for_task, default_metric, scorer_of
from wvexp.metrics.checked import check_values
from wvexp.metrics.groups import Group

NAMES = ["a", "b", "c"]


def split_of(sets):
    offsets = np.arange(len(sets) + 1, dtype=np.int64)
    return Split("multilabel", np.arange(len(sets), dtype=np.int32), offsets, sets)


@st.composite
def cases(draw):
    size = draw(st.integers(3, 9))
    rows = st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=size, max_size=size)
    gold, predicted = np.array(draw(rows)), np.array(draw(rows))
    gold[0, 0], gold[1, 1], predicted[:, 3] = True, True, False  # the fourth is not in training
    return gold, predicted


@pytest.mark.parametrize(("name", "average"), [("micro_f1", "micro"), ("macro_f1", "macro")])
@given(case=cases())
def test_scores_are_scikit_learns_and_the_means_of_their_units(name, average, case):
    f1_score = pytest.importorskip("sklearn.metrics").f1_score
    gold, predicted = case
    split = split_of(gold)
    scorer = scorer_of(name, split, NAMES, "test", ("unseen",))
    occurring = np.flatnonzero(gold.any(axis=0)).tolist()  # as scikit-learn is told
    labels = occurring if average == "macro" else None
    expected = f1_score(gold, predicted, average=average, labels=labels, zero_division=0)
    score = scorer.score(predicted[:, :3])
    assert score == pytest.approx(expected)
    units = make_units(split, [f"w{i}" for i in range(len(gold))])
    counts = scorer.by_unit(predicted[:, :3], units)
    assert counts.shape == (len(units.ids), 4, 3)
    check_values(name, counts, score)


def test_counts_by_hand():
    gold = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]], dtype=bool)
    predicted = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 1]], dtype=bool)
    scorer = scorer_of("micro_f1", split_of(gold), NAMES, "test")
    assert scorer.score(predicted) == pytest.approx(2 * 3 / (2 * 3 + 1 + 1))
    classes = scorer.by_class(predicted)
    assert classes["b"] == {
        "support": 2,
        "predicted": 1,
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
    }
    assert classes["c"]["precision"] == 0.5
    groups = np.array([0, 2, 2])
    found = scorer.by_group(predicted, groups)
    assert found[Group.SEEN] == (1, pytest.approx(2 / 3))
    assert found[Group.PRETRAINED_ONLY] == (0, None)
    assert found[Group.NEITHER] == (2, pytest.approx(4 / 5))
    units = make_units(split_of(gold), ["x", "y", "z"])
    assert scorer.by_unit(predicted, units)[0].tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_nothing_to_find_and_nothing_found_has_no_score_in_a_group():
    gold = np.array([[1, 0, 0], [0, 0, 0]], dtype=bool)
    found = scorer_of("micro_f1", split_of(gold), NAMES, "test").by_group(gold, np.array([0, 1]))
    assert found[Group.PRETRAINED_ONLY] == (1, None)


@pytest.mark.parametrize("name", ["micro_f1", "macro_f1"])
def test_always_giving_the_most_frequent_labels(name):
    """A label that half of training has is given always; else the most frequent alone."""
    rng = np.random.default_rng(0)
    test = rng.random((50, 3)) < [0.7, 0.5, 0.1]
    held = SplitContents(50, 50, dict(zip(NAMES, test.sum(axis=0).tolist(), strict=True)))
    scorer = scorer_of(name, split_of(test), NAMES, "test")
    for counts, given_ in (({"a": 30, "b": 25, "c": 3}, [1, 1, 0]), ({"a": 9, "b": 8}, [1, 0, 0])):
        train = SplitContents(50, 50, counts)
        constant = np.tile(np.array(given_, dtype=bool), (50, 1))
        assert METRICS[name].always(train, held) == pytest.approx(scorer.score(constant))


def test_which_metric_serves_which_labels():
    numbers = Split("regression", np.zeros(1, np.int32), np.array([0, 1]), np.ones(1))
    assert default_metric(split_of(np.ones((1, 3), bool)), NAMES) == "micro_f1"
    assert default_metric(numbers, []) == "r2"
    served = {
        "multilabel": {"micro_f1", "macro_f1"},
        "regression": {"r2", "rmse", "spearman"},
        "sentence": {"accuracy", "macro_f1", "balanced_accuracy"},
    }
    for task, names in served.items():
        for metric in ("accuracy", "macro_f1", "micro_f1", "r2", "rmse", "spearman", "entity_f1"):
            if metric in names:
                check_metric_for_task(metric, task)
            else:
                with pytest.raises(UserError, match=f"metric={metric} does not fit {task} labels"):
                    check_metric_for_task(metric, task)


def test_balanced_accuracy_is_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    gold, predicted = rng.integers(3, size=(2, 40)).astype(np.int32)
    offsets = np.arange(41, dtype=np.int64)
    split = Split("sentence", np.arange(40, dtype=np.int32), offsets, gold)
    scorer = scorer_of("balanced_accuracy", split, [*NAMES, "never"], "test")
    score = scorer.score(predicted)
    assert score == pytest.approx(metrics.balanced_accuracy_score(gold, predicted))
    counts = scorer.by_unit(predicted, make_units(split, [f"w{i}" for i in range(40)]))
    check_values("balanced_accuracy", counts, score)
    assert METRICS["balanced_accuracy"].majority(0.9, 3) == pytest.approx(1 / 3)
