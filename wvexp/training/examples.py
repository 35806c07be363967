"""Sentences as rows of the embedding table, cut into batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split
from wvexp.data.vocabulary import PAD, UNK
from wvexp.vectors.table import EmbeddingTable

# Probability that a word seen once in training stands in as UNK, so that UNK learns to be a word
# (Dyer et al. 2015, section 3.2).
_UNK_PROBABILITY = 0.5


class Distinct(NamedTuple):
    """rows int32 [distinct], ascending; of_token int32 [tokens], the place of each token's row."""

    rows: NDArray[np.int32]
    of_token: NDArray[np.int32]


Inputs = tuple[NDArray[np.int32], ...]


@dataclass(frozen=True)
class Examples:
    """What a model reads of a split.

    rows    int32 [tokens]       embedding row of every token
    offsets int64 [sentences+1]
    labels  int32 [examples]     one per token, or one per sentence
    window  words in a window (token tasks); None for sentence models
    """

    rows: NDArray[np.int32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int32]
    window: int | None

    @classmethod
    def from_split(cls, split: Split, table: EmbeddingTable, window: int | None) -> "Examples":
        return cls(table.row_of[split.word_ids], split.offsets, split.labels, window)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def _sentence(self) -> NDArray[np.int32]:
        """The sentence [tokens] of each token."""
        sentences = np.arange(len(self.offsets) - 1, dtype=np.int32)
        return np.repeat(sentences, np.diff(self.offsets))

    @cached_property
    def distinct(self) -> Distinct:
        """The distinct rows of the split."""
        rows, of_token = np.unique(self.rows, return_inverse=True)
        return Distinct(rows, of_token.astype(np.int32))

    def inputs(
        self, examples: NDArray[np.integer], rows: NDArray[np.int32] | None = None
    ) -> Inputs:
        """Model inputs of the given examples: windows [batch, window], or (rows, offsets).

        `rows` stands in for `self.rows`, with some words replaced by UNK.
        """
        rows = self.rows if rows is None else rows
        if self.window is not None:
            return (_windows(rows, self.offsets, self._sentence[examples], examples, self.window),)
        starts = self.offsets[examples]
        lengths = self.offsets[examples + 1] - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        tokens = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        return rows[tokens], offsets

    def batches(
        self, batch_size: int, order: NDArray[np.integer], rows: NDArray[np.int32] | None = None
    ) -> Iterator[tuple[Inputs, NDArray[np.int32]]]:
        """Inputs and labels, `batch_size` examples at a time, in the given order."""
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            yield self.inputs(chosen, rows), self.labels[chosen]

    def with_unknown(
        self, counts: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int32]:
        """The rows with half of the words that occur once in training replaced by UNK.

        counts int64 [trained rows]: occurrences in training.
        """
        replaced = (counts[self.rows] == 1) & (rng.random(len(self.rows)) < _UNK_PROBABILITY)
        return np.where(replaced, np.int32(UNK), self.rows)


def _windows(
    rows: NDArray[np.int32],
    offsets: NDArray[np.int64],
    sentence: NDArray[np.integer],
    tokens: NDArray[np.integer],
    window: int,
) -> NDArray[np.int32]:
    """Rows [tokens, window] around each token of the given sentences, PAD beyond them."""
    places = tokens[:, None] + np.arange(-(window // 2), window // 2 + 1)
    inside = (places >= offsets[sentence][:, None]) & (places < offsets[sentence + 1][:, None])
    return np.where(inside, rows[np.where(inside, places, 0)], np.int32(PAD))
