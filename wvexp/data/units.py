"""Test units: what statistics resample. The document where the data names it, else the sentence."""

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split


@dataclass(frozen=True)
class Units:
    """The units of a split.

    ids          [units], stable: a hash of the unit's words in lower case, so that neither the
                 order of the file nor the casing of the vectors changes it; equal units are
                 told apart by a number
    of_sentence  int64 [sentences], the unit of each sentence
    fingerprint  hash of `ids`
    """

    ids: list[str]
    of_sentence: NDArray[np.int64]
    fingerprint: str

    @staticmethod
    def content(name: str) -> str:
        """What equal units have in common, from the name of one of them."""
        return name.partition("-")[0]

    def of_examples(self, split: Split) -> NDArray[np.int64]:
        """The unit of each example [examples]: of each token or each sentence, by task."""
        return split.kind.of_examples(self.of_sentence, split.offsets)

    def take(self, sentences: NDArray[np.integer]) -> "Units":
        """The units of some of the sentences, with the names that they have among all."""
        taken, of_sentence = np.unique(self.of_sentence[sentences], return_inverse=True)
        ids = [self.ids[unit] for unit in taken.tolist()]
        return Units(ids, of_sentence, _fingerprint(ids))


def make_units(split: Split, lexicon: list[str]) -> Units:
    """The units of a split, in order of first occurrence."""
    if split.documents is None:
        of_sentence = np.arange(split.sentences)
    else:
        _, first, place = np.unique(split.documents, return_index=True, return_inverse=True)
        of_sentence = np.argsort(np.argsort(first))[place]
    forms = [word.lower().encode("utf-8", "surrogatepass") for word in lexicon]
    digests = [hashlib.blake2b(digest_size=8) for _ in range(int(of_sentence.max(initial=-1)) + 1)]
    for sentence, unit in enumerate(of_sentence.tolist()):
        start, end = split.offsets[sentence : sentence + 2]
        digests[unit].update(b"\0".join([forms[i] for i in split.word_ids[start:end].tolist()]))
        digests[unit].update(b"\1")
    seen: Counter[str] = Counter()
    ids = []
    for digest in digests:
        name = digest.hexdigest()
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return Units(ids, of_sentence, _fingerprint(ids))


def _fingerprint(ids: list[str]) -> str:
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]
