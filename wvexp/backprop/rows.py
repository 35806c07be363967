"""The word-vector matrix of a classifier: its penalty, and its gradient row by row.

A batch touches few of the V rows, so the gradient is kept for those alone. A word that occurs
several times in the batch has one row, whose gradient is the sum over its occurrences.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled

PAD = 0


@dataclass(frozen=True)
class RowGradient:
    """d loss / d E where it is not zero: distinct `rows` int [R], ascending; `values` [R, d]."""

    rows: NDArray[np.int64]
    values: Array

    def dense(self, V: int) -> Array:
        """The whole gradient [V, d]."""
        whole = np.zeros((V, self.values.shape[1]), self.values.dtype)
        whole[self.rows] = self.values
        return whole


class WordRows:
    """E [V, d], of which the rows marked in `trainable` are trained.

    The penalty is l2/2 Σ|E_r|² + anchor/2 Σ|E_r - initial_r|², both sums over the distinct
    trainable rows of the batch, once each.

    Parameters
    ----------
    E
        [V, d]; row 0 is PAD. Read anew on each call, so an optimiser may change it in place.
    trainable
        bool [V], False for PAD; None where no row is trained
    l2, anchor
        the strengths of the two penalties
    initial
        [V, d], the rows' start, needed when anchor > 0
    """

    def __init__(
        self,
        E: Array,
        trainable: NDArray[np.bool_] | None = None,
        l2: float = 0.0,
        anchor: float = 0.0,
        initial: Array | None = None,
    ) -> None:
        if trainable is not None and (trainable.shape != (len(E),) or trainable[PAD]):
            raise ValueError(
                f"trainable has shape {trainable.shape} and PAD {trainable[:1]}; "
                f"expected ({len(E)},) and False at PAD"
            )
        if anchor and (initial is None or initial.shape != E.shape):
            got = None if initial is None else initial.shape
            raise ValueError(f"anchor={anchor} needs initial rows of shape {E.shape}, got {got}")
        self.E, self.trainable, self.l2, self.anchor, self.initial = (
            E,
            trainable,
            l2,
            anchor,
            initial,
        )

    def penalty(self, words: NDArray[np.integer]) -> float:
        """The penalty of a batch that holds `words` (any shape)."""
        if self.trainable is None or not (self.l2 or self.anchor):
            return 0.0
        rows = np.unique(words)
        rows = rows[self.trainable[rows]]
        return 0.5 * float(np.sum(self._pull(rows, power=2)))

    def gradient(self, words: NDArray[np.integer], d_vectors: Array) -> RowGradient:
        """d loss / d E, from words [T] and the gradient [T, d] of each word's vector.

        The penalty's gradient is in it. Asked only where rows are trained.
        """
        assert self.trainable is not None
        moving = np.flatnonzero(self.trainable[words])
        rows, of_word = np.unique(words[moving], return_inverse=True)
        values = np.zeros((len(rows), d_vectors.shape[1]), d_vectors.dtype)
        _add_rows(values, of_word, d_vectors, moving)
        if self.l2 or self.anchor:
            values += self._pull(rows, power=1)
        return RowGradient(rows.astype(np.int64), values)

    def _pull(self, rows: NDArray[np.integer], power: int) -> Array:
        """l2 E_r^power + anchor (E_r - initial_r)^power: twice the penalty, or its gradient."""
        E = self.E[rows]
        pull = self.l2 * E**power
        if self.anchor and self.initial is not None:
            pull = pull + self.anchor * (E - self.initial[rows]) ** power
        return pull


@compiled
def _add_rows(sums: Array, places: Array, vectors: Array, which: Array) -> None:
    """sums[places[k]] += vectors[which[k]] for every k, in their order."""
    for k in range(len(which)):
        total, vector = sums[places[k]], vectors[which[k]]
        for j in range(total.size):
            total[j] += vector[j]
