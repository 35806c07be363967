"""The vectors of the tokens' features beside those of their words, forward and backward.

    x_t = [v_t; E¹_{i(t,1)}; ...; E¹_{i(t,S₁)}; E²_{i(t,S₁+1)}; ...]

v_t is the vector of word t; each feature has a table of its own, and as many rows of it as it has
slots stand in x_t one after another.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled
from wvexp.backprop.rows import RowGradient


class FeatureTables:
    """Forward and backward in closed form.

    Parameters
    ----------
    parameters
        NAME.weight [rows, dim] of each feature; read anew on each call
    slots
        the features by name, in the order of their columns, with the number of these
    """

    def __init__(self, parameters: Mapping[str, Array], slots: Mapping[str, int]) -> None:
        self.parameters, self.slots = parameters, slots

    def forward(self, vectors: Array, ids: NDArray[np.int32]) -> Array:
        """x [T, d + Σ slots * dim] of vectors [T, d] and ids [T, Σ slots].

        A column of `ids` has rows of its feature's table. Nothing is checked: a row outside the
        table is undefined behaviour.
        """
        self.ids, self.d = ids, vectors.shape[1]
        tables = [self.parameters[f"{name}.weight"] for name in self.slots]
        widths = [n * table.shape[1] for n, table in zip(self.slots.values(), tables, strict=True)]
        x = np.empty((len(vectors), self.d + sum(widths)), vectors.dtype)
        x[:, : self.d] = vectors
        column, at = 0, self.d
        for n, table, width in zip(self.slots.values(), tables, widths, strict=True):
            _look_up(x[:, at : at + width], table, ids[:, column : column + n])
            column, at = column + n, at + width
        return x

    def backward(self, d_x: Array) -> tuple[Array, dict[str, RowGradient]]:
        """The gradient of the word vectors [T, d], a view of d_x [T, n], and that of each table."""
        gradients = {}
        column, at = 0, self.d
        for name, n in self.slots.items():
            rows, dim = self.parameters[f"{name}.weight"].shape
            columns, width = self.ids[:, column : column + n], n * dim
            touched, number = _number_rows(columns, rows)
            values = np.zeros((len(touched), dim), d_x.dtype)
            _add_rows(values, number, columns, d_x[:, at : at + width])
            gradients[f"{name}.weight"] = RowGradient(touched, values)
            column, at = column + n, at + width
        return d_x[:, : self.d], gradients


@compiled
def _look_up(out: Array, table: Array, ids: NDArray[np.int32]) -> None:
    """out [T, S dim] = the rows of table [rows, dim] that ids [T, S] name, S in a line."""
    dim = table.shape[1]
    for t in range(ids.shape[0]):
        for s in range(ids.shape[1]):
            row, target = table[ids[t, s]], out[t, s * dim : (s + 1) * dim]
            for j in range(dim):
                target[j] = row[j]


@compiled
def _number_rows(ids: NDArray[np.int32], rows: int) -> tuple:
    """The distinct rows in ids [T, S], ascending [R], and the number of each among them [rows]."""
    number = np.full(rows, -1, np.int32)
    for t in range(ids.shape[0]):
        for s in range(ids.shape[1]):
            number[ids[t, s]] = 0
    touched = np.flatnonzero(number == 0)
    for i in range(len(touched)):
        number[touched[i]] = i
    return touched, number


@compiled
def _add_rows(
    sums: Array, number: NDArray[np.int32], ids: NDArray[np.int32], d_vectors: Array
) -> None:
    """sums [R, dim] += d_vectors [T, S dim], piece s of token t to the row of ids[t, s]."""
    dim = sums.shape[1]
    for t in range(ids.shape[0]):
        for s in range(ids.shape[1]):
            total, piece = sums[number[ids[t, s]]], d_vectors[t, s * dim : (s + 1) * dim]
            for j in range(dim):
                total[j] += piece[j]
