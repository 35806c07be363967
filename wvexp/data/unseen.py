"""Labels that stand in validation or test and nowhere in training: no model can give them.

Standard data sets hold such labels (CoNLL-2000: I-LST, twice in its test set). What carries one
counts as wrong, whatever is predicted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wvexp.data.corpus import Corpus


@dataclass(frozen=True)
class UnseenLabels:
    """A split's number of examples, and that of each label that training lacks."""

    examples: int
    labels: Mapping[str, int]


def count_unseen(corpus: Corpus) -> dict[str, UnseenLabels]:
    """By name, the splits with such a label: {"test": UnseenLabels(47377, {"I-LST": 2})}."""
    classes, found = len(corpus.label_names), {}
    for name, split in (("validation", corpus.validation), ("test", corpus.test)):
        every = split.kind.label_counts(split.labels, classes + len(corpus.unseen_labels))
        counts = every[classes:].tolist() if corpus.unseen_labels else []
        of_label = {
            label: count for label, count in zip(corpus.unseen_labels, counts, strict=True) if count
        }
        if of_label:
            found[name] = UnseenLabels(split.examples, of_label)
    return found
