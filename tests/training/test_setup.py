"""What a run starts from: its subset, a row per word of it, the rows that may move."""

from dataclasses import replace

import numpy as np
import pytest
from gensim.models import KeyedVectors
from run_configs import make_run

from wvexp.arms import Tuning
from wvexp.backprop.moves import count_moves
from wvexp.config.schema import Model
from wvexp.data.vocabulary import PAD, UNK
from wvexp.data.world import world_corpus
from wvexp.metrics.tag_moves import allowed_moves
from wvexp.training.setup import set_up, start_of
from wvexp.vectors.reference import match_lexicon
from wvexp.vectors.table import Origin

DIM = 6


@pytest.fixture(scope="module")
def corpus():
    return world_corpus("token", 0, 2000, 500, 500, 2000)


@pytest.fixture(scope="module")
def reference(corpus):
    words = corpus.lexicon[::2]
    keyed = KeyedVectors(DIM)
    keyed.add_vectors(words, np.random.default_rng(0).normal(size=(len(words), DIM)).astype("f4"))
    return match_lexicon(keyed, corpus.lexicon, corpus.train.word_ids)


def run_of(corpus, reference, **changes):
    run = make_run(
        task="token",
        dim=DIM,
        model=Model(name="window", window=3),
        train_size=300,
        data=corpus.fingerprint,
        vectors=reference.fingerprint,
    )
    return replace(run, **changes)


def test_arms_of_one_seed_share_words_and_examples(corpus, reference):
    setups = [
        set_up(run_of(corpus, reference, embed=embed, finetune=tuned), corpus, reference)
        for embed in ("pretrained", "random", "shuffled")
        for tuned in (False, True)
    ]
    for setup in setups[1:]:
        assert np.array_equal(setup.subset.word_ids, setups[0].subset.word_ids)
        assert setup.table.trained == setups[0].table.trained
        trained = slice(setup.table.trained)
        assert setup.table.forms[trained] == setups[0].table.forms[trained]
        assert np.array_equal(setup.train_set.rows, setups[0].train_set.rows)


def test_every_word_of_the_subset_has_a_row_of_its_own(corpus, reference):
    setup = set_up(run_of(corpus, reference), corpus, reference)
    words = np.unique(setup.subset.word_ids)
    assert setup.table.trained == len(words) + 2
    rows = setup.table.row_of[words]
    assert len(set(rows.tolist())) == len(words)
    assert rows.min() > UNK
    assert [setup.table.forms[row] for row in rows] == [corpus.lexicon[word] for word in words]
    assert setup.train_set.view.window == 3


def test_a_frozen_arm_moves_nothing_and_a_tuned_one_not_pad(corpus, reference):
    frozen = set_up(run_of(corpus, reference, finetune=False), corpus, reference)
    tuned = set_up(run_of(corpus, reference, finetune=True), corpus, reference)
    assert not frozen.trainable.any()
    assert not tuned.trainable[PAD]
    assert tuned.trainable[UNK : tuned.table.trained].all()
    assert not tuned.trainable[tuned.table.trained :].any()


def test_oov_moves_rows_without_a_pretrained_vector_alone(corpus, reference):
    run = run_of(corpus, reference, embed="pretrained", finetune=True, tuning=Tuning(rows="oov"))
    setup = set_up(run, corpus, reference)
    known = setup.table.origin == Origin.PRETRAINED
    assert not setup.trainable[known].any()
    assert setup.trainable[UNK + 1 : setup.table.trained][
        ~known[UNK + 1 : setup.table.trained]
    ].all()


def test_unk_learns_in_tuned_arms_alone_by_the_same_draws(corpus, reference):
    frozen = run_of(corpus, reference, finetune=False)
    setup = set_up(frozen, corpus, reference)
    assert setup.rows(frozen, 1) is setup.train_set.rows
    rows = [
        set_up(run, corpus, reference).rows(run, 1)
        for embed in ("pretrained", "random")
        for run in [run_of(corpus, reference, embed=embed, finetune=True)]
    ]
    assert np.array_equal(rows[0], rows[1])
    assert (rows[0] == UNK).any()
    once = setup.vocabulary.counts[setup.train_set.rows] == 1
    assert once[rows[0] == UNK].all()


def test_without_vectors_all_is_drawn_at_the_size_asked_for(corpus, reference):
    run = run_of(corpus, reference, embed="random", vectors=None, dim=9)
    start = start_of(run, corpus, None)
    assert start.dim == 9
    assert (start.index == -1).all()


def test_moves_of_a_crf_are_those_of_the_subset(corpus, reference):
    """B-LOC and I-LOC exchanged break the rules, so that what occurs is permitted, there alone."""
    names = list(corpus.label_names)
    begin, inside = names.index("B-LOC"), names.index("I-LOC")
    names[begin], names[inside] = names[inside], names[begin]
    corpus = replace(corpus, label_names=names)
    model = Model(name="window", window=3, crf=True)
    setup = set_up(run_of(corpus, reference, model=model, train_size=20), corpus, reference)

    def moves(split):
        return allowed_moves(names, count_moves(split.labels, split.offsets, len(names)))

    assert all(map(np.array_equal, setup.moves, moves(setup.subset)))
    assert not all(map(np.array_equal, moves(corpus.train), moves(setup.subset)))
