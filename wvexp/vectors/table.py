"""EmbeddingTable: the rows of one run, where each came from, and which word takes which row."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split
from wvexp.data.vocabulary import PAD, PAD_WORD, UNK, UNK_WORD, Vocabulary
from wvexp.vectors.initial import Start
from wvexp.vectors.reference import ReferenceVectors


class Origin(IntEnum):
    PAD = 0
    UNK = 1
    PRETRAINED = 2
    RANDOM = 3


@dataclass(frozen=True)
class EmbeddingTable:
    """Compact rows: the training vocabulary first, then rows that only evaluation reads.

    rows    float32 [rows, d]  PAD is zero
    origin  uint8 [rows]       an `Origin`
    forms   [rows]             the form of each row
    trained                    rows[:trained] are PAD, UNK and the training vocabulary; no gradient
                               ever reaches the others
    row_of  int32 [lexicon]    the row of each word form; UNK where it has none
    """

    rows: NDArray[np.float32]
    origin: NDArray[np.uint8]
    forms: list[str]
    trained: int
    row_of: NDArray[np.int32]

    def doubled(self) -> "EmbeddingTable":
        """The same with each row [2d] twice its own, one behind the other."""
        return replace(self, rows=np.hstack([self.rows, self.rows]))


def build_table(
    lexicon: list[str],
    vocabulary: Vocabulary,
    start: Start,
) -> EmbeddingTable:
    """Rows for a training vocabulary and for the words that evaluation alone can look up.

    Each word form of the training subset has a row of its own: a start vector where `start` has
    one, a random draw otherwise. A word form outside the subset has a row where `start` knows a
    vector for it, and takes UNK otherwise.
    """
    trained = len(vocabulary)
    seen = np.zeros(len(lexicon), dtype=bool)
    seen[vocabulary.word_ids] = True
    evaluated = np.flatnonzero(~seen & (start.index >= 0)).astype(np.int32)
    word_ids = np.concatenate([vocabulary.word_ids, evaluated])

    rows = np.empty((2 + len(word_ids), start.dim), dtype=np.float32)
    start.draw(rows[:trained])
    rows[PAD] = 0
    # The centre of the vectors: the word that says least, where no training teaches it otherwise.
    rows[UNK] = start.mean
    known = start.index[vocabulary.word_ids]
    rows[2:trained][known >= 0] = start.matrix[known[known >= 0]]
    # Into place, without a copy of what are often most rows; numpy does so in this mode alone.
    np.take(start.matrix, start.index[evaluated], axis=0, out=rows[trained:], mode="clip")

    origin = np.full(len(rows), Origin.RANDOM, dtype=np.uint8)
    origin[2:trained][known >= 0] = Origin.PRETRAINED
    origin[trained:] = Origin.PRETRAINED
    origin[[PAD, UNK]] = Origin.PAD, Origin.UNK

    row_of = np.full(len(lexicon), UNK, dtype=np.int32)
    row_of[word_ids] = np.arange(2, len(rows), dtype=np.int32)
    forms = [PAD_WORD, UNK_WORD, *map(lexicon.__getitem__, word_ids.tolist())]
    return EmbeddingTable(rows, origin, forms, trained, row_of)


@dataclass(frozen=True)
class Coverage:
    """Share of a training subset's word types and tokens that have a pretrained vector."""

    types: float
    tokens: float


def coverage(reference: ReferenceVectors, subset: Split) -> Coverage:
    found = reference.index >= 0
    return Coverage(
        types=float(found[np.unique(subset.word_ids)].mean()),
        tokens=float(found[subset.word_ids].mean()),
    )
