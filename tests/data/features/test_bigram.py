"""Hashed pairs of neighbours: numbers as a plain loop gives them, no pair across sentences."""

import zlib
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.features import BIGRAM, Bigram

MASK = 2**64 - 1
FORMS = ["the", "cat", "", "🙂", "é", "Cat"]
SENTENCES = st.lists(st.lists(st.integers(0, len(FORMS) - 1), max_size=5), max_size=6)


def plainly(before, word, buckets):
    """In Python's own integers, which never overflow."""
    first = 1 << 32 if before is None else zlib.crc32(before.encode())
    key = (first * 0x9E3779B97F4A7C15 + zlib.crc32(word.encode())) & MASK
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        key = ((key ^ key >> 33) * factor) & MASK
    return (key ^ key >> 33) % buckets


def ids_of(feature, sentences, forms=FORMS):
    words = np.array([w for sentence in sentences for w in sentence], dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sentences])]).astype(np.int64)
    return feature.of_tokens(feature.of_forms(forms), words, offsets)


@given(SENTENCES, st.sampled_from([1, 13, 2**15]))
def test_ids_equal_the_plain_loop(sentences, buckets):
    expected = [
        [plainly(FORMS[sentence[i - 1]] if i else None, FORMS[word], buckets)]
        for sentence in sentences
        for i, word in enumerate(sentence)
    ]
    ids = ids_of(Bigram(buckets), sentences)
    assert ids.dtype == np.int32
    assert ids.shape == (sum(map(len, sentences)), 1)
    assert ids.tolist() == expected


@given(SENTENCES, SENTENCES)
def test_a_sentence_has_the_same_ids_wherever_it_stands(before, sentences):
    alone, after = ids_of(BIGRAM, sentences), ids_of(BIGRAM, [*before, *sentences])
    np.testing.assert_array_equal(after[len(after) - len(alone) :], alone)


def test_the_order_of_a_pair_and_the_start_of_a_sentence_tell():
    [start_a], [ab], [start_b], [ba] = ids_of(BIGRAM, [[0, 1], [1, 0]]).tolist()
    assert len({start_a, ab, start_b, ba}) == 4


def test_ids_do_not_depend_on_the_numbers_of_the_forms():
    np.testing.assert_array_equal(
        ids_of(BIGRAM, [[0, 1, 5]]), ids_of(BIGRAM, [[2, 0, 1]], ["cat", "Cat", "the"])
    )


def test_pairs_spread_over_all_buckets():
    """As of throws at random: 40,000 pairs into 1,000 buckets, 40 each by a deviation of 6.3."""
    forms = [f"w{i}" for i in range(200)]
    sentences = [[a, b] for a in range(200) for b in range(200)]
    ids = ids_of(Bigram(1000), sentences, forms)[1::2, 0]
    counts = Counter(ids.tolist())
    assert len(counts) == 1000
    assert max(counts.values()) < 40 + 6 * 6.3
    assert abs(np.std(list(counts.values())) - 6.3) < 1
