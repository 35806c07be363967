"""Sentences laid out by time, without padding: what a recurrent layer walks over."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array


class Packed(NamedTuple):
    """Sentences sorted by falling length; the first tokens of all, then the second ones, and so on.

    order      int64 [T]  packed place -> token in the flat batch
    sentences  int64 [T]  packed place -> its sentence
    starts     int64 [L]  time step t takes the packed places starts[t] to starts[t] + counts[t]
    counts     int64 [L]  sentences longer than t; they only fall, so the sentence at the r-th place
                          of a step is the r-th of every step that it reaches
    """

    order: NDArray[np.int64]
    sentences: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    def steps(self, *, reverse: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """`starts` and `counts` in the order in which a direction takes the time steps."""
        if reverse:
            return self.starts[::-1].copy(), self.counts[::-1].copy()
        return self.starts, self.counts

    def unpack(self, rows: Array) -> Array:
        """[T, m] in packed places -> [T, m] in the order of the flat batch."""
        flat = np.empty_like(rows)
        flat[self.order] = rows
        return flat


def pack(offsets: NDArray[np.int64]) -> Packed:
    """The layout of the sentences offsets[i]:offsets[i+1]; those without tokens have no place."""
    lengths = np.diff(offsets)
    rank = np.empty_like(lengths)
    rank[np.argsort(-lengths, kind="stable")] = np.arange(len(lengths))
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    time = np.arange(len(sentence)) - offsets[sentence]
    order = np.argsort(time * len(lengths) + rank[sentence])
    counts = np.bincount(time)
    return Packed(order, sentence[order], np.cumsum(counts) - counts, counts)
