"""How much a word says, from how often the training subset has it: idf and sif weights.

One number per row of the embedding table, so that a trained model can keep them as an array. A word
that training lacks has the weight of one that occurs 0 times.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# The parameter a of sif, as Arora et al. (2017) have it.
_SIF = 1e-3


def idf_weights(
    rows: NDArray[np.integer], offsets: NDArray[np.int64], size: int
) -> NDArray[np.float32]:
    """log((1 + N) / (1 + df)) + 1 [size]: of N sentences, df have the word.

    Smoothed, as if one more sentence had every word (scikit-learn's `smooth_idf`): never below 1.

    Parameters
    ----------
    rows
        [T], each token's row of the embedding table, of the training subset's sentences
    offsets
        [N+1], sentence i is rows[offsets[i]:offsets[i+1]]
    size
        rows of the embedding table
    """
    sentences = len(offsets) - 1
    sentence = np.repeat(np.arange(sentences), np.diff(offsets))
    once = np.unique(sentence * size + rows)  # each row once per sentence
    having = np.bincount(once % size, minlength=size)
    return (np.log((1 + sentences) / (1 + having)) + 1).astype(np.float32)


def sif_weights(
    rows: NDArray[np.integer], offsets: NDArray[np.int64], size: int
) -> NDArray[np.float32]:
    """a / (a + p) [size], p the word's share of the tokens and a = 0.001 (Arora et al. 2017).

    Arguments as those of `idf_weights`. The weight of a word that training lacks is 1.
    """
    counts = np.bincount(rows, minlength=size)
    return (_SIF / (_SIF + counts / max(1, len(rows)))).astype(np.float32)


WordWeights = Callable[[NDArray[np.integer], NDArray[np.int64], int], NDArray[np.float32]]
WORD_WEIGHTS: dict[str, WordWeights] = {"idf": idf_weights, "sif": sif_weights}
