"""Cross-fitting: every example of a small data set is once a test unit.

A test set split off a few hundred examples is too small to tell arms apart. `data.folds=k` pools
all splits and trains k models, each tested on the part that the others were trained on
(Chernozhukov et al. 2018, section 3, call it so). The parts are drawn anew for every seed: what the
models of one part have in common then differs between seeds, and is in the interval.
"""

import heapq
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wvexp.data.corpus import Corpus, Split
from wvexp.data.splitting import has_documents, split_off
from wvexp.errors import UserError
from wvexp.seeds import stream

# Folds of a cross-fit that nobody gave a number.
FOLDS = 5


def pooled(corpus: Corpus, folds: int) -> Corpus:
    """The corpus with the examples of all its splits in one, to be cut by `of_fold`.

    A label of any split is then a class like every other.

    Raises
    ------
    UserError
        There are fewer test units (documents, or sentences) than folds, or too few to train on.
    """
    splits = [corpus.train, corpus.validation, corpus.test]
    pool = concatenated(splits, shared=corpus.group is not None)
    whole = replace(
        corpus,
        train=pool,
        validation=pool,
        test=pool,
        folds=folds,
        label_names=[*corpus.label_names, *corpus.unseen_labels],
        unseen_labels=(),
    )
    units = int(whole.groups.max()) + 1
    kind = "sentences" if pool.documents is None else "documents"
    least, remedy = FOLDS, "give more data"
    if corpus.group is not None:
        # One group to train on, one to stop by, one to test on.
        least, remedy = 3, "leave data.group out"
        units = units if has_documents(pool) else 1
        kind = f"group{'s' if units > 1 else ''} by data.group={corpus.group}"
    elif units < len(whole.units.ids):
        kind = f"different {kind}"
    if folds > units:
        raise UserError(
            f"data.folds={folds}: the data have {units} {kind}",
            f"give {units} at most" if units >= least else remedy,
        )
    try:
        for fold in (*range(folds if corpus.group else 1), None):
            of_fold(whole, 0, fold)
    except UserError as error:
        raise UserError(
            f"data.folds={folds}: {units} {kind} are too few to train, stop and test on", remedy
        ) from error
    return whole


def of_fold(corpus: Corpus, seed: int, fold: int | None) -> Corpus:
    """What a run of the seed trains on and is tested on; the corpus itself where it has no folds.

    Documents stay whole and equal texts together, the labels of sentence tasks in proportion. A
    tenth of what is not tested stops training. `fold=None` splits a test set off instead, for a
    model that is to be kept.
    """
    if corpus.folds is None:
        return corpus
    pool = corpus.train
    if fold is None:
        rest, test = split_off(pool, "test", seed, corpus.groups, group=corpus.group)
        train, validation = _without_validation(corpus, rest, seed)
        return replace(corpus, train=train, validation=validation, test=pool.take(test), folds=None)
    tested = fold_of_sentences(corpus, seed) == fold
    places = np.flatnonzero(tested)
    train, validation = _without_validation(corpus, np.flatnonzero(~tested), seed)
    return replace(
        corpus,
        train=train,
        validation=validation,
        test=pool.take(places),
        folds=None,
        # Named as among all examples: two equal sentences of two folds are two units.
        test_units=corpus.units.take(places),
    )


def _without_validation(
    corpus: Corpus, places: NDArray[np.int64], seed: int
) -> tuple[Split, Split]:
    """Of some sentences of the pool, those to train on and those that stop training."""
    rest = corpus.train.take(places)
    groups = corpus.groups[places]
    stay, go = split_off(rest, "validation", seed, groups, group=corpus.group)
    return rest.take(stay), rest.take(go)


def smallest_fold(corpus: Corpus, seed: int) -> int:
    """Examples that the run of the seed with the fewest is trained on.

    Folds of sentences differ by an example or two, those of groups by what a group holds.
    """
    assert corpus.folds is not None
    fold = fold_of_sentences(corpus, seed)
    sizes = []
    for number in range(corpus.folds):
        train, _ = _without_validation(corpus, np.flatnonzero(fold != number), seed)
        sizes.append(train.examples)
    return min(sizes)


def fold_of_sentences(corpus: Corpus, seed: int) -> NDArray[np.int64]:
    """The seed's fold of every sentence of the pool [sentences], 0 to `corpus.folds` - 1."""
    assert corpus.folds is not None
    rng = stream(seed, "folds")
    pool, groups = corpus.train, corpus.groups
    if pool.task == "sentence" and pool.documents is None:
        # Dealt out label by label; that of a group is its first sentence's.
        _, first = np.unique(groups, return_index=True)
        labels = pool.labels[first]
        shuffled = rng.permutation(len(first))
        order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    else:
        labels = np.zeros(int(groups.max()) + 1, dtype=np.int32)
        order = rng.permutation(len(labels))
    of_example = groups if pool.task == "sentence" else np.repeat(groups, np.diff(pool.offsets))
    sizes = np.bincount(of_example, minlength=len(labels))
    # Each to the fold that has least of its label, then least of all.
    of_group = np.empty(len(labels), dtype=np.int64)
    totals = [0] * corpus.folds
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


def concatenated(splits: list[Split], *, shared: bool = False) -> Split:
    """The sentences of all splits, one after another.

    Documents of two splits are two documents, unless their numbers are `shared`.
    """
    documents = None
    if all(split.documents is not None for split in splits):
        before = 0
        numbered = []
        for split in splits:
            assert split.documents is not None
            numbered.append(split.documents + before)
            before += 0 if shared else int(split.documents.max(initial=-1)) + 1
        documents = np.concatenate(numbered).astype(np.int32)
    lengths = np.concatenate([np.diff(split.offsets) for split in splits])
    return Split(
        task=splits[0].task,
        words=np.concatenate([split.words for split in splits]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        labels=np.concatenate([split.labels for split in splits]),
        documents=documents,
    )
