"""One vector per sentence from one per token: the last states, the maximum or the mean over time.

h [T, 2H] holds the forward states in its first H columns, the backward ones in the others. A
sentence without tokens has the vector 0, and moves nothing.
"""

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled


class Last:
    """The forward state at the last token beside the backward state at the first."""

    def forward(self, h: Array, offsets: NDArray[np.int64]) -> Array:
        """[B, 2H]"""
        self.shape, H = h.shape, h.shape[1] // 2
        self.filled = np.flatnonzero(np.diff(offsets))
        self.first, self.last = offsets[self.filled], offsets[self.filled + 1] - 1
        pooled = np.zeros((len(offsets) - 1, 2 * H), h.dtype)
        pooled[self.filled, :H] = h[self.last, :H]
        pooled[self.filled, H:] = h[self.first, H:]
        return pooled

    def backward(self, upstream: Array) -> Array:
        """[T, 2H] from upstream [B, 2H]."""
        d_h, H = np.zeros(self.shape, upstream.dtype), self.shape[1] // 2
        d_h[self.last, :H] = upstream[self.filled, :H]
        d_h[self.first, H:] = upstream[self.filled, H:]
        return d_h


class Max:
    """The largest entry of each column; of equal ones the first has the gradient."""

    def forward(self, h: Array, offsets: NDArray[np.int64]) -> Array:
        """[B, 2H]"""
        self.shape = h.shape
        pooled = np.zeros((len(offsets) - 1, h.shape[1]), h.dtype)
        self.winners = np.full(pooled.shape, -1)
        _largest(h, offsets, pooled, self.winners)
        return pooled

    def backward(self, upstream: Array) -> Array:
        """[T, 2H] from upstream [B, 2H]."""
        d_h = np.zeros(self.shape, upstream.dtype)
        sentences, columns = np.nonzero(self.winners >= 0)
        d_h[self.winners[sentences, columns], columns] = upstream[sentences, columns]
        return d_h


class Mean:
    """The mean of each column."""

    def forward(self, h: Array, offsets: NDArray[np.int64]) -> Array:
        """[B, 2H]"""
        self.lengths = np.diff(offsets)
        pooled = np.zeros((len(offsets) - 1, h.shape[1]), h.dtype)
        filled = np.flatnonzero(self.lengths)
        if len(filled):
            pooled[filled] = np.add.reduceat(h, offsets[filled], axis=0)
        return pooled / self._divisors(h.dtype)

    def backward(self, upstream: Array) -> Array:
        """[T, 2H] from upstream [B, 2H]."""
        return np.repeat(upstream / self._divisors(upstream.dtype), self.lengths, axis=0)

    def _divisors(self, dtype: np.dtype) -> Array:
        return np.maximum(self.lengths, 1).astype(dtype)[:, None]


Pool = Last | Max | Mean
POOLS: dict[str, type[Pool]] = {"last": Last, "max": Max, "mean": Mean}


@compiled
def _largest(h: Array, offsets: Array, pooled: Array, winners: Array) -> None:
    for b in range(len(pooled)):
        for place in range(offsets[b], offsets[b + 1]):
            for j in range(pooled.shape[1]):
                if place == offsets[b] or h[place, j] > pooled[b, j]:
                    pooled[b, j] = h[place, j]
                    winners[b, j] = place
