"""The scorer of examples that have any number of labels."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.data.contents import SplitContents
from wvexp.data.split import Split
from wvexp.data.units import Units
from wvexp.metrics.class_scores import class_scores
from wvexp.metrics.groups import Group, Groups, GroupScores, worst
from wvexp.metrics.metric import Labels, Scorer

Counts = NDArray[np.integer]


class ScoresCounts(ABC):
    """What is scored by how often each label was rightly given, wrongly given, and missed."""

    @abstractmethod
    def of_counts(self, counts: Counts) -> float | None:
        """The score of counts [labels, 3]: true positives, false positives, false negatives.

        None where there is nothing to find.
        """


@dataclass(frozen=True)
class LabelSetScorer(Scorer):
    """Scores of one split, predictions bool [examples, labels that training has]."""

    metric: ScoresCounts
    split: Split
    gold_names: list[str]

    def score(self, predicted: Labels) -> float:
        score = self.metric.of_counts(self._counts(predicted).sum(axis=0))
        return 0.0 if score is None else score

    def by_group(self, predicted: Labels, groups: Groups) -> GroupScores:
        offsets, counts = self.split.offsets, self._counts(predicted)
        of_text = worst(groups, offsets[:-1], offsets[1:])
        scores: GroupScores = {}
        for group in Group:
            chosen = of_text == group
            n = int(chosen.sum())
            scores[group] = n, self.metric.of_counts(counts[chosen].sum(axis=0)) if n else None
        return scores

    def by_class(self, predicted: Labels) -> dict[str, dict[str, Any]]:
        tp, fp, fn = self._counts(predicted).sum(axis=0).T.tolist()
        return {
            name: class_scores(tp[i], tp[i] + fp[i], tp[i] + fn[i])
            for i, name in enumerate(self.gold_names)
        }

    def by_unit(self, predicted: Labels, units: Units) -> NDArray[np.int32]:
        """Counts [units, labels, 3]."""
        counts = self._counts(predicted)
        summed = np.zeros((len(units.ids), *counts.shape[1:]), dtype=np.int32)
        np.add.at(summed, units.of_examples(self.split), counts)
        return summed

    def _counts(self, predicted: Labels) -> Counts:
        """[examples, labels, 3]"""
        gold = np.zeros((len(self.split.labels), len(self.gold_names)), dtype=bool)
        given = np.zeros_like(gold)
        gold[:, : self.split.labels.shape[1]] = self.split.labels
        given[:, : predicted.shape[1]] = predicted
        return np.stack([gold & given, given & ~gold, gold & ~given], axis=-1).astype(np.int32)


def most_frequent(train: SplitContents) -> set[str]:
    """The labels that most examples of training have, or the single most frequent one.

    Of all that could always be given, these are right most often.
    """
    most = {label for label, count in train.labels.items() if 2 * count >= train.sentences}
    return most or set(sorted(train.labels, key=lambda label: -train.labels[label])[:1])


def always_given(given: set[str], test: SplitContents) -> Mapping[str, tuple[int, int, int]]:
    """Of each label true positives, false positives and false negatives of always giving some."""
    counts = {}
    for label in {*given, *test.labels}:
        there = test.labels.get(label, 0)
        here = (there, test.sentences - there, 0) if label in given else (0, 0, there)
        counts[label] = here
    return counts
