"""Splitting validation and test sets off the training data."""

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split
from wvexp.errors import UserError
from wvexp.seeds import stream

SHARE = 0.1  # of the data, for each part that is split off


def split_off(
    split: Split,
    part: str,
    seed: int,
    groups: NDArray[np.int64],
    share: float = SHARE,
    *,
    group: str | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the sentences that stay, and of a seeded share that goes; both in their order.

    Groups stay whole. Where the data names no documents, sentence tasks give the share of each
    label. Where there are too few groups for that, sentences are split without regard to them,
    unless a column was given to keep them together.

    Parameters
    ----------
    part
        "validation" or "test": what is split off; the draws of the two are independent.
    groups
        The group of each sentence [sentences], as `wvexp.data.grouping` makes them.
    group
        The column of `data.group`, whose values the split's documents are.

    Raises
    ------
    UserError
        There is too little data to leave something on both sides, or of a `group` too few values.
    """
    rng = stream(seed, f"split {part}")
    _, first, of_sentence = np.unique(groups, return_index=True, return_inverse=True)
    sizes = np.bincount(of_sentence)
    if group is not None and (len(sizes) < 2 or not has_documents(split)):
        raise UserError(
            f"data.group={group}: all that is left to split a {part} set off is one group",
            f"leave data.group out, or give data.{part} a file",
        )
    if split.kind.stratified and not has_documents(split):
        chosen = _by_stratum(split.kind.strata(split.labels)[first], sizes, share, rng)
    else:
        chosen = _whole_groups(sizes, share, rng)
    taken = chosen[of_sentence]
    own = split.kind.stratified and len(np.unique(split.kind.strata(split.labels)))
    if not taken.any() and own == split.sentences > 10:
        raise UserError(
            f"each of the {split.sentences} training sentences has a label of its own",
            "is that column the label? name it with data.label",
        )
    if not taken.any() and len(sizes) < split.sentences:
        return split_off(split, part, seed, np.arange(split.sentences), share)
    if not taken.any() or taken.all():
        raise UserError(
            f"{split.sentences} training sentences are too few to split a {part} set off",
            f"give data.{part} a file, or more training data",
        )
    return np.flatnonzero(~taken), np.flatnonzero(taken)


def has_documents(split: Split) -> bool:
    """Whether the data names at least two documents."""
    return split.documents is not None and len(np.unique(split.documents)) >= 2


def _whole_groups(
    sizes: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Groups in random order until they hold the share of the sentences, one kept at least."""
    order = rng.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[order[before < share * sizes.sum()][: len(sizes) - 1]] = True
    return chosen


def _by_stratum(
    labels: NDArray[np.integer], sizes: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Groups with the share of each label's sentences, rounded, as far as their sizes allow.

    labels [groups] of the first sentence of each, or other strata. Labels of few sentences stay in
    training, and so does one group of each. What is rounded away, or too large to take, carries
    over from label to label, so that the whole comes to the share as well.
    """
    chosen = np.zeros(len(labels), dtype=bool)
    owed = 0.0
    by_label = np.argsort(labels, kind="stable")
    for places in np.split(by_label, np.flatnonzero(np.diff(labels[by_label])) + 1):
        owed += share * int(sizes[places].sum())
        room, left = round(owed), len(places) - 1
        for group in rng.permutation(places).tolist():
            if not room or not left:
                break
            if sizes[group] <= room:
                chosen[group] = True
                room, left, owed = room - int(sizes[group]), left - 1, owed - int(sizes[group])
    if not chosen.any() and sizes.max() > 1:  # the groups of every label are larger than its share
        spare = rng.permutation(np.flatnonzero(np.bincount(labels)[labels] > 1))
        chosen[spare[np.argsort(sizes[spare], kind="stable")[:1]]] = True
    return chosen
