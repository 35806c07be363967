"""What a model that has learnt nothing would score: the most frequent label, always."""

from collections.abc import Iterable, Mapping
from typing import Any


def majority_baseline(runs: Iterable[Mapping[str, Any]], metric: str) -> float | None:
    """The score on the test set, from the labels counted there; None where it cannot be known.

    For entity F1 it is left out: whoever finds no entity has no F1 above 0.
    """
    for run in runs:
        of_labels = run.get("per_class", {}).values()
        occurring = [count for of_label in of_labels if (count := of_label.get("support", 0))]
        if not occurring:
            continue
        share = max(occurring) / sum(occurring)
        if metric == "accuracy":
            return share
        if metric == "macro_f1":
            return 2 * share / (1 + share) / len(occurring)
        return None
    return None
