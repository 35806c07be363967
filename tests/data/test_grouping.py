"""Equal texts and groups stay on one side of a split; all other data are split as ever."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.corpus import Corpus
from wvexp.data.dealing import fold_of_sentences
from wvexp.data.folds import of_fold, pooled
from wvexp.data.grouping import make_groups
from wvexp.data.reading.files import read_files
from wvexp.data.split import Split
from wvexp.data.splitting import SHARE, split_off


def distinct(task, documents):
    """203 sentences without a double, as the values below were measured on."""
    rng = np.random.default_rng(5)
    lengths = rng.integers(1, 4, 203)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    words = np.arange(offsets[-1], dtype=np.int32)
    labels = rng.choice(4, 203 if task == "sentence" else len(words), p=[0.6, 0.25, 0.1, 0.05])
    of = None
    if documents is not None:
        of = np.unique(np.sort(rng.integers(0, documents, 203)), return_inverse=True)[1]
    return Split(
        task, words, offsets, labels.astype(np.int32), None if of is None else of.astype(np.int32)
    )


def short_hash(value):
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("task", "documents", "seed", "parts", "folds"),
    [
        ("sentence", None, 0, "f3d875588261", "d16a79039017"),
        ("sentence", None, 3, "413ae56d1b0e", "e148282806a5"),
        ("sentence", 17, 0, "e66317d6ddb3", "93114e73ffc9"),
        ("sentence", 17, 3, "fd5c1a7468b8", "f110ec4348ac"),
        ("token", None, 0, "0412ad2a0424", "fe89eeafa53f"),
        ("token", None, 3, "9d4dde577838", "0cb7cc7a52e5"),
        ("token", 17, 0, "57d9d2161aac", "7bd9e8fcdca5"),
        ("token", 17, 3, "792abf6ad20e", "4a570fa15b05"),
    ],
)
def test_data_without_doubles_are_split_as_ever(task, documents, seed, parts, folds):
    """Values of version 0.1, before equal texts were kept together: results stored then hold."""
    split = distinct(task, documents)
    names = [f"w{i}" for i in range(len(split.word_ids))]

    def places(part):
        return np.searchsorted(split.offsets, part.word_ids[part.offsets[:-1]]).tolist()

    groups = make_groups(split, names)
    stay, test = split_off(split, "test", seed, groups)
    _, go = split_off(split.take(stay), "validation", seed, groups[stay], 1 / 9)
    assert short_hash([test.tolist(), stay[go].tolist()]) == parts
    empty = split.take(np.empty(0, dtype=np.int64))
    corpus = pooled(Corpus("toy", names, list("abcd"), split, empty, empty), 4)
    one = of_fold(corpus, seed, 1)
    fold = fold_of_sentences(corpus.train, corpus.groups, corpus.folds, seed).tolist()
    assert short_hash([fold, places(one.train), places(one.validation)]) == folds


def repeated(texts, task, labels=None):
    """A sentence of two words for each number; equal numbers are equal texts."""
    words = np.stack([texts, np.array(texts) + 1], axis=1).ravel().astype(np.int32)
    n = len(texts)
    by_task = np.array(labels if task == "sentence" else np.arange(2 * n) % 3, dtype=np.int32)
    return Split(task, words, 2 * np.arange(n + 1), by_task)


def texts_of(split):
    return set(split.word_ids[split.offsets[:-1]].tolist())


doubles = st.lists(st.integers(0, 60), min_size=40, max_size=200).filter(
    lambda texts: len(set(texts)) > 20
)


@given(doubles, st.sampled_from(["token", "sentence"]), st.integers(0, 9))
def test_no_text_is_on_two_sides(texts, task, seed):
    split = repeated(texts, task, [text % 3 for text in texts])
    names = [f"w{i}" for i in range(62)]
    groups = make_groups(split, names)
    stay, go = split_off(split, "test", seed, groups)
    assert sorted([*stay, *go]) == list(range(len(texts)))
    assert not texts_of(split.take(stay)) & texts_of(split.take(go))
    again = split_off(split, "test", seed, groups)
    assert (again[0] == stay).all()
    most = np.bincount(texts).max()
    assert abs(len(go) - SHARE * len(texts)) <= most + 2


@given(doubles, st.integers(0, 9), st.integers(2, 5))
def test_no_text_is_in_two_folds_and_folds_stay_alike(texts, seed, folds):
    split = repeated(texts, "sentence", [text % 3 for text in texts])
    names = [f"w{i}" for i in range(62)]
    empty = split.take(np.arange(0))
    corpus = pooled(Corpus("toy", names, ["a", "b", "c"], split, empty, empty), folds)
    fold = fold_of_sentences(corpus.train, corpus.groups, corpus.folds, seed)
    for text in set(texts):
        assert len(set(fold[np.array(texts) == text])) == 1
    most = np.bincount(texts).max()
    counts = np.zeros((folds, 3), dtype=int)
    np.add.at(counts, (fold, split.labels), 1)
    assert (counts.max(axis=0) - counts.min(axis=0) <= most).all()
    for one in (of_fold(corpus, seed, 0), of_fold(corpus, seed, None)):
        trained = texts_of(one.train)
        assert not trained & texts_of(one.test)
        assert not trained & texts_of(one.validation)


def test_labels_give_their_share_where_every_text_stands_twice():
    texts = [i // 2 for i in range(400)]
    labels = [0 if text % 5 else 1 for text in texts]
    split = repeated(texts, "sentence", labels)
    names = [f"w{i}" for i in range(201)]
    for seed in range(10):
        _, go = split_off(split, "test", seed, make_groups(split, names))
        assert np.bincount(split.labels[go]).tolist() == [32, 8]


def test_casing_alone_makes_no_other_text():
    split = Split("sentence", np.array([0, 1, 2, 3], np.int32), np.arange(5), np.zeros(4, np.int32))
    assert make_groups(split, ["Good", "bad", "good", "BAD"]).tolist() == [0, 1, 0, 1]


def test_a_text_more_frequent_than_the_share_can_still_be_split_off():
    texts = [0] * 50 + [1] * 50 + [2] * 40
    split = repeated(texts, "sentence", [text % 2 for text in texts])
    for seed in range(5):
        stay, go = split_off(split, "test", seed, make_groups(split, list("abcd")))
        assert set(split.labels[stay]) == {0, 1}
        assert texts_of(split.take(go)) == {2}  # the smaller of those whose label has another


@pytest.mark.parametrize("texts", [[0] * 50, [0, 1] * 25])
def test_where_each_label_has_one_text_sentences_are_split(texts):
    split = repeated(texts, "sentence", texts)
    single = np.arange(50)
    found = split_off(split, "test", 0, make_groups(split, list("abc")))
    for places, expected in zip(found, split_off(split, "test", 0, single), strict=True):
        assert places.tolist() == expected.tolist()
    assert len(found[1]) == 5


def with_documents(texts, documents):
    """Sentences of five words; equal numbers are equal texts."""
    words = np.repeat(texts, 5).astype(np.int32)
    n = len(texts)
    labels = np.arange(n, dtype=np.int32) % 2
    return Split("sentence", words, 5 * np.arange(n + 1), labels, np.array(documents, np.int32))


def test_documents_that_share_a_text_are_one_group():
    texts = [0, 1, 2, 1, 3, 4, 5, 6, 7, 8]
    documents = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    split = with_documents(texts, documents)
    names = [f"w{i}" for i in range(9)]
    assert make_groups(split, names).tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]


def test_documents_that_a_phrase_chains_together_stay_documents():
    texts = [0, 1, 0, 2, 0, 3, 0, 4]
    documents = [0, 0, 1, 1, 2, 2, 3, 3]
    split = with_documents(texts, documents)
    assert make_groups(split, [f"w{i}" for i in range(5)]).tolist() == documents


def test_a_file_full_of_doubles_leaks_nothing(tmp_path):
    """As the tool split it once, 291 of 291 test sentences stood in the training data too."""
    rows = [f"this is the text of number {i % 97} here,{'ab'[i % 97 % 2]}" for i in range(2910)]
    path = tmp_path / "doubles.csv"
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    corpus = read_files(path, None, None, text=None, label=None, task=None, seed=0)
    assert corpus.leakage is None
    assert corpus.train.sentences + corpus.validation.sentences + corpus.test.sentences == 2910
    assert 240 <= corpus.test.sentences <= 330
    assert len(np.unique(corpus.test.labels)) == 2
