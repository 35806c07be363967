"""Counts of the test units: their sums give the metric back, unit by unit as counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.split import Split
from wvexp.data.units import make_units
from wvexp.metrics import METRICS, scorer_of

TAGS = ["O", "B-A", "I-A", "B-B"]


@st.composite
def cases(draw, task):
    lengths = draw(st.lists(st.integers(1, 5), min_size=2, max_size=6))
    offsets = np.cumsum([0, *lengths]).astype(np.int64)
    examples = int(offsets[-1]) if task == "token" else len(lengths)
    ids = st.lists(st.integers(0, 3), min_size=examples, max_size=examples)
    gold, predicted = (np.array(draw(ids), dtype=np.int32) for _ in range(2))
    gold[0] = 1  # there is an entity to find
    documents = draw(st.lists(st.integers(0, 2), min_size=len(lengths), max_size=len(lengths)))
    words = np.arange(offsets[-1], dtype=np.int32)
    split = Split(task, words, offsets, gold, np.array(documents, dtype=np.int32))
    units = make_units(split, [f"w{i}" for i in words])
    return split, predicted, units


def f1_of(counts):
    right, wrong, missed = counts
    return 2 * right / (2 * right + wrong + missed)


@pytest.mark.parametrize("task", ["token", "sentence"])
@given(data=st.data())
def test_accuracy_is_correct_over_total(task, data):
    split, predicted, units = data.draw(cases(task))
    scorer = scorer_of("accuracy", split, TAGS, "test")
    counts = scorer.by_unit(predicted, units)
    assert counts.shape == (len(units.ids), 2)
    correct, total = counts.sum(axis=0)
    assert correct / total == pytest.approx(scorer.score(predicted))
    of_example = units.of_examples(split)
    for unit in range(len(units.ids)):
        chosen = of_example == unit
        right = int((split.labels[chosen] == predicted[chosen]).sum())
        assert counts[unit].tolist() == [right, chosen.sum()]


@pytest.mark.parametrize("task", ["token", "sentence"])
@given(data=st.data())
def test_macro_f1_is_the_mean_over_classes_that_occur(task, data):
    """In the gold labels, in training and in the analysis alike; class 3 may be only predicted."""
    split, predicted, units = data.draw(cases(task))
    scorer = scorer_of("macro_f1", split, TAGS, "test")
    counts = scorer.by_unit(predicted, units)
    assert counts.shape == (len(units.ids), len(TAGS), 3)
    totals = counts.sum(axis=0)
    found = np.mean([f1_of(row) for row in totals if row[0] + row[2]])
    assert found == pytest.approx(scorer.score(predicted))
    values = METRICS["macro_f1"].values(counts.reshape(1, len(counts), -1).astype(float))
    assert values.mean() == pytest.approx(scorer.score(predicted))
    assert totals[:, [0, 2]].sum(axis=1).tolist() == np.bincount(split.labels, minlength=4).tolist()


def test_a_class_that_is_only_predicted_has_no_part_in_the_macro_f1():
    gold, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 3, 1])
    words = np.arange(4, dtype=np.int32)
    split = Split("sentence", words, np.arange(5), gold.astype(np.int32))
    scorer = scorer_of("macro_f1", split, TAGS, "test")
    assert scorer.score(predicted) == pytest.approx((4 / 5 + 1) / 2)
    counts = scorer.by_unit(predicted, make_units(split, list("abcd")))
    values = METRICS["macro_f1"].values(counts.reshape(1, 4, -1).astype(float))
    assert values.mean() == pytest.approx((4 / 5 + 1) / 2)


@given(data=st.data())
def test_entity_f1_is_that_of_the_counts(data):
    split, predicted, units = data.draw(cases("token"))
    scorer = scorer_of("entity_f1", split, TAGS, "test")
    counts = scorer.by_unit(predicted, units)
    assert counts.shape == (len(units.ids), 3)
    assert f1_of(counts.sum(axis=0)) == pytest.approx(scorer.score(predicted))


def test_entities_are_counted_in_the_unit_where_they_begin():
    gold = np.array([1, 2, 0, 3, 0], dtype=np.int32)  # A A O | B O
    split = Split("token", np.arange(5, dtype=np.int32), np.array([0, 3, 5]), gold)
    units = make_units(split, list("abcde"))
    predicted = np.array([1, 2, 3, 0, 1], dtype=np.int32)  # A A B | O A
    counts = scorer_of("entity_f1", split, TAGS, "test").by_unit(predicted, units)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 1]]
