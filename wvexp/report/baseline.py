"""What a model that has learnt nothing would score: the most frequent label, always.

Of the labels of training: no model gives one that it was never shown.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from wvexp.metrics import METRICS


def majority_baseline(runs: Iterable[Mapping[str, Any]], metric: str) -> float | None:
    """The score on the test set, from the labels counted there; None where it cannot be known."""
    for run in runs:
        support = {
            label: count
            for label, of_label in run.get("per_class", {}).items()
            if (count := of_label.get("support", 0))
        }
        unseen = run.get("labels_unseen", {}).get("test", {}).get("labels", {})
        known = [count for label, count in support.items() if label not in unseen]
        if not known:
            continue
        return METRICS[metric].majority(max(known) / sum(support.values()), len(support))
    return None
