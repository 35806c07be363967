import pytest
from stored_runs import stored_run

from wvexp.report.baseline import majority_baseline


def runs(*supports, **told):
    per_class = {str(i): {"support": n} for i, n in enumerate(supports)}
    return [stored_run(), stored_run(per_class=per_class, **told)]


def test_accuracy_is_the_share_of_the_most_frequent_label():
    assert majority_baseline(runs(60, 30, 10), "accuracy") == pytest.approx(0.6)


def test_macro_f1_by_its_definition():
    """Always the first label: recall 1, precision 0.6; the others that occur have an F1 of 0."""
    precision, recall = 0.6, 1.0
    expected = 2 * precision * recall / (precision + recall) / 3
    assert majority_baseline(runs(60, 30, 10, 0), "macro_f1") == pytest.approx(expected)


def test_a_label_that_training_lacks_is_never_given_but_counts():
    """The first label is the most frequent, and no model knows it."""
    told = runs(50, 30, 20, labels_unseen={"test": {"examples": 100, "labels": {"0": 50}}})
    assert majority_baseline(told, "accuracy") == pytest.approx(0.3)
    expected = 2 * 0.3 / 1.3 / 3
    assert majority_baseline(told, "macro_f1") == pytest.approx(expected)


def test_unknown_is_none():
    assert majority_baseline([stored_run()], "accuracy") is None
    assert majority_baseline(runs(3, 4), "entity_f1") is None
