"""Labels that stand in validation or test and nowhere in training: no model can give them.

Standard data sets hold such labels (CoNLL-2000: I-LST, twice in its test set). What carries one
counts as wrong, whatever is predicted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.tasks import TASKS

# Labels that are named; the most frequent first.
_NAMED = 5
_SHOWN = 60  # characters of a name


@dataclass(frozen=True)
class UnseenLabels:
    """A split's number of examples, and that of each label that training lacks."""

    examples: int
    labels: Mapping[str, int]


def count_unseen(corpus: Corpus) -> dict[str, UnseenLabels]:
    """By name, the splits with such a label: {"test": UnseenLabels(47377, {"I-LST": 2})}."""
    classes, found = len(corpus.label_names), {}
    for name, split in (("validation", corpus.validation), ("test", corpus.test)):
        labels = split.labels[split.labels >= classes] - classes
        counts = np.bincount(labels, minlength=len(corpus.unseen_labels)).tolist()
        of_label = {
            label: count for label, count in zip(corpus.unseen_labels, counts, strict=True) if count
        }
        if of_label:
            found[name] = UnseenLabels(split.examples, of_label)
    return found


def unseen_words(found: Mapping[str, UnseenLabels], task: str) -> str:
    """What `count_unseen` found, in one line for whoever reads the scores; empty for nothing."""
    parts = []
    for name, split in sorted(found.items()):  # the test split first
        counts = sorted(split.labels.items(), key=lambda item: -item[1])
        named = [f"{label!r:.{_SHOWN}} {count:,}x" for label, count in counts[:_NAMED]]
        if len(counts) > _NAMED:
            named.append(f"{len(counts) - _NAMED:,} labels more")
        parts.append(
            f"{sum(split.labels.values()):,} of {split.examples:,} {name} "
            f"{TASKS[task].nouns} ({', '.join(named)})"
        )
    if not parts:
        return ""
    return (
        "labels that the training data lacks count as wrong, whatever is predicted: "
        + " and ".join(parts)
    )
