"""Examples in, Corpus out: ids, order of labels, what is split off, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.reading.encode import Encoder, build_corpus
from wvexp.data.reading.examples import Example, Source
from wvexp.errors import UserError


def source(examples, name="train", task="sentence"):
    return Source(name, task, "text", "label", iter([Example(*e) for e in examples]))


def corpus_of(train, validation=None, test=None, **changes):
    parts = [None if part is None else source(part) for part in (validation, test)]
    asked = {"tokenizer": "whitespace", "seed": 0, **changes}
    return build_corpus("toy", source(train), *parts, **asked)


def texts_of(corpus, split):
    names = [*corpus.label_names, *corpus.unseen_labels]
    for i in range(split.sentences):
        words = split.word_ids[split.offsets[i] : split.offsets[i + 1]]
        yield " ".join(corpus.lexicon[word] for word in words), names[split.labels[i]]


ROWS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcde"), min_size=1).map(" ".join), st.sampled_from("xyz")),
    min_size=2,
).filter(lambda rows: len({label for _, label in rows}) > 1)


@given(ROWS, ROWS)
def test_every_example_comes_out_as_it_went_in(train, test):
    rows = [[(text, label, None) for text, label in part] for part in (train, test)]
    corpus = corpus_of(rows[0], rows[1], rows[1])
    assert list(texts_of(corpus, corpus.train)) == train
    assert list(texts_of(corpus, corpus.test)) == test
    assert corpus.label_names == sorted({label for _, label in train})
    assert not set(corpus.unseen_labels) & set(corpus.label_names)


def test_numbers_stand_before_names_and_by_value():
    rows = [(f"w{i}", label, None) for i, label in enumerate(["b", "10", "9", "a", "-1"])]
    assert corpus_of(rows, rows, rows).label_names == ["-1", "9", "10", "a", "b"]


def test_a_tenth_is_split_off_for_each_part_that_is_missing():
    rows = [(f"w{i} v", "xy"[i % 2], None) for i in range(200)]
    corpus = corpus_of(rows)
    sizes = [split.sentences for split in (corpus.train, corpus.validation, corpus.test)]
    assert sizes == [160, 20, 20]
    said = sorted(
        pair for s in (corpus.train, corpus.validation, corpus.test) for pair in texts_of(corpus, s)
    )
    assert said == sorted((text, label) for text, label, _ in rows)
    assert corpus.sources == ("train", None, None)


def test_too_small_a_test_part_is_left_to_the_folds():
    rows = [(f"w{i} v", "xy"[i % 2], None) for i in range(200)]
    assert corpus_of(rows, least_test=20).test.sentences == 20
    assert corpus_of(rows, least_test=21).test.sentences == 0
    assert corpus_of(rows, seed=None).validation.sentences == 0


def test_documents_of_a_group_are_the_same_in_all_parts():
    rows = [(f"w{i} v", "xy"[i % 2], f"d{i % 4}") for i in range(40)]
    corpus = corpus_of(rows, rows, rows[::-1], group="customer")
    assert corpus.test.documents.tolist() == corpus.train.documents[::-1].tolist()
    alone = corpus_of(rows, rows, rows[::-1])
    assert alone.test.documents[0] == 0  # numbered by the part's own order


def test_what_has_no_word_is_counted_and_left_out():
    encoder = Encoder(str.split)
    split = encoder.split(source([("a", "x", None), ("", "y", None), ("b c", "y", None)]))
    assert np.diff(split.offsets).tolist() == [1, 2]
    assert encoder.notes == ["train: 1 sentence without a word left out"]


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        ([("a", "x", None)] * 3, None, "every example has the label 'x'"),
        ([("", "x", None)], None, "no labelled text in it"),
        ([("a", "x", None), ("b", "y", None)], [("c", "z", None)], "no label of it stands in"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(train, test, said):
    with pytest.raises(UserError) as refused:
        corpus_of(train, test, test)
    assert said in str(refused.value)
