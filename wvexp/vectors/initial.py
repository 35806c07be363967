"""Starting values of word vectors: pretrained, random on the same scale, or shuffled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.seeds import stream
from wvexp.vectors.reference import ReferenceVectors

# Standard deviation of a component of GloVe 6B, for random vectors that nothing else scales.
_DEFAULT_SPREAD = 0.4


@dataclass(frozen=True)
class Start:
    """What the rows of an arm start from.

    matrix  float32 [found, d]  vectors that are given rather than drawn
    index   int32 [lexicon]     row of `matrix` for each word form, -1 where a row must be drawn
    mean    float32 [d]         centre of the rows drawn
    spread  float32 [d]         standard deviation of the rows drawn
    seed    root seed of the draws
    """

    matrix: NDArray[np.float32]
    index: NDArray[np.int32]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    seed: int

    @property
    def dim(self) -> int:
        return len(self.mean)

    def draw(self, rows: NDArray[np.float32]) -> None:
        """Fill [rows, d] at random; a larger draw of the same seed begins with the smaller one."""
        stream(self.seed, "vectors").standard_normal(dtype=np.float32, out=rows)
        rows *= self.spread
        rows += self.mean


def pretrained_start(reference: ReferenceVectors, seed: int) -> Start:
    """Each known word starts from its pretrained vector."""
    return Start(reference.matrix, reference.index, reference.mean, reference.spread, seed)


def random_start(reference: ReferenceVectors, seed: int) -> Start:
    """Every word is drawn, with the pretrained vectors' centre and spread per dimension."""
    nowhere = np.full_like(reference.index, -1)
    return Start(reference.matrix[:0], nowhere, reference.mean, reference.spread, seed)


def unscaled_random_start(lexicon_size: int, dim: int, seed: int) -> Start:
    """Every word is drawn around zero with standard deviation 0.4, where no vectors are given."""
    return Start(
        np.empty((0, dim), dtype=np.float32),
        np.full(lexicon_size, -1, dtype=np.int32),
        np.zeros(dim, dtype=np.float32),
        np.full(dim, _DEFAULT_SPREAD, dtype=np.float32),
        seed,
    )


def shuffled_start(reference: ReferenceVectors, seed: int) -> Start:
    """Pretrained vectors given to the wrong words: the same geometry without its meaning."""
    index = reference.index.copy()
    known = np.flatnonzero(index >= 0)
    # Turning a random order by one place leaves no word with the vector it had.
    order = stream(seed, "shuffle").permutation(known)
    index[order] = reference.index[np.roll(order, 1)]
    return Start(reference.matrix, index, reference.mean, reference.spread, seed)
