"""Which rows of the embedding table may move, and what becomes of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.vocabulary import UNK, Vocabulary
from wvexp.errors import RunError
from wvexp.vectors.reference import ReferenceVectors
from wvexp.vectors.table import EmbeddingTable


def trainable_rows(
    table: EmbeddingTable,
    vocabulary: Vocabulary,
    reference: ReferenceVectors | None,
    *,
    finetune: bool,
    oov_only: bool,
    min_count: int,
) -> NDArray[np.bool_]:
    """Mask [rows] of the rows that training may move.

    None when frozen. When tuned: UNK, and of the training vocabulary the words seen at least
    `min_count` times, either all of them or (`oov_only`) those that the reference vectors lack:
    the same words in every arm.
    PAD and the rows that only evaluation reads never move: the engines drop what gradient comes to
    rows that this mask does not name.
    """
    trainable = np.zeros(len(table.rows), dtype=bool)
    if finetune:
        learnt = trainable[UNK + 1 : table.trained]
        learnt[:] = vocabulary.counts[UNK + 1 :] >= min_count
        if oov_only and reference is not None:
            learnt &= reference.index[vocabulary.word_ids] < 0
        trainable[UNK] = True
    return trainable


@dataclass(frozen=True)
class Movement:
    """How far rows went, in Euclidean distance: of those that may move."""

    rows: int
    moved: int
    max: float
    mean: float


def measure_movement(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    trainable: NDArray[np.bool_],
    fixed: int = 0,
) -> Movement:
    """Distance from start to end of the trainable rows, after proof that nothing else changed.

    fixed: how many numbers of each row are to stay, the first ones

    Raises
    ------
    RunError
        A row, or a part of one, that had to stay is not bit-identical.
    """
    different = before.view(np.uint32) != after.view(np.uint32)
    if different[:, :fixed].any():
        row = np.flatnonzero(different[:, :fixed].any(axis=1))[0]
        raise RunError(f"the frozen copy beside the tuned one changed, in row {row} first")
    changed = different.any(axis=1)
    trespassers = np.flatnonzero(changed & ~trainable)
    if len(trespassers):
        raise RunError(f"{len(trespassers)} frozen rows changed, row {trespassers[0]} first")
    distance = np.linalg.norm(after[trainable].astype(np.float64) - before[trainable], axis=1)
    return Movement(
        rows=int(trainable.sum()),
        moved=int(changed.sum()),
        max=float(distance.max(initial=0)),
        mean=float(distance.mean()) if len(distance) else 0.0,
    )
