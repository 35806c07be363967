"""What metrics over the labels of examples share."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split
from wvexp.data.units import Units
from wvexp.metrics.class_scores import class_scores
from wvexp.metrics.groups import Group, Groups, GroupScores, worst
from wvexp.metrics.metric import Labels, Metric, Scorer
from wvexp.tasks import TaskKind


class LabelMetric(Metric):
    """A metric of the pairs of gold and predicted label, whatever they belong to."""

    @abstractmethod
    def score(self, gold: Labels, predicted: Labels) -> float:
        """The score of examples [examples], at least one."""

    def serves(self, kind: TaskKind) -> bool:
        return not (kind.several or kind.numeric)

    def scorer(self, split: Split, gold_names: list[str]) -> Scorer:
        return LabelScorer(self, split, gold_names)

    def unit_counts(
        self, gold: Labels, predicted: Labels, unit: Labels, units: int, classes: int
    ) -> NDArray[np.integer]:
        """Counts [units, classes, 3]: true positives, false positives and false negatives.

        unit [examples]: the unit of each example.
        """
        right = gold == predicted
        at_gold, at_predicted = unit * classes + gold, unit * classes + predicted
        columns = [at_gold[right], at_predicted[~right], at_gold[~right]]
        per_class = [np.bincount(column, minlength=units * classes) for column in columns]
        return np.stack(per_class, axis=1).reshape(units, classes, 3)


@dataclass(frozen=True)
class LabelScorer(Scorer):
    """Scores of one split by a `LabelMetric`."""

    metric: LabelMetric
    split: Split
    gold_names: list[str]

    def score(self, predicted: Labels) -> float:
        return self.metric.score(self.split.labels, predicted)

    def by_group(self, predicted: Labels, groups: Groups) -> GroupScores:
        offsets, gold = self.split.offsets, self.split.labels
        if not self.split.kind.listed:  # an example is all tokens of its sentence
            groups = worst(groups, offsets[:-1], offsets[1:])
        scores: GroupScores = {}
        for group in Group:
            chosen = groups == group
            n = int(chosen.sum())
            scored = self.metric.score(gold[chosen], predicted[chosen]) if n else None
            scores[group] = n, scored
        return scores

    def by_class(self, predicted: Labels) -> dict[str, dict[str, Any]]:
        gold = self.split.labels
        return {
            name: class_scores(
                int(((gold == i) & (predicted == i)).sum()),
                int((predicted == i).sum()),
                int((gold == i).sum()),
            )
            for i, name in enumerate(self.gold_names)
        }

    def by_unit(self, predicted: Labels, units: Units) -> NDArray[np.int32]:
        counts = self.metric.unit_counts(
            self.split.labels,
            predicted,
            units.of_examples(self.split),
            len(units.ids),
            len(self.gold_names),
        )
        return counts.astype(np.int32)


def by_class(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """True positives, false positives and false negatives [seeds, units, classes].

    counts [seeds, units, 3 x classes], class after class, as `Metric.values` gets them.
    """
    of_class = counts.reshape(*counts.shape[:2], -1, 3)
    return tuple(np.moveaxis(of_class, -1, 0))
