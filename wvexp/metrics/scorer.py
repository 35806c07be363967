"""Scores of predicted labels: accuracy, macro F1, entity F1; as a whole, by class and by group.

A gold label that training lacks (`Corpus.unseen_labels`) is one like any other that is never
predicted: scikit-learn and seqeval score it so. Entities are compared as spans; one whose tags
alone differ (gold I-X, predicted B-X) is found.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split
from wvexp.data.units import Units
from wvexp.errors import UserError
from wvexp.metrics.entities import EntityCounts, TagScheme, compare_spans, f1, is_bio


class Group(IntEnum):
    """Where a word's vector comes from at evaluation, from best to worst."""

    SEEN = 0
    PRETRAINED_ONLY = 1
    NEITHER = 2


def default_metric(split: Split, label_names: list[str]) -> str:
    return "entity_f1" if split.task == "token" and is_bio(label_names) else "accuracy"


def check_metric(
    metric: str,
    split: Split,
    label_names: list[str],
    name: str,
    unseen_labels: Sequence[str] = (),
) -> None:
    """UserError where the split cannot be scored: `entity_f1` without BIO tags or without one.

    The labels of training decide whether they are BIO tags.
    """
    if metric != "entity_f1":
        return
    if not is_bio(label_names):
        raise UserError(
            f"metric=entity_f1 needs BIO tags, the labels are {_some(label_names)}",
            "take metric=accuracy or metric=macro_f1",
        )
    scheme = TagScheme.from_labels([*label_names, *unseen_labels])
    if not len(scheme.spans(split.labels, split.offsets)):
        raise UserError(f"metric=entity_f1: the {name} split has no entity", "take metric=accuracy")


class Scorer:
    """Scores predictions for one split against its labels.

    Parameters
    ----------
    metric
        "accuracy", "macro_f1" or "entity_f1".
    label_names
        The classes, which may be predicted.
    name
        Of the split, for messages.
    unseen_labels
        Those that the split may hold besides; their ids follow.

    Raises
    ------
    UserError
        `entity_f1` without BIO tags, or without one entity in the split.
    """

    def __init__(
        self,
        metric: str,
        split: Split,
        label_names: list[str],
        name: str,
        unseen_labels: Sequence[str] = (),
    ) -> None:
        self.metric, self.split = metric, split
        self.gold_names = [*label_names, *unseen_labels]
        self.scheme = None
        check_metric(metric, split, label_names, name, unseen_labels)
        if metric == "entity_f1":
            self.scheme = TagScheme.from_labels(self.gold_names)
            self.gold_spans = self.scheme.spans(split.labels, split.offsets)

    def score(self, predicted: NDArray[np.integer]) -> float:
        """The metric over the whole split; `predicted` holds label ids [examples]."""
        if self.scheme is None:
            return self._plain(self.split.labels, predicted)
        counts = self._compare(predicted)
        gold, claimed = (np.ones(len(c), dtype=bool) for c in (counts.gold, counts.predicted))
        value = _entity_score(counts, gold, claimed)[1]
        assert value is not None  # the split has an entity
        return value

    def by_group(
        self, predicted: NDArray[np.integer], groups: NDArray[np.integer]
    ) -> dict[Group, tuple[int, float | None]]:
        """Size and score of every group; the score is None where nothing can be scored.

        groups [tokens]: a `Group` for each token. A sentence and an entity belong to the group of
        their worst token; a wrong entity to that of the tokens it claims.
        """
        if self.scheme is not None:
            counts = self._compare(predicted)
            gold = _worst(groups, counts.gold[:, 0], counts.gold[:, 1])
            claimed = _worst(groups, counts.predicted[:, 0], counts.predicted[:, 1])
            return {g: _entity_score(counts, gold == g, claimed == g) for g in Group}
        if self.split.task == "sentence":
            offsets = self.split.offsets
            groups = _worst(groups, offsets[:-1], offsets[1:])
        gold_labels = self.split.labels
        scores: dict[Group, tuple[int, float | None]] = {}
        for group in Group:
            chosen = groups == group
            n = int(chosen.sum())
            scores[group] = n, self._plain(gold_labels[chosen], predicted[chosen]) if n else None
        return scores

    def by_class(self, predicted: NDArray[np.integer]) -> dict[str, dict[str, Any]]:
        """Precision, recall, F1 and support of every class (of every entity type for entity F1).

        What is undefined, such as the precision of a class never predicted, is absent; `predicted`
        is how often it was. A label that training lacks has its row, with a recall of 0 where the
        split holds it.
        """
        if self.scheme is not None:
            counts = self._compare(predicted)
            return {
                name: class_scores(
                    int(counts.gold_found[counts.gold[:, 2] == i].sum()),
                    int((counts.predicted[:, 2] == i).sum()),
                    int((counts.gold[:, 2] == i).sum()),
                )
                for i, name in enumerate(self.scheme.types)
            }
        gold = self.split.labels
        return {
            name: class_scores(
                int(((gold == i) & (predicted == i)).sum()),
                int((predicted == i).sum()),
                int((gold == i).sum()),
            )
            for i, name in enumerate(self.gold_names)
        }

    def by_unit(self, predicted: NDArray[np.integer], units: Units) -> NDArray[np.int32]:
        """Counts of every test unit, from whose sums the metric of any set of units follows.

        accuracy   [units, 2]           correct, total
        entity_f1  [units, 3]           true positives, false positives, false negatives
        macro_f1   [units, labels, 3]   the same of each label, those that training lacks last
        """
        of_example, size = units.of_examples(self.split), len(units.ids)
        gold = self.split.labels
        if self.scheme is not None:
            counts = self._compare(predicted)
            of_gold = of_example[counts.gold[:, 0]]
            of_claimed = of_example[counts.predicted[:, 0]]
            columns = [
                of_gold[counts.gold_found],
                of_claimed[~counts.predicted_right],
                of_gold[~counts.gold_found],
            ]
        elif self.metric == "accuracy":
            columns = [of_example[gold == predicted], of_example]
        else:
            classes, right = len(self.gold_names), gold == predicted
            at_gold, at_predicted = of_example * classes + gold, of_example * classes + predicted
            columns = [at_gold[right], at_predicted[~right], at_gold[~right]]
            per_class = [np.bincount(column, minlength=size * classes) for column in columns]
            return np.stack(per_class, axis=1).astype(np.int32).reshape(size, classes, 3)
        return np.stack([np.bincount(c, minlength=size) for c in columns], 1).astype(np.int32)

    def _compare(self, predicted: NDArray[np.integer]) -> EntityCounts:
        assert self.scheme is not None
        return compare_spans(self.gold_spans, self.scheme.spans(predicted, self.split.offsets))

    def _plain(self, gold: NDArray[np.integer], predicted: NDArray[np.integer]) -> float:
        if self.metric == "accuracy":
            return float((gold == predicted).mean())
        return macro_f1(gold, predicted)


def macro_f1(gold: NDArray[np.integer], predicted: NDArray[np.integer]) -> float:
    """Unweighted mean F1 of the classes that occur in the gold labels, known to training or not.

    A class that is predicted alone has no part in the mean, so that all arms are scored over the
    same classes; such a prediction still counts against the class it was taken from. scikit-learn
    takes the mean over both, unless it is given `labels`. `wvexp.analysis.scores.macro_f1_values`
    is the same from counts.
    """
    classes = np.unique(gold)
    right = gold[gold == predicted]
    size = int(max(gold.max(), predicted.max())) + 1
    both = np.bincount(gold, minlength=size) + np.bincount(predicted, minlength=size)
    return float((2 * np.bincount(right, minlength=size)[classes] / both[classes]).mean())


def _worst(
    groups: NDArray[np.integer], starts: NDArray[np.integer], ends: NDArray[np.integer]
) -> NDArray[np.integer]:
    """The largest group within each span; an empty span has seen all there is to see."""
    # worse[g] counts the tokens up to each place that are of group g or worse
    worst = np.zeros(len(starts), dtype=np.int8)
    for group in (Group.PRETRAINED_ONLY, Group.NEITHER):
        worse = np.concatenate([[0], np.cumsum(groups >= group)])
        worst[worse[ends] > worse[starts]] = group
    return worst


def _entity_score(
    counts: EntityCounts, gold: NDArray[np.bool_], claimed: NDArray[np.bool_]
) -> tuple[int, float | None]:
    found = int(counts.gold_found[gold].sum())
    missed = int(gold.sum()) - found
    wrong = int((~counts.predicted_right[claimed]).sum())
    return int(gold.sum()), f1(found, wrong, missed)


def class_scores(right: int, predicted: int, support: int) -> dict[str, Any]:
    """One class's block of `Scorer.by_class`."""
    scores: dict[str, Any] = {"support": support}
    if predicted:
        scores |= {"predicted": predicted, "precision": right / predicted}
    if support:
        scores["recall"] = right / support
    both = f1(right, predicted - right, support - right)
    if both is not None:
        scores["f1"] = both
    return scores


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
