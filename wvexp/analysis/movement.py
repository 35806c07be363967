"""Movement ledger: how far each word's vector went in training, and who its neighbours are now.

The lecture's trap: training moves *TV* and *telly*, which the training text holds, and leaves
*television*, which only the test text holds, where it was. The ledger shows the gap opening.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.neighbours import nearest

# Words of each kind (most moved, most frequent, fixed) whose neighbours are looked up.
_LOOKED_UP = 50


@dataclass(frozen=True)
class Ledger:
    """One line per row of the embedding table, PAD and UNK left out.

    forms      [n]
    counts     int64 [n]    occurrences in training
    trainable  bool [n]
    distance   float64 [n]  Euclidean, from start to end
    relative   float64 [n]  distance over the norm of the start; NaN where that is 0
    cosine     float64 [n]  of start and end; NaN where one of them is 0
    looked_up  int64 [k]    lines whose neighbours were looked up, ascending
    before, after  int64 [k, 10]  their nearest words by cosine, nearest first
    kinds      the lines of each kind: `most_moved`, `frequent`, `fixed`
    """

    forms: list[str]
    counts: NDArray[np.int64]
    trainable: NDArray[np.bool_]
    distance: NDArray[np.float64]
    relative: NDArray[np.float64]
    cosine: NDArray[np.float64]
    looked_up: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    kinds: dict[str, NDArray[np.int64]]

    @property
    def overlap(self) -> NDArray[np.float64]:
        """Share [k] of the neighbours before that are neighbours after."""
        same = (self.before[:, :, None] == self.after[:, None, :]).any(axis=2)
        return same.mean(axis=1)

    def summary(self) -> dict[str, Any]:
        """What `result.json` says; what cannot be said is absent."""
        moved = self.distance > 0
        found: dict[str, Any] = {}
        for name, values in (("relative", self.relative), ("cosine", self.cosine)):
            defined = values[moved & ~np.isnan(values)]
            if len(defined):
                found[f"{name}_mean"] = float(defined.mean())
        overlap = dict(zip(self.looked_up.tolist(), self.overlap.tolist(), strict=True))
        for kind, lines in self.kinds.items():
            if len(lines):
                found[f"overlap_{kind}"] = float(np.mean([overlap[i] for i in lines.tolist()]))
        most = self.kinds["most_moved"][:10].tolist()
        found["most_moved"] = [
            {"word": self.forms[i], "distance": float(self.distance[i])} for i in most
        ]
        return found

    def columns(self) -> dict[str, list[Any]]:
        """The ledger as columns of equal length; None where nothing was looked up or defined."""
        neighbours: dict[str, list[Any]] = {
            "overlap": [None] * len(self.forms),
            "neighbours_before": [None] * len(self.forms),
            "neighbours_after": [None] * len(self.forms),
        }
        lines = zip(self.looked_up, self.overlap, self.before, self.after, strict=True)
        for i, overlap, before, after in lines:
            neighbours["overlap"][i] = float(overlap)
            neighbours["neighbours_before"][i] = [self.forms[j] for j in before]
            neighbours["neighbours_after"][i] = [self.forms[j] for j in after]
        return {
            "word": self.forms,
            "count": self.counts.tolist(),
            "trainable": self.trainable.tolist(),
            "distance": self.distance.tolist(),
            "relative": _without_nan(self.relative),
            "cosine": _without_nan(self.cosine),
            **neighbours,
        }


def movement_ledger(
    forms: list[str],
    counts: NDArray[np.int64],
    trainable: NDArray[np.bool_],
    before: NDArray[np.float32],
    after: NDArray[np.float32],
) -> Ledger:
    """The ledger of n words from their rows [n, d] before and after training.

    Neighbours are looked up for the 50 most moved words, the 50 most frequent, and the 50 most
    frequent (then first) of those that must not move, among all n words.
    """
    start, end = before.astype(np.float64), after.astype(np.float64)
    distance = np.linalg.norm(end - start, axis=1)
    start_norm, end_norm = np.linalg.norm(start, axis=1), np.linalg.norm(end, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = distance / start_norm
        cosine = (start * end).sum(axis=1) / (start_norm * end_norm)
    frequent = np.argsort(-counts, kind="stable")
    farthest = np.argsort(-distance, kind="stable")
    kinds = {
        "most_moved": farthest[distance[farthest] > 0][:_LOOKED_UP],
        "frequent": frequent[counts[frequent] > 0][:_LOOKED_UP],
        "fixed": frequent[~trainable[frequent]][:_LOOKED_UP],
    }
    looked_up = np.unique(np.concatenate(list(kinds.values())))
    return Ledger(
        forms,
        counts,
        trainable,
        distance,
        np.where(start_norm > 0, relative, np.nan),
        cosine,
        looked_up,
        nearest(before, looked_up),
        nearest(after, looked_up),
        kinds,
    )


def _without_nan(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
