"""Test sentences that also stand in the training data."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from wvexp.data.corpus import Corpus, Split

# Shorter sentences ("yes .") come up twice by chance.
_LEAST_TOKENS = 5


@dataclass(frozen=True)
class Leakage:
    """Of the test sentences of five words and more, those that stand in the training split.

    pooled: all data are tested by cross-fitting; then those that stand there twice
    """

    shared: int
    checked: int
    pooled: bool = False

    def __str__(self) -> str:
        what, where = "test sentences", "also stand in the training data"
        if self.pooled:
            what, where = "sentences", "stand in the data more than once"
        return (
            f"{self.shared} of {self.checked} {what} ({self.shared / self.checked:.1%}, of "
            f"{_LEAST_TOKENS} words and more) {where}: test scores may be too high"
        )

    def to_json(self) -> dict[str, int]:
        return {"shared": self.shared, "checked": self.checked}


def find_leakage(corpus: Corpus) -> Leakage | None:
    """How many test sentences stand, word for word, in the training split; None for none."""
    counts = Counter(_contents(corpus.test))
    if corpus.folds is not None:
        twice = sum(count for count in counts.values() if count > 1)
        return Leakage(twice, counts.total(), pooled=True) if twice else None
    shared = sum(counts[words] for words in {w for w in _contents(corpus.train) if w in counts})
    return Leakage(shared, counts.total()) if shared else None


def _contents(split: Split) -> Iterator[bytes]:
    """The word ids of each sentence that is long enough to be no accident."""
    for start, end in pairwise(split.offsets.tolist()):
        if end - start >= _LEAST_TOKENS:
            yield split.words[start:end].tobytes()
