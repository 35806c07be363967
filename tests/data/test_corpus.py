"""Splits, nested training subsets, fingerprints."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.corpus import Corpus
from wvexp.data.folds import concatenated
from wvexp.data.split import Split, training_order
from wvexp.errors import UserError

LEXICON = ["The", "the", "Cat", "sat", "THE", "down"]


def make_split(sentences: list[list[int]], task: str, documents: bool = False) -> Split:
    """Labels follow from the words, so that a label which leaves its word is noticed."""
    words = [word for sentence in sentences for word in sentence]
    labels = [w % 3 for w in words] if task == "token" else [len(s) % 3 for s in sentences]
    return Split(
        task=task,  # type: ignore[arg-type]
        word_ids=np.array(words, dtype=np.int32),
        offsets=np.cumsum([0, *map(len, sentences)]),
        labels=np.array(labels, dtype=np.int32),
        documents=np.arange(len(sentences), dtype=np.int32) // 2 if documents else None,
    )


def spell(split: Split) -> list[tuple[list[int], list[int], int | None]]:
    """Words, labels and document of each sentence, one by one."""
    spelt = []
    for i in range(split.sentences):
        start, end = int(split.offsets[i]), int(split.offsets[i + 1])
        labels = split.labels[start:end] if split.task == "token" else split.labels[i : i + 1]
        document = None if split.documents is None else int(split.documents[i])
        spelt.append((split.word_ids[start:end].tolist(), labels.tolist(), document))
    return spelt


def make_corpus(sentences: list[list[int]], task: str) -> Corpus:
    split = make_split(sentences, task)
    return Corpus("toy", LEXICON, ["a", "b", "c"], split, split, split)


TASKS = st.sampled_from(["token", "sentence"])
SENTENCES = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6), min_size=1, max_size=40)


@given(SENTENCES, TASKS, st.booleans(), st.data())
def test_take_is_indexing(sentences, task, documents, data) -> None:
    split = make_split(sentences, task, documents)
    chosen = data.draw(st.lists(st.integers(0, len(sentences) - 1)))
    spelt = spell(split)
    assert spell(split.take(np.array(chosen, dtype=np.int64))) == [spelt[i] for i in chosen]


@given(SENTENCES, TASKS, st.integers(0, 99), st.data())
def test_subsets_nest_and_have_the_size_asked_for(sentences, task, seed, data) -> None:
    corpus = make_corpus(sentences, task)
    total = corpus.train.examples
    small, large = sorted(data.draw(st.tuples(st.integers(1, total), st.integers(1, total))))
    first, second = corpus.training_subset(small, seed), corpus.training_subset(large, seed)
    assert spell(second)[: first.sentences] == spell(first)
    everything = spell(corpus.training_subset(None, seed))
    assert everything[: second.sentences] == spell(second)
    assert sorted(everything) == sorted(spell(corpus.train))
    if task == "sentence":
        assert first.examples == small
    else:  # whole sentences, and none more than needed
        assert first.examples >= small
        assert first.examples - len(spell(first)[-1][0]) < small


def check_proportions(split: Split, seed: int) -> None:
    """Every prefix of the seed's order holds each label in proportion.

    With k labels spaced evenly, the count of one is off its place by less than 1, and the length
    of the prefix by less than 1 for each other label: by less than (1 - s) + s (k - 1) together
    for a label of share s.
    """
    ordered = split.labels[training_order(split, seed)]
    labels = np.unique(ordered)
    for label in labels:
        share = (ordered == label).mean()
        off = np.cumsum(ordered == label) - share * np.arange(1, len(ordered) + 1)
        assert np.abs(off).max() <= (1 - share) + share * (len(labels) - 1) + 1e-9


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), st.integers(0, 99))
def test_every_prefix_holds_each_label_in_proportion(lengths, seed) -> None:
    check_proportions(make_split([[0] * (length + 1) for length in lengths], "sentence"), seed)


def test_a_long_order_holds_a_rare_label_in_proportion() -> None:
    lengths = [1 + (i % 10 == 0) for i in range(2000)]
    check_proportions(make_split([[0] * length for length in lengths], "sentence"), seed=0)


def test_orders_differ_by_seed() -> None:
    split = make_split([[0]] * 50, "sentence")
    assert not np.array_equal(training_order(split, 0), training_order(split, 1))
    assert np.array_equal(training_order(split, 1), training_order(split, 1))


@pytest.mark.parametrize("task", ["token", "sentence"])
def test_sizes_beyond_the_data_are_refused(task: str) -> None:
    corpus = make_corpus([[0, 1], [2]], task)
    unit = {"token": "3 tokens", "sentence": "2 sentences"}[task]
    for size in (0, -1, corpus.train.examples + 1):
        with pytest.raises(UserError, match=f"train_size={size}: .* of toy has {unit}"):
            corpus.training_subset(size, 0)


def test_the_fingerprint_sees_all_content_and_no_names_of_places() -> None:
    corpus = make_corpus([[0, 1], [2, 3, 4]], "token")
    train = corpus.train
    changed = [
        replace(corpus, lexicon=[*LEXICON[:-1], "up"]),
        replace(corpus, label_names=["a", "b", "d"]),
        replace(corpus, train=replace(train, word_ids=train.word_ids[::-1].copy())),
        replace(corpus, train=replace(train, labels=train.labels[::-1].copy())),
        replace(corpus, train=replace(train, offsets=np.array([0, 3, 5]))),
        replace(corpus, train=replace(train, documents=np.zeros(2, dtype=np.int32))),
        replace(corpus, train=train.take(np.array([0]))),
        replace(corpus, validation=train.take(np.array([0]))),
        replace(corpus, test=train.take(np.array([0]))),
    ]
    prints = {corpus.fingerprint, *(other.fingerprint for other in changed)}
    assert len(prints) == len(changed) + 1
    assert replace(corpus, name="elsewhere").fingerprint == corpus.fingerprint


@given(SENTENCES, TASKS)
def test_lowercasing_is_word_by_word(sentences, task) -> None:
    corpus = make_corpus(sentences, task)
    lowered = corpus.lowercased()
    assert len(set(lowered.lexicon)) == len(lowered.lexicon)
    for before, after in (
        (corpus.train, lowered.train),
        (corpus.validation, lowered.validation),
        (corpus.test, lowered.test),
    ):
        assert [lowered.lexicon[w] for w in after.word_ids] == [
            corpus.lexicon[w].lower() for w in before.word_ids
        ]
        assert after.labels is before.labels
    assert lowered.lowercased() is lowered


def forms(corpus: Corpus, split: Split) -> list[tuple[str, str]]:
    """Of each token the form that the model reads, and the one typed."""
    assert corpus.typed is not None
    assert split.typed is not None
    return [
        (corpus.lexicon[word], corpus.typed[typed])
        for word, typed in zip(split.word_ids, split.typed, strict=True)
    ]


@given(SENTENCES.filter(lambda s: len(s) >= 9), TASKS, st.integers(0, 9))
def test_words_as_typed_follow_their_words_through_every_cut(sentences, task, seed) -> None:
    corpus = make_corpus(sentences, task)
    assert corpus.typed is corpus.train.typed is None
    lowered = corpus.lowercased()
    whole = [(LEXICON[word].lower(), LEXICON[word]) for word in corpus.train.word_ids]
    assert forms(lowered, lowered.train) == whole
    places = training_order(lowered.train, seed)
    for half in (places[::2], places[1::2], places[:0]):
        taken = corpus.train.take(half)
        expected = [(LEXICON[word].lower(), LEXICON[word]) for word in taken.word_ids]
        assert forms(lowered, lowered.train.take(half)) == expected
    subset = lowered.training_subset(3, seed)
    assert forms(lowered, subset) == forms(lowered, lowered.train.take(places[: subset.sentences]))
    assert forms(lowered, concatenated([lowered.train, lowered.test])) == whole + whole
    assert concatenated([corpus.train, corpus.test]).typed is None


def test_the_fingerprint_leaves_out_the_words_as_typed_and_the_other_sees_them() -> None:
    shouted, spoken = (make_corpus(s, "token") for s in ([[4, 2], [3]], [[0, 2], [3]]))
    assert spoken.typed_fingerprint == spoken.fingerprint
    lowered = [corpus.lowercased() for corpus in (shouted, spoken)]
    for corpus in lowered:  # labels follow from the words: all of one make them equal
        corpus.train.labels[:] = 0
    loud, quiet = lowered
    # What results files hold of a text since before the words as typed were kept.
    assert loud.fingerprint == quiet.fingerprint == "de7d320afb6b946b"
    relisted = replace(quiet, typed=["Le", *LEXICON[1:]])
    moved = replace(quiet, test=replace(quiet.test, typed=loud.train.typed))
    prints = [corpus.typed_fingerprint for corpus in (loud, quiet, relisted, moved)]
    assert len({*prints, quiet.fingerprint}) == 5
    assert {corpus.fingerprint for corpus in (relisted, moved)} == {quiet.fingerprint}


def test_a_split_whose_arrays_disagree_is_refused() -> None:
    split = make_split([[0, 1], [2]], "token")
    with pytest.raises(ValueError, match="2 labels, expected 3"):
        replace(split, labels=split.labels[:2])
    with pytest.raises(ValueError, match="offsets end at 2"):
        replace(split, offsets=np.array([0, 2]))
    with pytest.raises(ValueError, match="2 words as typed, 3 tokens"):
        replace(split, typed=split.word_ids[:2])
