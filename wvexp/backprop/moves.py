"""Which label may follow which: the moves that a chain of labels is permitted to make."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# What a forbidden move scores where paths compete: no sum of scores makes up for one. Finite, for
# torch, where -inf less -inf would be NaN on the way back, and so that a path with the fewest such
# moves is found where there is none without.
FORBIDDEN = -1e30


class Moves(NamedTuple):
    """One entry for each move of a chain of K labels, by the names of the CRF's parameters.

    bool where it says what is permitted, int64 where it counts what occurred.

    transitions  [K, K]  from label i to label j
    start        [K]     a sentence's first label
    end          [K]     a sentence's last label
    """

    transitions: NDArray[np.bool_ | np.int64]
    start: NDArray[np.bool_ | np.int64]
    end: NDArray[np.bool_ | np.int64]


def all_moves(K: int) -> Moves:
    """Everything is permitted."""
    return Moves(np.ones((K, K), bool), np.ones(K, bool), np.ones(K, bool))


def count_moves(labels: NDArray[np.integer], offsets: NDArray[np.int64], K: int) -> Moves:
    """How often each move occurs in labels [T] of sentences `offsets` [B + 1]."""
    places = np.unique(offsets)  # a sentence without tokens makes no move
    inner = np.ones(max(len(labels) - 1, 0), bool)
    inner[places[1:-1] - 1] = False  # from a sentence's last label to the next one's first
    pairs = labels[:-1][inner].astype(np.int64) * K + labels[1:][inner]
    return Moves(
        np.bincount(pairs, minlength=K * K).reshape(K, K),
        np.bincount(labels[places[:-1]], minlength=K),
        np.bincount(labels[places[1:] - 1], minlength=K),
    )
