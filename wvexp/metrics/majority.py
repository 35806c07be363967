"""A label that most examples have, where the metric hardly sees the others."""

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.reading.assumptions import quoted
from wvexp.metrics.macro_f1 import MACRO_F1
from wvexp.metrics.metric import METRICS

_MAJORITY = 0.8  # share of one label


def majority_notes(metric: str, corpus: Corpus) -> list[str]:
    """The note, or nothing."""
    if not METRICS[metric].sees_majority:
        return []
    counts = np.bincount(corpus.train.labels)
    most = int(counts.argmax())
    share = counts[most] / counts.sum()
    if share <= _MAJORITY:
        return []
    return [
        f"{share:.1%} of the training data have the label {quoted(corpus.label_names[most])}, so "
        f"that {METRICS[metric].words} hardly sees the others; metric={MACRO_F1.name} weighs all "
        "labels alike"
    ]
