"""Pretrained vectors of a corpus's words: what arms start from and error groups refer to."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Keyed(Protocol):
    """What is needed of gensim's `KeyedVectors`."""

    key_to_index: Mapping[str, int]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class ReferenceVectors:
    """The pretrained vectors that a corpus's lexicon finds.

    matrix      float32 [found, d]
    index       int32 [lexicon]   row of `matrix` for each word form, -1 for none
    mean        float32 [d]       of the vectors of training words
    spread      float32 [d]       standard deviation of the same
    """

    matrix: NDArray[np.float32]
    index: NDArray[np.int32]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content: which word has which vector."""
        digest = hashlib.sha256(self.index.tobytes())
        digest.update(self.matrix.tobytes())
        return digest.hexdigest()[:16]

    @property
    def dim(self) -> int:
        return int(self.matrix.shape[1])


def wanted_words(lexicon: Sequence[str]) -> set[str]:
    """What to ask a vector file for: each word form and its lower-cased form."""
    return {*lexicon, *(form.lower() for form in lexicon)}


def match_lexicon(
    keyed: Keyed,
    lexicon: Sequence[str],
    training_word_ids: NDArray[np.integer],
) -> ReferenceVectors:
    """Look every word form up: exact match, then lower-cased.

    Mean and spread are taken over the words of the training split alone (`training_word_ids`),
    so that random rows owe nothing to validation or test text.
    """
    at = keyed.key_to_index
    found = np.array([at.get(form, at.get(form.lower(), -1)) for form in lexicon], dtype=np.int64)
    used, index = np.unique(found[found >= 0], return_inverse=True)
    matrix = np.ascontiguousarray(keyed.vectors[used], dtype=np.float32)
    rows = np.full(len(lexicon), -1, dtype=np.int32)
    rows[found >= 0] = index
    known = rows[np.unique(training_word_ids)]
    sample = matrix[known[known >= 0]].astype(np.float64)
    if len(sample) < 2:  # no spread to speak of; the caller refuses such coverage
        sample = np.vstack([np.zeros((2, matrix.shape[1])), sample])
    return ReferenceVectors(
        matrix,
        rows,
        sample.mean(axis=0).astype(np.float32),
        sample.std(axis=0).astype(np.float32),
    )
