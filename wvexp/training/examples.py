"""Sentences as rows of the embedding table, cut into batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wvexp.data.features import TokenFeatures
from wvexp.data.split import Split
from wvexp.data.vocabulary import PAD, UNK
from wvexp.models.view import View
from wvexp.training.batching import batches_of
from wvexp.vectors.table import EmbeddingTable

# Probability that a word seen once in training stands in as UNK, so that UNK learns to be a word
# (Dyer et al. 2015, section 3.2).
_UNK_PROBABILITY = 0.5


class Distinct(NamedTuple):
    """rows int32 [distinct], ascending; of_token int32 [tokens], the place of each token's row."""

    rows: NDArray[np.int32]
    of_token: NDArray[np.int32]


Inputs = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Examples:
    """What a model reads of a split.

    rows    int32 [tokens]       embedding row of every token
    offsets int64 [sentences+1]
    labels  [examples, ...]      one per token or one per sentence, as `Split.labels`
    view    how the model reads them
    ids     int32 [tokens, slots]  rows of the tables of the features that the view names
    weights float32 [tokens]       weights of the words, where the view names them
    """

    rows: NDArray[np.int32]
    offsets: NDArray[np.int64]
    labels: NDArray[Any]
    view: View
    ids: NDArray[np.int32] | None = None
    weights: NDArray[np.float32] | None = None

    @classmethod
    def from_split(
        cls,
        split: Split,
        table: EmbeddingTable,
        view: View,
        features: TokenFeatures | None = None,
        row_weights: NDArray[np.float32] | None = None,
    ) -> "Examples":
        """row_weights [rows]: of the rows of the table"""
        rows = table.row_of[split.word_ids]
        return cls(
            rows,
            split.offsets,
            split.labels,
            view,
            None if features is None else features.ids(split),
            None if row_weights is None else row_weights[rows],
        )

    def __len__(self) -> int:
        """Number of what is shuffled and batched: windows, or whole texts."""
        return len(self.labels) if self.view.window else len(self.offsets) - 1

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
        """Model inputs of the given windows [batch, window], or of texts: rows, offsets.

        Between these two come the ids of features and the weights of words, where there are any.
        `rows` stands in for `self.rows`, with some words replaced by UNK.
        """
        rows = self.rows if rows is None else rows
        window = self.view.window
        if window is not None:
            return (_windows(rows, self.offsets, self._sentence[examples], examples, window),)
        tokens, offsets = self._tokens(examples)
        between = (array[tokens] for array in (self.ids, self.weights) if array is not None)
        return rows[tokens], *between, offsets

    def labels_of(self, examples: NDArray[np.integer]) -> NDArray[Any]:
        """The labels of the given windows or texts, of a tagged text those of its tokens."""
        return self.labels[self._tokens(examples)[0] if self.view.tagged else examples]

    def batches(
        self, batch_size: int, order: NDArray[np.integer], rows: NDArray[np.int32] | None = None
    ) -> Iterator[tuple[Inputs, NDArray[Any]]]:
        """Inputs and labels, about `batch_size` labels at a time, in the given order.

        Of tagged texts, which stay whole, a batch takes as many as reach that number.
        """
        lengths = np.diff(self.offsets)
        for chosen in batches_of(order, lengths, self.view, batch_size):
            yield self.inputs(chosen, rows), self.labels_of(chosen)

    def _tokens(self, texts: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of the tokens of the given texts, one text after another, and their offsets."""
        starts = self.offsets[texts]
        lengths = self.offsets[texts + 1] - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        return np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1]), offsets

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
