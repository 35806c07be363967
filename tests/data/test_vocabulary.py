"""The vocabulary of a subset, counted piece by piece, against a plain count."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data import vocabulary
from wvexp.data.split import Split
from wvexp.data.vocabulary import Vocabulary

LEXICON = 12


@given(st.lists(st.integers(0, LEXICON - 1), min_size=1, max_size=40), st.integers(1, 50))
def test_words_come_in_order_of_first_occurrence_with_their_counts(words, piece):
    tokens = np.array(words, dtype=np.int32)
    offsets = np.array([0, len(words)])
    split = Split("sentence", tokens, offsets, np.zeros(1, dtype=np.int32))
    before, vocabulary._PIECE = vocabulary._PIECE, piece
    try:
        found = Vocabulary.from_subset(split, LEXICON)
    finally:
        vocabulary._PIECE = before
    counted = Counter(words)  # keeps the order of first occurrence
    assert found.word_ids.tolist() == list(counted)
    assert found.counts.tolist() == [0, 0, *counted.values()]
    assert len(found) == 2 + len(counted)
