"""Entity F1: of the spans that BIO tags make, as conlleval and seqeval count them.

Entities are compared as spans; one whose tags alone differ (gold I-X, predicted B-X) is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, f1_values
from wvexp.data.split import Split
from wvexp.data.units import Units
from wvexp.errors import UserError
from wvexp.metrics.class_scores import class_scores, f1
from wvexp.metrics.entities import EntityCounts, TagScheme, compare_spans, is_bio
from wvexp.metrics.groups import Group, Groups, GroupScores, worst
from wvexp.metrics.metric import METRICS, Labels, Metric, Scorer
from wvexp.tasks import TaskKind, TokenTask


class EntityF1(Metric):
    name, words, of_labels = "entity_f1", "entity F1", False

    def serves(self, kind: TaskKind) -> bool:
        return isinstance(kind, TokenTask)

    def usual_for(self, kind: TaskKind, label_names: list[str]) -> bool:
        return self.serves(kind) and is_bio(label_names)

    def check(
        self, split: Split, label_names: list[str], name: str, unseen_labels: Sequence[str]
    ) -> None:
        if not is_bio(label_names):
            others = _of_labels(split.kind)
            raise UserError(
                f"metric={self.name} needs BIO tags, the labels are {_some(label_names)}",
                f"take metric={' or metric='.join(others)}",
            )
        scheme = TagScheme.from_labels([*label_names, *unseen_labels])
        if not len(scheme.spans(split.labels, split.offsets)):
            first = _of_labels(split.kind)[0]
            raise UserError(
                f"metric={self.name}: the {name} split has no entity", f"take metric={first}"
            )

    def scorer(self, split: Split, gold_names: list[str]) -> Scorer:
        return EntityScorer(split, gold_names)

    def values(self, counts: NDArray[np.float64]) -> Values:
        return f1_values(*np.moveaxis(counts, -1, 0))

    def majority(self, share: float, classes: int) -> float | None:
        return None  # whoever finds no entity has no F1 above 0


@dataclass(frozen=True)
class EntityScorer(Scorer):
    """Scores of the entities of one split."""

    split: Split
    gold_names: list[str]

    @cached_property
    def scheme(self) -> TagScheme:
        return TagScheme.from_labels(self.gold_names)

    @cached_property
    def gold_spans(self) -> NDArray[np.int64]:
        return self.scheme.spans(self.split.labels, self.split.offsets)

    def score(self, predicted: Labels) -> float:
        counts = self._compare(predicted)
        gold, claimed = (np.ones(len(c), dtype=bool) for c in (counts.gold, counts.predicted))
        value = _score(counts, gold, claimed)[1]
        assert value is not None  # the split has an entity
        return value

    def by_group(self, predicted: Labels, groups: Groups) -> GroupScores:
        """An entity by its worst token, a wrong one by that of the tokens it claims."""
        counts = self._compare(predicted)
        gold = worst(groups, counts.gold[:, 0], counts.gold[:, 1])
        claimed = worst(groups, counts.predicted[:, 0], counts.predicted[:, 1])
        return {g: _score(counts, gold == g, claimed == g) for g in Group}

    def by_class(self, predicted: Labels) -> dict[str, dict[str, Any]]:
        """By entity type."""
        counts = self._compare(predicted)
        return {
            name: class_scores(
                int(counts.gold_found[counts.gold[:, 2] == i].sum()),
                int((counts.predicted[:, 2] == i).sum()),
                int((counts.gold[:, 2] == i).sum()),
            )
            for i, name in enumerate(self.scheme.types)
        }

    def by_unit(self, predicted: Labels, units: Units) -> NDArray[np.int32]:
        """Counts [units, 3]: true positives, false positives, false negatives."""
        of_example, size = units.of_examples(self.split), len(units.ids)
        counts = self._compare(predicted)
        of_gold = of_example[counts.gold[:, 0]]
        of_claimed = of_example[counts.predicted[:, 0]]
        columns = [
            of_gold[counts.gold_found],
            of_claimed[~counts.predicted_right],
            of_gold[~counts.gold_found],
        ]
        return np.stack([np.bincount(c, minlength=size) for c in columns], 1).astype(np.int32)

    def _compare(self, predicted: Labels) -> EntityCounts:
        return compare_spans(self.gold_spans, self.scheme.spans(predicted, self.split.offsets))


def _score(
    counts: EntityCounts, gold: NDArray[np.bool_], claimed: NDArray[np.bool_]
) -> tuple[int, float | None]:
    found = int(counts.gold_found[gold].sum())
    missed = int(gold.sum()) - found
    wrong = int((~counts.predicted_right[claimed]).sum())
    return int(gold.sum()), f1(found, wrong, missed)


def _of_labels(kind: TaskKind) -> list[str]:
    """The metrics that score such tasks by their labels."""
    return [metric.name for metric in METRICS if metric.of_labels and metric.serves(kind)]


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


ENTITY_F1 = METRICS.register(EntityF1())
