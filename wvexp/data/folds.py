"""Cross-fitting: every example of a small data set is once a test unit.

A test set split off a few hundred examples is too small to tell arms apart. `data.folds=k` pools
all splits and trains k models, each tested on the part that the others were trained on
(Chernozhukov et al. 2018, section 3, call it so). The parts are drawn anew for every seed: what the
models of one part have in common then differs between seeds, and is in the interval.
"""

from dataclasses import replace

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.dealing import fold_of_sentences, without_validation
from wvexp.data.split import Split
from wvexp.data.splitting import has_documents, split_off
from wvexp.errors import UserError

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
    pool, groups = corpus.train, corpus.groups
    if fold is None:
        rest, test = split_off(pool, "test", seed, groups, group=corpus.group)
        train, validation = without_validation(pool, groups, rest, seed, corpus.group)
        return replace(corpus, train=train, validation=validation, test=pool.take(test), folds=None)
    tested = fold_of_sentences(pool, groups, corpus.folds, seed) == fold
    places = np.flatnonzero(tested)
    train, validation = without_validation(
        pool, groups, np.flatnonzero(~tested), seed, corpus.group
    )
    return replace(
        corpus,
        train=train,
        validation=validation,
        test=pool.take(places),
        folds=None,
        # Named as among all examples: two equal sentences of two folds are two units.
        test_units=corpus.units.take(places),
    )


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
    typed = [split.typed for split in splits if split.typed is not None]
    lengths = np.concatenate([np.diff(split.offsets) for split in splits])
    return Split(
        task=splits[0].task,
        word_ids=np.concatenate([split.word_ids for split in splits]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        labels=np.concatenate([split.labels for split in splits]),
        documents=documents,
        # Of one corpus all splits have it, or none.
        typed=np.concatenate(typed) if typed else None,
    )
