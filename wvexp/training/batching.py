"""Which windows or texts go into a batch together."""

import numpy as np
from numpy.typing import NDArray

from wvexp.models.view import View

# Batches whose texts are sorted by length together: enough for like lengths, few enough for chance.
_SORTED_TOGETHER = 50

Places = NDArray[np.integer]


def batches_of(order: Places, lengths: Places, view: View, batch_size: int) -> list[Places]:
    """`order` in batches of `batch_size` labels; those of a tagged text, which stays whole, about.

    Where the view wants texts of like length, they are sorted within stretches of the order, and
    the batches of a stretch come in the order of their first texts.

    Parameters
    ----------
    order
        Windows or texts in the order of chance.
    lengths
        Tokens of each text; not read of windows.
    """
    if not view.alike:
        return _cut(order, lengths, view, batch_size)
    batches: list[Places] = []
    place = np.empty(len(lengths), np.int64)
    place[order] = np.arange(len(order))
    for stretch in _cut(order, lengths, view, batch_size * _SORTED_TOGETHER):
        by_length = stretch[np.argsort(lengths[stretch], kind="stable")]
        found = _cut(by_length, lengths, view, batch_size)
        batches += sorted(found, key=lambda batch: int(place[batch].min()))
    return batches


def _cut(order: Places, lengths: Places, view: View, size: int) -> list[Places]:
    """Pieces of `order` that hold `size` labels; a text belongs to where its first label falls."""
    if not view.tagged:
        return [order[start : start + size] for start in range(0, len(order), size)]
    ends = np.cumsum(lengths[order])
    piece = (ends - lengths[order]) // size
    return np.split(order, np.flatnonzero(np.diff(piece)) + 1) if len(order) else []
