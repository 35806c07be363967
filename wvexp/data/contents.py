"""What a corpus holds, in numbers that its results keep."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split

SPLITS = ("train", "validation", "test")


def contents(corpus: Corpus, splits: tuple[str, ...] = SPLITS) -> dict[str, Any]:
    """The name, and for each split its sentences, its tokens and how often it has each label.

    {"name": "trec", "train": {"sentences": 4952, "tokens": 53213, "labels": {"NUM": 814, ...}}}
    """
    names = [*corpus.label_names, *corpus.unseen_labels]
    return {"name": corpus.name, **{s: _counted(getattr(corpus, s), names) for s in splits}}


def _counted(split: Split, names: list[str]) -> dict[str, Any]:
    counts = np.bincount(split.labels, minlength=len(names)).tolist()
    labels = {name: count for name, count in zip(names, counts, strict=True) if count}
    return {"sentences": split.sentences, "tokens": split.tokens, "labels": labels}


def pooled_contents(of_fold: Mapping[str, Any]) -> dict[str, Any]:
    """The same of all examples of a cross-fit, from the contents of any one of its folds."""
    parts = [of_fold[split] for split in SPLITS]
    labels: Counter[str] = Counter()
    for part in parts:
        labels.update(part["labels"])
    sums = {name: sum(part[name] for part in parts) for name in ("sentences", "tokens")}
    return {"name": of_fold["name"], "pool": {**sums, "labels": dict(labels)}}
