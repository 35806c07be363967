"""Splitting validation and test sets off the training data."""

import math

import numpy as np
from numpy.typing import NDArray

from wvexp.data.corpus import Split
from wvexp.errors import UserError
from wvexp.seeds import stream

SHARE = 0.1  # of the data, for each part that is split off


def split_off(split: Split, part: str, seed: int, share: float = SHARE) -> tuple[Split, Split]:
    """The split without a seeded share of it, and that share.

    Whole documents where the data names at least two; else sentences, and in sentence tasks the
    share of each label. Both results keep the order of the data.

    Parameters
    ----------
    part
        "validation" or "test": what is split off; the draws of the two are independent.

    Raises
    ------
    UserError
        There is too little data to leave something on both sides.
    """
    rng = stream(seed, f"split {part}")
    documents = split.documents
    if documents is not None and len(np.unique(documents)) >= 2:
        taken = _whole_documents(documents, share, rng)
    elif split.task == "sentence":
        taken = _by_label(split.labels, share, rng)
    else:
        taken = np.zeros(split.sentences, dtype=bool)
        taken[rng.permutation(split.sentences)[: math.ceil(share * split.sentences)]] = True
    if not taken.any() and len(np.unique(split.labels)) == split.sentences > 10:
        raise UserError(
            f"each of the {split.sentences} training sentences has a label of its own",
            "is that column the label? name it with data.label",
        )
    if not taken.any() or taken.all():
        raise UserError(
            f"{split.sentences} training sentences are too few to split a {part} set off",
            f"give data.{part} a file, or more training data",
        )
    return split.take(np.flatnonzero(~taken)), split.take(np.flatnonzero(taken))


def _whole_documents(
    documents: NDArray[np.int32], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Documents in random order until they hold the share of the sentences, one kept at least."""
    names, sizes = np.unique(documents, return_counts=True)
    order = rng.permutation(len(names))
    before = np.cumsum(sizes[order]) - sizes[order]
    chosen = order[before < share * len(documents)][: len(names) - 1]
    return np.isin(documents, names[chosen])


def _by_label(
    labels: NDArray[np.int32], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """The share of each label, rounded; labels of few sentences stay in training.

    Rounding carries over from label to label, so that the whole comes to the share as well.
    """
    taken = np.zeros(len(labels), dtype=bool)
    owed = 0.0
    by_label = np.argsort(labels, kind="stable")
    for places in np.split(by_label, np.flatnonzero(np.diff(labels[by_label])) + 1):
        owed += share * len(places)
        count = min(round(owed), len(places) - 1)
        owed -= count
        taken[rng.permutation(places)[:count]] = True
    return taken
