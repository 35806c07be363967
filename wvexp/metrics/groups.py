"""Where a word's vector comes from at evaluation, and the worst of several words."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Group(IntEnum):
    """Where a word's vector comes from at evaluation, from best to worst."""

    SEEN = 0
    PRETRAINED_ONLY = 1
    NEITHER = 2


Groups = NDArray[np.integer]
# Size and score of every group; the score is None where nothing can be scored.
GroupScores = dict[Group, tuple[int, float | None]]


def worst(groups: Groups, starts: NDArray[np.integer], ends: NDArray[np.integer]) -> Groups:
    """The largest group within each span; an empty span has seen all there is to see."""
    # worse[g] counts the tokens up to each place that are of group g or worse
    found = np.zeros(len(starts), dtype=np.int8)
    for group in (Group.PRETRAINED_ONLY, Group.NEITHER):
        worse = np.concatenate([[0], np.cumsum(groups >= group)])
        found[worse[ends] > worse[starts]] = group
    return found
