"""What a feature of tokens is, and the table of those that are known."""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.registry import Registry


class TokenFeature(ABC):
    """A discrete property of a token, each value of which has a vector that is learned.

    name   as `features=[...]` has it
    slots  values that a token has, one for each question the feature asks
    rows   vectors in its table, all slots together
    dim    numbers in a vector; None for as many as a word vector has
    typed  whether it reads the word as typed; as the model reads it (lower-cased) otherwise
    """

    name: str
    slots: int
    rows: int
    dim: int | None = 10
    typed: bool = True

    @abstractmethod
    def of_forms(self, forms: Sequence[str]) -> NDArray[Any]:
        """What `of_tokens` needs to know of each distinct form: an array of [forms, ...]."""

    def of_tokens(
        self, of_forms: NDArray[Any], words: NDArray[np.int32], offsets: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Rows of the feature's table [tokens, slots].

        words [tokens] are places in `of_forms`; sentence i is words[offsets[i]:offsets[i+1]]. As
        written here the feature is one of the form alone, and `of_forms` holds its rows.
        """
        return of_forms[words]


FEATURES: Registry[TokenFeature] = Registry("features", TokenFeature)


def stable_hash(text: str) -> int:
    """CRC-32 of a text: the same in every process, on every machine."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
