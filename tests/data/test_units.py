"""Test units: documents or sentences under ids that no reordering and no casing changes."""

import numpy as np

from wvexp.data.split import Split
from wvexp.data.units import make_units

LEXICON = ["the", "The", "cat", "dog", "sat"]


def split_of(sentences, documents=None):
    words = np.array([word for sentence in sentences for word in sentence], dtype=np.int32)
    offsets = np.cumsum([0, *map(len, sentences)]).astype(np.int64)
    labels = np.zeros(len(sentences), dtype=np.int32)
    documents = None if documents is None else np.array(documents, dtype=np.int32)
    return Split("sentence", words, offsets, labels, documents)


def test_a_sentence_is_a_unit_with_an_id_of_its_own():
    units = make_units(split_of([[0, 2], [0, 3], [], [0, 2, 4]]), LEXICON)
    assert len(set(units.ids)) == 4
    assert units.of_sentence.tolist() == [0, 1, 2, 3]


def test_ids_follow_their_sentence_through_another_order():
    sentences = [[0, 2], [0, 3], [0, 2, 4]]
    one = make_units(split_of(sentences), LEXICON)
    other = make_units(split_of(sentences[::-1]), LEXICON)
    assert other.ids == one.ids[::-1]
    assert other.fingerprint != one.fingerprint


def test_casing_changes_no_id_and_content_does():
    assert (
        make_units(split_of([[0, 2]]), LEXICON).ids == make_units(split_of([[1, 2]]), LEXICON).ids
    )
    assert (
        make_units(split_of([[0, 2]]), LEXICON).ids != make_units(split_of([[2, 0]]), LEXICON).ids
    )


def test_equal_sentences_are_told_apart():
    units = make_units(split_of([[0, 2], [0, 2], [0, 2]]), LEXICON)
    first = units.ids[0]
    assert units.ids == [first, f"{first}-2", f"{first}-3"]


def test_documents_are_the_units_where_the_data_name_them():
    units = make_units(split_of([[0, 2], [4], [0, 3], [2]], documents=[7, 3, 7, 3]), LEXICON)
    assert units.of_sentence.tolist() == [0, 1, 0, 1]
    assert len(units.ids) == 2
    # where a sentence ends is part of the document
    joined = make_units(split_of([[0, 2, 0, 3]]), LEXICON)
    assert units.ids[0] != joined.ids[0]


def test_a_token_belongs_to_the_unit_of_its_sentence():
    sentences = split_of([[0, 2, 4], [3], [0]], documents=[1, 1, 0])
    units = make_units(sentences, LEXICON)
    assert units.of_examples(sentences).tolist() == [0, 0, 1]
    tokens = Split("token", sentences.word_ids, sentences.offsets, sentences.word_ids)
    assert units.of_examples(tokens).tolist() == [0, 0, 0, 0, 1]
