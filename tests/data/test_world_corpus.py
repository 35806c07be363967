"""The built-in world's labelled text: what it says, and that only its seed decides it."""

import os
import subprocess
import sys
import tracemalloc
from collections import defaultdict

import numpy as np
import pytest

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.data.world import world_corpus, world_stream, world_text
from wvexp.data.world.corpus import RECIPES, task_world
from wvexp.errors import UserError

SMALL = {"validation_examples": 500, "test_examples": 500, "vocabulary_size": 3000}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return world_corpus("token", 0, 60_000, 2000, 2000)


def equal(one: Split, other: Split) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("word_ids", "offsets", "labels")
    ) and np.array_equal(one.documents, other.documents)


def concatenated(chunks: list[Split]) -> Split:
    lengths = np.concatenate([np.diff(chunk.offsets) for chunk in chunks])
    return Split(
        task=chunks[0].task,
        word_ids=np.concatenate([chunk.word_ids for chunk in chunks]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        labels=np.concatenate([chunk.labels for chunk in chunks]),
        documents=np.concatenate([chunk.documents for chunk in chunks]),
    )


@pytest.mark.parametrize("task", ["token", "sentence"])
def test_same_in_processes_with_other_hash_seeds(task):
    code = (
        "from wvexp.data.world import world_corpus\n"
        f"print(world_corpus({task!r}, 3, 900, 500, 500, 3000).fingerprint)"
    )
    prints = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }
    assert prints == {world_corpus(task, 3, 900, 500, 500, 3000).fingerprint}


def test_another_seed_is_another_world():
    one, other = (world_corpus("token", seed, 1000, **SMALL) for seed in (0, 1))
    shared = set(one.lexicon) & set(other.lexicon)
    assert len(shared) < len(one.lexicon) / 2
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize("task", ["token", "sentence"])
def test_more_training_text_extends_less(task):
    # 50,000 tokens and 5,000 sentences take more than one block of sentences
    less, more = (
        world_corpus(task, 0, size, **SMALL) for size in (700, 50_000 if task == "token" else 5000)
    )
    assert equal(more.train.take(np.arange(less.train.sentences)), less.train)
    assert equal(less.validation, more.validation)
    assert equal(less.test, more.test)


def test_sizes_are_what_was_asked_for():
    sentence = world_corpus("sentence", 0, 4321, **SMALL)
    assert sentence.train.sentences == 4321
    token = world_corpus("token", 0, 4321, **SMALL)
    last = int(np.diff(token.train.offsets)[-1])
    assert 4321 <= token.train.tokens < 4321 + last


@pytest.mark.parametrize("size", [2000, 20_000, 70_000])
def test_vocabulary_of_the_size_asked_for(size):
    corpus = world_corpus("token", 0, 100, 100, 100, size)
    assert len(corpus.lexicon) == len(set(corpus.lexicon)) == size


def test_splits_are_independent_text():
    corpus = world_corpus("sentence", 0, 500, **SMALL)
    splits = (corpus.train, corpus.validation, corpus.test)
    texts = [
        {tuple(split.word_ids[a:b]) for a, b in zip(split.offsets, split.offsets[1:], strict=False)}
        for split in splits
    ]
    # reviews are long enough that chance does not write one twice
    assert not texts[0] & texts[1]
    assert not texts[0] & texts[2]
    assert not texts[1] & texts[2]


def test_words_follow_zipf():
    counts: dict[str, int] = defaultdict(int)
    for sentence in world_text("token", 0, 300_000):
        for word in sentence:
            counts[word] += 1
    frequency = np.sort(list(counts.values()))[::-1][:5000]
    rank = np.arange(1, len(frequency) + 1)
    slope = np.polyfit(np.log(rank[10:]), np.log(frequency[10:]), 1)[0]
    assert -1.3 < slope < -0.7


def test_tags_are_valid_bio(corpus):
    names = corpus.label_names
    for start, end in zip(corpus.train.offsets, corpus.train.offsets[1:], strict=False):
        tags = [names[i] for i in corpus.train.labels[start:end]]
        for before, tag in zip(["O", *tags], tags, strict=False):
            if tag.startswith("I-"):
                assert before[2:] == tag[2:]


def test_every_label_occurs(corpus):
    assert set(corpus.train.labels.tolist()) == set(range(len(corpus.label_names)))


@pytest.mark.parametrize(
    ("word", "types"),
    [("paris", {"LOC", "PER"}), ("jordan", {"LOC", "PER"}), ("apple", {"ORG", ""})],
)
def test_ambiguous_words_have_both_tags(corpus, word, types):
    found = corpus.train.word_ids == corpus.lexicon.index(word)
    seen = {corpus.label_names[i][2:] for i in corpus.train.labels[found]}
    assert types <= seen


def test_documents_hold_twenty_sentences_and_repeat_their_words(corpus):
    train = corpus.train
    assert np.array_equal(train.documents, np.arange(train.sentences) // 20)
    document = train.documents[np.repeat(np.arange(train.sentences), np.diff(train.offsets))]
    types = sum(len(np.unique(train.word_ids[document == d])) for d in range(50))
    # the same sentences dealt out anew to as many documents
    anew = np.random.default_rng(0).permutation(document)
    types_anew = sum(len(np.unique(train.word_ids[anew == d])) for d in range(50))
    assert types < types_anew


def test_labels_of_sentences_follow_their_polar_words():
    corpus = world_corpus("sentence", 0, 4000, **SMALL)
    train = corpus.train
    label = train.labels[np.repeat(np.arange(train.sentences), np.diff(train.offsets))]
    positive = label[train.word_ids == corpus.lexicon.index("good")].mean()
    negative = label[train.word_ids == corpus.lexicon.index("bad")].mean()
    assert negative < train.labels.mean() < positive


@pytest.mark.parametrize("chunk_tokens", [1, 70_000, 10**9])
def test_stream_is_the_training_split(chunk_tokens):
    whole = world_corpus("token", 5, 150_000, **SMALL).train
    chunks = list(world_stream(5, 150_000, chunk_tokens, SMALL["vocabulary_size"]))
    assert equal(concatenated(chunks), whole)


def test_memory_of_the_stream_does_not_grow_with_its_length():
    def peak(tokens: int) -> int:
        tracemalloc.start()
        try:
            total = sum(chunk.tokens for chunk in world_stream(0, tokens, 100_000, 3000))
            assert total >= tokens
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100_000)  # the world itself is built once
    assert peak(2_000_000) < 1.2 * peak(300_000)


def test_bad_sizes_are_refused():
    with pytest.raises(UserError, match="world_vocabulary=500"):
        world_corpus("token", 0, 100, 100, 100, vocabulary_size=500)
    with pytest.raises(UserError, match="test_examples=0"):
        world_corpus("token", 0, 100, 100, 0)


def test_every_word_can_occur():
    world = task_world("sentence", 0, 70_000)
    assert np.array_equal(np.unique(world.table), np.arange(70_000))


def test_turned_words_change_sides_and_no_others():
    recipe = RECIPES["sentence"]
    world = task_world("sentence", 0, 20_000)
    sides = {
        polarity: np.concatenate(
            [ids for name, ids in world.lexicon.members.items() if name.endswith(polarity)]
        )
        for polarity in ("negative", "positive")
    }
    turned = np.flatnonzero(world.twin != np.arange(20_000))
    assert np.isin(turned, np.concatenate(list(sides.values()))).all()
    assert np.array_equal(
        np.isin(turned, sides["negative"]), ~np.isin(world.twin[turned], sides["negative"])
    )
    assert np.array_equal(world.twin[world.twin], np.arange(20_000))
    assert len(turned) == pytest.approx(
        0.75 * recipe.turned * (len(sides["negative"]) + len(sides["positive"])), rel=0.2
    )
