"""The pair of a word and the one before it: some of the order that a mean of vectors forgets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wvexp.data.features.feature import FEATURES, TokenFeature, stable_hash

# What stands before a sentence's first word: beyond 32 bits, so that no word has it.
_START = np.uint64(1 << 32)


class Bigram(TokenFeature):
    """Pairs of neighbours within a sentence, hashed into buckets (Joulin et al. 2017, section 2.2).

    A sentence's first word makes a pair with the sentence's start.
    """

    name = "bigram"
    slots = 1
    dim = None
    typed = False

    def __init__(self, buckets: int = 2**15) -> None:
        self.rows = buckets

    def of_forms(self, forms: Sequence[str]) -> NDArray[np.uint64]:
        return np.fromiter(map(stable_hash, forms), dtype=np.uint64, count=len(forms))

    def of_tokens(
        self, of_forms: NDArray[np.uint64], words: NDArray[np.int32], offsets: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        hashes = of_forms[words]
        before = np.empty_like(hashes)
        before[1:] = hashes[:-1]
        starts = offsets[:-1]
        before[starts[starts < offsets[1:]]] = _START
        return (_mixed(before, hashes) % np.uint64(self.rows)).astype(np.int32)[:, None]


def _mixed(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number of 64 bits for each ordered pair, products modulo 2⁶⁴.

    The finaliser of MurmurHash3 (Appleby 2011) lets every bit of the pair move every bit of it.
    """
    key = first * np.uint64(0x9E3779B97F4A7C15) + second
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        key ^= key >> np.uint64(33)
        key *= np.uint64(factor)
    key ^= key >> np.uint64(33)
    return key


BIGRAM = FEATURES.register(Bigram())
