"""What a corpus holds, in numbers that its results keep."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Numbers:
    """Mean and standard deviation of the numbers that examples have, the lowest and the highest."""

    mean: float
    spread: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class SplitContents:
    """Sentences, tokens, and how many examples have each label.

    numbers: of examples that have a number in place of labels
    """

    sentences: int
    tokens: int
    labels: Mapping[str, int]
    numbers: Numbers | None = None


@dataclass(frozen=True)
class Contents:
    """The corpus's name and what each split holds; pool: all that is cross-fitted, alone.

    None: a split that the run did not have in hand.
    """

    name: str
    train: SplitContents | None = None
    validation: SplitContents | None = None
    test: SplitContents | None = None
    pool: SplitContents | None = None

    @property
    def training_labels(self) -> Mapping[str, int]:
        """How often each label occurs in the training data, or in all that is cross-fitted."""
        split = self.train or self.pool
        return split.labels if split else {}

    def pooled(self) -> "Contents":
        """Of a fold's splits: the same of all examples of the cross-fit."""
        parts = [part for part in (self.train, self.validation, self.test) if part is not None]
        labels: Counter[str] = Counter()
        for part in parts:
            labels.update(part.labels)
        sentences, tokens = (sum(p.sentences for p in parts), sum(p.tokens for p in parts))
        pool = SplitContents(sentences, tokens, dict(labels), _pooled(parts))
        return Contents(self.name, pool=pool)


def contents(corpus: Corpus, splits: tuple[str, ...] = SPLITS) -> Contents:
    """What the corpus holds in the given splits."""
    names = [*corpus.label_names, *corpus.unseen_labels]
    return Contents(corpus.name, **{s: _counted(getattr(corpus, s), names) for s in splits})


def _counted(split: Split, names: list[str]) -> SplitContents:
    counts = split.kind.label_counts(split.labels, len(names)).tolist()
    labels = {name: count for name, count in zip(names, counts, strict=True) if count}
    return SplitContents(split.sentences, split.tokens, labels, numbers_of(split))


def numbers_of(split: Split) -> Numbers | None:
    """None where the examples have none."""
    values = split.labels
    if not split.kind.numeric or not len(values):
        return None
    return Numbers(*(float(of(values)) for of in (np.mean, np.std, np.min, np.max)))


def _pooled(parts: list[SplitContents]) -> Numbers | None:
    found = [(part.numbers, part.sentences) for part in parts if part.numbers is not None]
    if not found:
        return None
    numbers, weights = zip(*found, strict=True)
    mean = float(np.average([one.mean for one in numbers], weights=weights))
    squares = [one.spread**2 + (one.mean - mean) ** 2 for one in numbers]
    return Numbers(
        mean,
        float(np.sqrt(np.average(squares, weights=weights))),
        min(one.lowest for one in numbers),
        max(one.highest for one in numbers),
    )
