"""Which fold each sentence of a pool is dealt to, and what its models are trained on."""

import heapq

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split
from wvexp.data.splitting import split_off
from wvexp.seeds import stream


def fold_of_sentences(
    pool: Split, groups: NDArray[np.int64], folds: int, seed: int
) -> NDArray[np.int64]:
    """The seed's fold of every sentence of the pool [sentences], 0 to `folds` - 1.

    groups [sentences]: what stays together, as `wvexp.data.grouping` makes them.
    """
    rng = stream(seed, "folds")
    if pool.kind.stratified and pool.documents is None:
        # Dealt out label by label; that of a group is its first sentence's.
        _, first = np.unique(groups, return_index=True)
        labels = pool.kind.strata(pool.labels)[first]
        shuffled = rng.permutation(len(first))
        order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    else:
        labels = np.zeros(int(groups.max()) + 1, dtype=np.int32)
        order = rng.permutation(len(labels))
    of_example = pool.kind.of_examples(groups, pool.offsets)
    sizes = np.bincount(of_example, minlength=len(labels))
    # Each to the fold that has least of its label, then least of all.
    of_group = np.empty(len(labels), dtype=np.int64)
    totals = [0] * folds
    weights: list[tuple[int, int, int]] = []
    current = None
    for group, label, size in zip(
        order.tolist(), labels[order].tolist(), sizes[order].tolist(), strict=True
    ):
        if label != current:
            current, weights = label, [(0, total, number) for number, total in enumerate(totals)]
            heapq.heapify(weights)
        of_label, total, number = weights[0]
        of_group[group] = number
        totals[number] = total + size
        heapq.heapreplace(weights, (of_label + size, totals[number], number))
    return of_group[groups]


def without_validation(
    pool: Split,
    groups: NDArray[np.int64],
    places: NDArray[np.int64],
    seed: int,
    group: str | None = None,
) -> tuple[Split, Split]:
    """Of some sentences of the pool, those to train on and those that stop training.

    group: the column whose values are never parted; None where none was asked for
    """
    rest = pool.take(places)
    stay, go = split_off(rest, "validation", seed, groups[places], group=group)
    return rest.take(stay), rest.take(go)


def smallest_fold(
    pool: Split, groups: NDArray[np.int64], folds: int, seed: int, group: str | None = None
) -> int:
    """Examples that the run of the seed with the fewest is trained on.

    Folds of sentences differ by an example or two, those of groups by what a group holds.
    """
    fold = fold_of_sentences(pool, groups, folds, seed)
    sizes = []
    for number in range(folds):
        train, _ = without_validation(pool, groups, np.flatnonzero(fold != number), seed, group)
        sizes.append(train.examples)
    return min(sizes)
