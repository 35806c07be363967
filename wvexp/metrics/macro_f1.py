"""Macro F1: the mean F1 of the classes, each of one weight."""

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, macro_f1_values
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
from wvexp.metrics.labels import LabelMetric, by_class
from wvexp.metrics.metric import METRICS, Labels, Scorer
from wvexp.tasks import TaskKind


class MacroF1(LabelMetric, ScoresCounts):
    """Unweighted mean F1 of the classes that occur in the gold labels, known to training or not.

    A class that is predicted alone has no part in the mean, so that all arms are scored over the
    same classes; such a prediction still counts against the class it was taken from. scikit-learn
    takes the mean over both, unless it is given `labels`.
    """

    name, words = "macro_f1", "macro F1"

    def score(self, gold: Labels, predicted: Labels) -> float:
        classes = np.unique(gold)
        right = gold[gold == predicted]
        size = int(max(gold.max(), predicted.max())) + 1
        both = np.bincount(gold, minlength=size) + np.bincount(predicted, minlength=size)
        return float((2 * np.bincount(right, minlength=size)[classes] / both[classes]).mean())

    def scorer(self, split: Split, gold_names: list[str]) -> Scorer:
        if split.kind.several:
            return LabelSetScorer(self, split, gold_names)
        return super().scorer(split, gold_names)

    def of_counts(self, counts: Counts) -> float | None:
        found = [f1(*of_label) for of_label in counts.tolist() if of_label[0] + of_label[2]]
        return float(np.mean(np.array(found, dtype=np.float64))) if found else None

    def serves(self, kind: TaskKind) -> bool:
        return not kind.numeric

    def always(self, train: SplitContents, test: SplitContents) -> float | None:
        counts = always_given(most_frequent(train), test).values()
        return self.of_counts(np.array(list(counts))) if counts else None

    def values(self, counts: NDArray[np.float64]) -> Values:
        return macro_f1_values(*by_class(counts))

    def majority(self, share: float, classes: int) -> float | None:
        return 2 * share / (1 + share) / classes


MACRO_F1 = METRICS.register(MacroF1())
