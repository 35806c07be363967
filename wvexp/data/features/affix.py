"""How a word begins and ends: what -ing or un- say also of a word that was never seen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wvexp.data.features.feature import FEATURES, TokenFeature, stable_hash

LENGTHS = (1, 2, 3)


class Affix(TokenFeature):
    """Prefixes and suffixes of one, two and three characters, each hashed into a range of its own.

    The slots are prefix 1, 2, 3 and suffix 1, 2, 3; slot s has the rows from s * buckets on, the
    first of which is that of forms too short for it.
    """

    name = "affix"
    slots = 2 * len(LENGTHS)

    def __init__(self, buckets: int = 2048) -> None:
        self.buckets = buckets
        self.rows = self.slots * buckets

    def of_forms(self, forms: Sequence[str]) -> NDArray[np.int32]:
        rows = np.empty((len(forms), self.slots), dtype=np.int32)
        for i, length in enumerate(LENGTHS):
            prefixes = [form[:length] if len(form) >= length else "" for form in forms]
            suffixes = [form[-length:] if len(form) >= length else "" for form in forms]
            for slot, affixes in ((i, prefixes), (len(LENGTHS) + i, suffixes)):
                row_of = {affix: self._row(slot, affix) for affix in set(affixes)}
                rows[:, slot] = [row_of[affix] for affix in affixes]
        return rows

    def _row(self, slot: int, affix: str) -> int:
        side = "prefix" if slot < len(LENGTHS) else "suffix"
        hashed = stable_hash(f"{side}{slot % len(LENGTHS) + 1} {affix}")
        return slot * self.buckets + (1 + hashed % (self.buckets - 1) if affix else 0)


AFFIX = FEATURES.register(Affix())
