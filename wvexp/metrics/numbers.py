"""What metrics over numbers share."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.data.contents import SplitContents
from wvexp.data.split import Split
from wvexp.data.units import Units
from wvexp.errors import UserError
from wvexp.metrics.groups import Group, Groups, GroupScores, worst
from wvexp.metrics.metric import Labels, Metric, Scorer
from wvexp.tasks import TaskKind

Numbers = NDArray[np.float64]


class NumberMetric(Metric):
    """A metric of pairs of given and predicted number. 1 is perfect, and there is no lowest."""

    of_labels, lowest = False, -np.inf

    @abstractmethod
    def score(self, gold: Numbers, predicted: Numbers, spread: float) -> float | None:
        """The score of some examples [examples] of a split whose numbers have that spread.

        None where they have none.
        """

    def unit_counts(
        self, gold: Numbers, predicted: Numbers, unit: Labels, units: int
    ) -> NDArray[np.float64]:
        """Sums [units, 4]: number, squared errors, numbers, squared numbers of the unit's examples.

        unit [examples]: the unit of each example.
        """
        columns = np.ones(len(gold)), (predicted - gold) ** 2, gold, gold**2
        return summed(columns, unit, units)

    def scorer(self, split: Split, gold_names: list[str]) -> Scorer:
        return NumberScorer(self, split)

    def serves(self, kind: TaskKind) -> bool:
        return kind.numeric

    def majority(self, share: float, classes: int) -> float | None:
        return None  # there are no labels

    def check(
        self, split: Split, label_names: list[str], name: str, unseen_labels: Sequence[str]
    ) -> None:
        if len(split.labels) and np.ptp(split.labels) == 0:
            raise UserError(
                f"metric={self.name}: all numbers of the {name} split are {split.labels[0]:g}",
                "give it texts with different numbers",
            )


@dataclass(frozen=True)
class NumberScorer(Scorer):
    """Scores of one split by a `NumberMetric`."""

    metric: NumberMetric
    split: Split

    def score(self, predicted: Labels) -> float:
        value = self.metric.score(self.split.labels, predicted, self._spread)
        assert value is not None  # `check` refuses a split without a spread
        return value

    def by_group(self, predicted: Labels, groups: Groups) -> GroupScores:
        offsets, gold = self.split.offsets, self.split.labels
        of_text = worst(groups, offsets[:-1], offsets[1:])
        scores: GroupScores = {}
        for group in Group:
            chosen = of_text == group
            n = int(chosen.sum())
            some = gold[chosen], predicted[chosen]
            scores[group] = n, self.metric.score(*some, self._spread) if n else None
        return scores

    def by_class(self, predicted: Labels) -> dict[str, dict[str, Any]]:
        return {}

    def by_unit(self, predicted: Labels, units: Units) -> NDArray[np.float64]:
        of_example = units.of_examples(self.split)
        return self.metric.unit_counts(self.split.labels, predicted, of_example, len(units.ids))

    def measures(self, predicted: Labels) -> dict[str, float]:
        error = predicted - self.split.labels
        return {
            "rmse": float(np.sqrt(np.mean(error**2))),
            "mean_absolute_error": float(np.mean(np.abs(error))),
        }

    @property
    def _spread(self) -> float:
        return float(np.std(self.split.labels))


def summed(columns: Sequence[NDArray[Any]], unit: Labels, units: int) -> NDArray[np.float64]:
    """Sums [units, columns] of the columns [examples] over the examples of each unit."""
    return np.stack([np.bincount(unit, column, minlength=units) for column in columns], axis=1)


def constant_error(train: SplitContents, test: SplitContents) -> float | None:
    """Mean squared error of always giving the mean of training, in squared spreads of the test."""
    if train.numbers is None or test.numbers is None or not test.numbers.spread:
        return None
    return 1.0 + ((train.numbers.mean - test.numbers.mean) / test.numbers.spread) ** 2
