"""The word vectors of a classifier: their lookup, penalty, and gradient row by row.

A batch touches few of the V rows, so the gradient is kept for those alone. A word that occurs
several times in the batch has one row, whose gradient is the sum over its occurrences.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled
from wvexp.backprop.projection import project, projection_gradient

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
    fixed
        how many numbers of each row never move, the first ones; no penalty counts them
    M
        [d, d], a trained map of all rows, of which none is trained itself; None without
    """

    def __init__(
        self,
        E: Array,
        trainable: NDArray[np.bool_] | None = None,
        l2: float = 0.0,
        anchor: float = 0.0,
        initial: Array | None = None,
        fixed: int = 0,
        M: Array | None = None,
    ) -> None:
        if M is not None and trainable is not None:
            raise ValueError("rows that a map moves are not trained themselves")
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
        self.fixed, self.M = fixed, M

    @property
    def learns(self) -> bool:
        """Whether there is a gradient to ask for."""
        return self.trainable is not None or self.M is not None

    def vectors(self, words: NDArray[np.integer], E: Array | None = None) -> Array:
        """What the model reads of `words`, of any shape; E: rows that stand in for the trained."""
        found: Array = (self.E if E is None else E)[words]
        return found if self.M is None else project(found, self.M)

    def gradients(self, words: NDArray[np.integer], d_vectors: Array) -> dict[str, Any]:
        """By name, `E` or `M`, what there is: from words [T], and d loss / d `vectors` [T, d]."""
        if self.M is not None:
            return {"M": projection_gradient(self.E[words], d_vectors)}
        return {} if self.trainable is None else {"E": self.gradient(words, d_vectors)}

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
            values[:, self.fixed :] += self._pull(rows, power=1)
        values[:, : self.fixed] = 0
        return RowGradient(rows.astype(np.int64), values)

    def _pull(self, rows: NDArray[np.integer], power: int) -> Array:
        """l2 E_r^power + anchor (E_r - initial_r)^power: twice the penalty, or its gradient."""
        E = self.E[rows, self.fixed :]
        pull = self.l2 * E**power
        if self.anchor and self.initial is not None:
            pull = pull + self.anchor * (E - self.initial[rows, self.fixed :]) ** power
        return pull


@compiled
def _add_rows(sums: Array, places: Array, vectors: Array, which: Array) -> None:
    """sums[places[k]] += vectors[which[k]] for every k, in their order."""
    for k in range(len(which)):
        total, vector = sums[places[k]], vectors[which[k]]
        for j in range(total.size):
            total[j] += vector[j]
