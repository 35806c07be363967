"""Precision, recall and F1 of one class, from its counts."""

from typing import Any


def f1(true_positives: int, false_positives: int, false_negatives: int) -> float | None:
    """2 TP / (2 TP + FP + FN); None where there is nothing to find and nothing was found."""
    total = 2 * true_positives + false_positives + false_negatives
    return 2 * true_positives / total if total else None


def class_scores(right: int, predicted: int, support: int) -> dict[str, Any]:
    """One class's block of `Scorer.by_class`; what is undefined is absent.

    `predicted` is how often it was.
    """
    scores: dict[str, Any] = {"support": support}
    if predicted:
        scores |= {"predicted": predicted, "precision": right / predicted}
    if support:
        scores["recall"] = right / support
    both = f1(right, predicted - right, support - right)
    if both is not None:
        scores["f1"] = both
    return scores
