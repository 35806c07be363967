"""idf and sif against plain counts over the sentences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.backprop.mean_encoder import GIVEN
from wvexp.data.word_weights import WORD_WEIGHTS

SIZE = 9


def plain_idf(sentences, row):
    having = sum(row in sentence for sentence in sentences)
    return math.log((1 + len(sentences)) / (1 + having)) + 1


def plain_sif(sentences, row):
    words = [word for sentence in sentences for word in sentence]
    return 0.001 / (0.001 + (words.count(row) / len(words) if words else 0))


def weights_of(name, sentences):
    rows = np.array([word for sentence in sentences for word in sentence], dtype=np.int32)
    offsets = np.cumsum([0, *map(len, sentences)])
    return WORD_WEIGHTS[name](rows, offsets, SIZE)


@pytest.mark.parametrize(("name", "plain"), [("idf", plain_idf), ("sif", plain_sif)])
@given(st.lists(st.lists(st.integers(0, SIZE - 3), max_size=6), max_size=6))
def test_weights_are_those_of_plain_counts(name, plain, sentences):
    found = weights_of(name, sentences)
    assert found.dtype == np.float32
    assert found.shape == (SIZE,)
    np.testing.assert_allclose(found, [plain(sentences, row) for row in range(SIZE)], rtol=1e-6)


def test_a_word_that_training_lacks_weighs_as_one_that_occurs_0_times():
    sentences = [[2, 3, 3], [2]]
    assert weights_of("idf", sentences)[[2, 7]] == pytest.approx([1, math.log(3) + 1])
    assert weights_of("sif", sentences)[[3, 7]] == pytest.approx([0.001 / 0.501, 1])


def test_sentences_and_words_count_not_sentences_alone():
    """Twice in one sentence is one sentence and two words."""
    assert weights_of("idf", [[4, 4], [5]])[4] == weights_of("idf", [[4], [5]])[4]
    assert weights_of("sif", [[4, 4], [5]])[4] < weights_of("sif", [[4], [5]])[4]


def test_every_weight_that_the_encoder_must_be_given_can_be_computed():
    assert set(GIVEN) == set(WORD_WEIGHTS)
