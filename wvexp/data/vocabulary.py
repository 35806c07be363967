"""Words of one training subset, each with the row it has in the embedding table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split

PAD, UNK = 0, 1
PAD_WORD, UNK_WORD = "<pad>", "<unk>"
# Tokens counted at once: their places stay in the cache.
_PIECE = 1 << 16


@dataclass(frozen=True)
class Vocabulary:
    """The word forms of a training subset in order of first occurrence, after PAD and UNK.

    Because subsets of one seed are prefixes of one order, so are their vocabularies: a word keeps
    its row, and with it its random starting vector, when the training size grows.

    word_ids  int32 [rows - 2]  that of row 2, 3, ...
    counts    int64 [rows]      occurrences in the subset; 0 for PAD and UNK
    """

    word_ids: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def from_subset(cls, subset: Split, lexicon_size: int) -> "Vocabulary":
        first = np.full(lexicon_size, subset.tokens, dtype=np.int64)
        counts = np.zeros(lexicon_size, dtype=np.int64)
        # Of several writes to one place the last stays: written backwards, the first occurrence.
        for start in reversed(range(0, subset.tokens, _PIECE)):
            word_ids = subset.word_ids[start : start + _PIECE].astype(np.intp)
            first[word_ids[::-1]] = np.arange(start + len(word_ids) - 1, start - 1, -1)
            counts += np.bincount(word_ids, minlength=lexicon_size)
        present = np.flatnonzero(counts)
        ids = present[np.argsort(first[present], kind="stable")].astype(np.int32)
        return cls(ids, np.concatenate([[0, 0], counts[ids]]))

    def __len__(self) -> int:
        """Rows, PAD and UNK among them."""
        return len(self.counts)
