"""Words of one training subset, each with the row it has in the embedding table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.corpus import Split

PAD, UNK = 0, 1
PAD_WORD, UNK_WORD = "<pad>", "<unk>"


@dataclass(frozen=True)
class Vocabulary:
    """The word forms of a training subset in order of first occurrence, after PAD and UNK.

    Because subsets of one seed are prefixes of one order, so are their vocabularies: a word keeps
    its row, and with it its random starting vector, when the training size grows.

    lexicon_ids int32 [rows - 2]  id in the corpus's lexicon of row 2, 3, ...
    counts      int64 [rows]      occurrences in the subset; 0 for PAD and UNK
    """

    lexicon_ids: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def from_subset(cls, subset: Split, lexicon_size: int) -> "Vocabulary":
        first = np.full(lexicon_size, subset.tokens, dtype=np.int64)
        # Of several writes to one place the last stays: written backwards, the first occurrence.
        first[subset.words[::-1]] = np.arange(subset.tokens - 1, -1, -1)
        present = np.flatnonzero(first < subset.tokens)
        ids = present[np.argsort(first[present], kind="stable")].astype(np.int32)
        counts = np.bincount(subset.words, minlength=lexicon_size)[ids]
        return cls(ids, np.concatenate([[0, 0], counts]).astype(np.int64))

    def __len__(self) -> int:
        """Rows, PAD and UNK among them."""
        return len(self.counts)
