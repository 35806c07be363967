"""Metric: one way to score predicted labels, and the scorer that it makes of a split.

A gold label that training lacks (`Corpus.unseen_labels`) is one like any other that is never
predicted: scikit-learn and seqeval score it so.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values
from wvexp.data.contents import SplitContents
from wvexp.data.split import Split
from wvexp.data.units import Units
from wvexp.errors import UserError
from wvexp.metrics.groups import Groups, GroupScores
from wvexp.registry import Registry
from wvexp.tasks import TASKS, TaskKind

# What is predicted: label ids, or what else `TaskKind.predict` gives.
Labels = NDArray[Any]


class Scorer(ABC):
    """Scores predictions, label ids [examples], for one split against its labels."""

    @abstractmethod
    def score(self, predicted: Labels) -> float:
        """The metric over the whole split."""

    @abstractmethod
    def by_group(self, predicted: Labels, groups: Groups) -> GroupScores:
        """Size and score of every group.

        groups [tokens]: a `Group` for each token. What spans several tokens belongs to the group of
        its worst one.
        """

    @abstractmethod
    def by_class(self, predicted: Labels) -> dict[str, dict[str, Any]]:
        """Precision, recall, F1 and support of every class, as `class_scores` gives them.

        A label that training lacks has its row, with a recall of 0 where the split holds it.
        """

    @abstractmethod
    def by_unit(self, predicted: Labels, units: Units) -> NDArray[Any]:
        """Counts of every test unit [units, ...], of which `Metric.values` makes scores.

        Whole numbers, or float64 sums over the unit's examples: those of equal units are added.
        """

    def measures(self, predicted: Labels) -> dict[str, float]:
        """What is told beside the score, in the units of the data."""
        return {}


class Metric(ABC):
    """A metric by its name. Most further ones subclass `LabelMetric`.

    name            as `metric` names it
    words           what people call it
    of_labels       whether its classes are the labels of examples, which the data count too
    sees_majority   whether one label of most examples hides the others
    lowest          the worst score there is; the best is 1, and a point a hundredth of that
    """

    name: str
    words: str
    of_labels: bool = True
    sees_majority: bool = False
    lowest: float = 0.0

    @property
    def span(self) -> float:
        """The largest difference of two scores, and the largest error, which is 1 - score."""
        return 1.0 - self.lowest

    @abstractmethod
    def scorer(self, split: Split, gold_names: list[str]) -> Scorer:
        """The scorer of a split, the ids of whose labels are places in `gold_names`."""

    @abstractmethod
    def values(self, counts: NDArray[np.float64]) -> Values:
        """Values [seeds, units], from the units' counts [seeds, units, k], each flattened.

        As `wvexp.analysis.scores` explains them: the mean over units is the score of the sums.

        Raises
        ------
        ValueError
            The counts have no score.
        """

    @abstractmethod
    def majority(self, share: float, classes: int) -> float | None:
        """The score of a model that gives the label of `share` of the examples, always.

        classes: how many labels the examples have. None where such a model has no score.
        """

    def always(self, train: SplitContents, test: SplitContents) -> float | None:
        """`majority` where an example has several labels, or a number: `TaskKind.constant` always.

        None where such a model has no score, or what was counted does not tell.
        """
        return None

    def serves(self, kind: TaskKind) -> bool:
        """Whether tasks of the kind can be scored so."""
        return True

    def usual_for(self, kind: TaskKind, label_names: list[str]) -> bool:
        """Whether such labels are scored so where nobody names a metric."""
        return False

    def check(  # noqa: B027  (most can score anything)
        self, split: Split, label_names: list[str], name: str, unseen_labels: Sequence[str]
    ) -> None:
        """UserError where the split called `name` cannot be scored.

        The labels of training, `label_names`, decide.
        """


METRICS: Registry[Metric] = Registry("metric", Metric)


def check_metric_for_task(metric: str | None, task: str) -> None:
    """UserError where the metric, if one is named, does not serve tasks of that kind."""
    kind = TASKS[task]
    if metric is not None and not METRICS[metric].serves(kind):
        fitting = [other.name for other in METRICS if other.serves(kind)]
        raise UserError(
            f"metric={metric} does not fit {task} labels",
            f"take metric={' or metric='.join(fitting)}",
        )


def scorer_of(
    metric: str,
    split: Split,
    label_names: list[str],
    name: str,
    unseen_labels: Sequence[str] = (),
) -> Scorer:
    """The scorer of a split.

    Parameters
    ----------
    metric
        Name of a metric.
    label_names
        The classes, which may be predicted.
    name
        Of the split, for messages.
    unseen_labels
        Those that the split may hold besides; their ids follow.

    Raises
    ------
    UserError
        The split cannot be scored so.
    """
    METRICS[metric].check(split, label_names, name, unseen_labels)
    return METRICS[metric].scorer(split, [*label_names, *unseen_labels])
