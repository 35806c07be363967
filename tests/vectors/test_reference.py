"""Matching a lexicon to vectors: exact, then lower-cased, against a naive oracle."""

import numpy as np
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.vectors.reference import match_lexicon, wanted_words

WORDS = ["a", "A", "ab", "Ab", "AB", "é", "É", "tv", "TV", "Tv"]


def keyed_vectors(words, dim=3):
    keyed = KeyedVectors(dim)
    rng = np.random.default_rng(0)
    keyed.add_vectors(list(words), rng.normal(size=(len(words), dim)).astype(np.float32))
    return keyed


def naive_vector(keyed, word):
    for form in (word, word.lower()):
        if form in keyed:
            return keyed[form]
    return None


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), unique=True, min_size=1),
    st.lists(st.sampled_from(WORDS), unique=True, min_size=1),
    st.data(),
)
def test_every_word_finds_what_the_oracle_finds(known, lexicon, data):
    keyed = keyed_vectors(known)
    training = data.draw(st.lists(st.integers(0, len(lexicon) - 1), min_size=1))
    reference = match_lexicon(keyed, lexicon, np.array(training))
    for place, word in zip(reference.index, lexicon, strict=True):
        expected = naive_vector(keyed, word)
        if expected is None:
            assert place == -1
        else:
            assert np.array_equal(reference.matrix[place], expected)
    vectors = [naive_vector(keyed, lexicon[i]) for i in sorted(set(training))]
    vectors = np.array([v for v in vectors if v is not None], dtype=np.float64)
    if len(vectors) >= 2:
        # each training word once, however often it occurs
        np.testing.assert_allclose(reference.mean, vectors.mean(0), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(reference.spread, vectors.std(0), rtol=1e-5, atol=1e-7)


def test_an_exact_match_wins_over_the_lower_cased_one():
    keyed = keyed_vectors(["paris", "Paris"])
    reference = match_lexicon(keyed, ["Paris", "PARIS", "Rome"], np.array([0]))
    assert np.array_equal(reference.matrix[reference.index[0]], keyed["Paris"])
    assert np.array_equal(reference.matrix[reference.index[1]], keyed["paris"])
    assert reference.index[2] == -1


def test_wanted_words_are_enough_for_every_match():
    lexicon = ["Paris", "TV", "sofa"]
    everything = keyed_vectors(["paris", "Paris", "tv", "sofa", "other"])
    wanted = wanted_words(lexicon)
    filtered = keyed_vectors([w for w in everything.index_to_key if w in wanted])
    training = np.array([0, 1, 2])
    found = match_lexicon(everything, lexicon, training).index >= 0
    assert np.array_equal(found, match_lexicon(filtered, lexicon, training).index >= 0)
    assert "other" not in wanted


def test_random_rows_owe_nothing_to_words_outside_training():
    keyed = keyed_vectors(["a", "b", "c", "far"])
    keyed.vectors[3] = 1e6
    lexicon = ["a", "b", "c", "far"]
    with_far = match_lexicon(keyed, lexicon, np.array([0, 1, 2]))
    without = match_lexicon(keyed, lexicon[:3], np.array([0, 1, 2]))
    assert np.array_equal(with_far.mean, without.mean)
    assert np.array_equal(with_far.spread, without.spread)


def test_the_fingerprint_is_that_of_the_content():
    keyed, lexicon, training = keyed_vectors(["a", "b"]), ["a", "b", "c"], np.array([0, 1])
    first = match_lexicon(keyed, lexicon, training).fingerprint
    assert match_lexicon(keyed_vectors(["a", "b"]), lexicon, training).fingerprint == first
    keyed.vectors[0, 0] += 1
    changed = match_lexicon(keyed, lexicon, training).fingerprint
    swapped = match_lexicon(keyed_vectors(["b", "a"]), lexicon, training).fingerprint
    assert len({first, changed, swapped}) == 3
