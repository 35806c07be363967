"""Micro F1: of all labels given, over all examples and labels together."""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, f1_values
from wvexp.data.contents import SplitContents
from wvexp.data.split import Split
from wvexp.metrics.class_scores import f1
from wvexp.metrics.label_sets import (
    Counts,
    LabelSetScorer,
    ScoresCounts,
    always_given,
    most_frequent,
)
from wvexp.metrics.labels import by_class
from wvexp.metrics.metric import METRICS, Metric, Scorer
from wvexp.tasks import TaskKind


class MicroF1(Metric, ScoresCounts):
    """2 TP / (2 TP + FP + FN) of the labels of all examples; of single labels it is accuracy."""

    name, words = "micro_f1", "micro F1"

    def scorer(self, split: Split, gold_names: list[str]) -> Scorer:
        return LabelSetScorer(self, split, gold_names)

    def of_counts(self, counts: Counts) -> float | None:
        return f1(*counts.sum(axis=0).tolist())

    def values(self, counts: NDArray[np.float64]) -> Values:
        return f1_values(*(of_label.sum(axis=-1) for of_label in by_class(counts)))

    def majority(self, share: float, classes: int) -> float | None:
        return None  # examples have more than one label

    def always(self, train: SplitContents, test: SplitContents) -> float | None:
        counts = always_given(most_frequent(train), test).values()
        return f1(*(sum(column) for column in zip(*counts, strict=True))) if counts else None

    def serves(self, kind: TaskKind) -> bool:
        return kind.several

    def usual_for(self, kind: TaskKind, label_names: list[str]) -> bool:
        return self.serves(kind)


MICRO_F1 = METRICS.register(MicroF1())
