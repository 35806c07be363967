"""Test sentences that also stand in the training data."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wvexp.data.grouping import LEAST_TOKENS
from wvexp.data.split import Split

# A smaller share of the test sentences moves no score by as much as a point.
_HARMLESS = 0.01


@dataclass(frozen=True)
class Leakage:
    """Of the test sentences of five words and more, those that stand in the training split.

    pooled: all data are tested by cross-fitting; then those that stand in several documents, which
        folds may part
    """

    shared: int
    checked: int
    pooled: bool = False

    @property
    def words(self) -> str | tuple[str, str]:
        """How many of them there are, and what that does to the scores if it does anything."""
        what, where = "test sentences", "also stand in the training data"
        if self.pooled:
            what, where = "sentences", "stand in more than one document"
        share = self.shared / self.checked
        said = (
            f"{self.shared:,} of {self.checked:,} {what} ({share:.1%}, of {LEAST_TOKENS} words "
            f"and more) {where}"
        )
        return (said, "test scores may be too high") if share >= _HARMLESS else said

    def __str__(self) -> str:
        said = self.words
        return said if isinstance(said, str) else ": ".join(said)

    def to_json(self) -> dict[str, int]:
        return {"shared": self.shared, "checked": self.checked}


def find_leakage(train: Split, test: Split) -> Leakage | None:
    """How many test sentences stand, word for word, in the training split; None for none."""
    counts = Counter(_contents(test))
    shared = sum(counts[content] for content in {c for c in _contents(train) if c in counts})
    return Leakage(shared, counts.total()) if shared else None


def leakage_between_groups(pool: Split, groups: NDArray[np.int64]) -> Leakage | None:
    """How many sentences of a pool stand in several of its groups, which folds may part.

    groups [sentences]; None for none.
    """
    counts = Counter(_contents(pool))
    held: dict[bytes, set[int]] = {}
    long = groups[np.diff(pool.offsets) >= LEAST_TOKENS].tolist()
    for content, group in zip(_contents(pool), long, strict=True):
        held.setdefault(content, set()).add(group)
    apart = sum(counts[content] for content, groups_of in held.items() if len(groups_of) > 1)
    return Leakage(apart, counts.total(), pooled=True) if apart else None


def _contents(split: Split) -> Iterator[bytes]:
    """The word ids of each sentence that is long enough to be no accident."""
    for start, end in pairwise(split.offsets.tolist()):
        if end - start >= LEAST_TOKENS:
            yield split.word_ids[start:end].tobytes()
