"""Starting values of word vectors: pretrained, random on the same scale, or shuffled."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.registry import Registry
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


class Initialisation(ABC):
    """What the word vectors of an arm start from.

    name            as `embed` names it
    needs_vectors   whether there must be a vector file
    looks_up        whether words that training lacks take their vector from that file, also later
    """

    name: str
    needs_vectors: bool = False
    looks_up: bool = False

    @abstractmethod
    def start(self, reference: ReferenceVectors, seed: int) -> Start:
        """The start, with the vectors of a file at hand: their values, or their scale alone."""

    def without_vectors(self, lexicon_size: int, dim: int, seed: int) -> Start:
        """The start where no vectors are given: drawn, around zero with standard deviation 0.4."""
        return Start(
            np.empty((0, dim), dtype=np.float32),
            np.full(lexicon_size, -1, dtype=np.int32),
            np.zeros(dim, dtype=np.float32),
            np.full(dim, _DEFAULT_SPREAD, dtype=np.float32),
            seed,
        )


STARTS: Registry[Initialisation] = Registry("embed", Initialisation)


class Pretrained(Initialisation):
    """Each known word starts from its pretrained vector."""

    name, needs_vectors, looks_up = "pretrained", True, True

    def start(self, reference: ReferenceVectors, seed: int) -> Start:
        return Start(reference.matrix, reference.index, reference.mean, reference.spread, seed)


class Random(Initialisation):
    """Every word is drawn, with the pretrained vectors' centre and spread per dimension."""

    name = "random"

    def start(self, reference: ReferenceVectors, seed: int) -> Start:
        nowhere = np.full_like(reference.index, -1)
        return Start(reference.matrix[:0], nowhere, reference.mean, reference.spread, seed)


class Shuffled(Initialisation):
    """Pretrained vectors given to the wrong words: the same geometry without its meaning."""

    name, needs_vectors = "shuffled", True

    def start(self, reference: ReferenceVectors, seed: int) -> Start:
        index = reference.index.copy()
        known = np.flatnonzero(index >= 0)
        # Turning a random order by one place leaves no word with the vector it had.
        order = stream(seed, "shuffle").permutation(known)
        index[order] = reference.index[np.roll(order, 1)]
        return Start(reference.matrix, index, reference.mean, reference.spread, seed)


PRETRAINED = STARTS.register(Pretrained())
RANDOM = STARTS.register(Random())
SHUFFLED = STARTS.register(Shuffled())
