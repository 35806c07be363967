"""The nearest rows by cosine."""

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10


def nearest(
    rows: NDArray[np.float32], queries: NDArray[np.integer], most: int = NEIGHBOURS
) -> NDArray[np.int64]:
    """The `most` rows [k, most] of largest cosine to each query row, the query itself left out.

    Ties go to the earlier row. With fewer rows than asked for there are fewer columns.
    """
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(norms > 0, norms, 1)
    similarity = unit[queries] @ unit.T
    similarity[np.arange(len(queries)), queries] = -np.inf
    most = min(most, len(rows) - 1)
    return np.argsort(-similarity, axis=1, kind="stable")[:, :most].astype(np.int64)
