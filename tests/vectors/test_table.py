"""The embedding table of a run against a naive oracle that looks words up one by one."""

from itertools import pairwise

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.data.vocabulary import PAD, UNK, Vocabulary
from wvexp.vectors.initial import PRETRAINED, RANDOM, SHUFFLED
from wvexp.vectors.reference import match_lexicon
from wvexp.vectors.table import Origin, build_table, coverage

LEXICON = ["the", "The", "TV", "tv", "sofa", "Sofa", "zap", "ZAP", "blorp", "glim"]
KNOWN = ["the", "TV", "tv", "sofa", "zap"]


def split_of(words, task="token"):
    words = np.array(words, dtype=np.int32)
    return Split(task, words, np.array([0, len(words)]), np.zeros(len(words), dtype=np.int32))


@pytest.fixture(scope="module")
def keyed():
    vectors = KeyedVectors(4)
    rng = np.random.default_rng(0)
    vectors.add_vectors(KNOWN, rng.normal(size=(len(KNOWN), 4)).astype(np.float32))
    return vectors


def table_of(keyed, words, kind=PRETRAINED.start, seed=0):
    reference = match_lexicon(keyed, LEXICON, np.arange(len(LEXICON)))
    vocabulary = Vocabulary.from_subset(split_of(words), len(LEXICON))
    return build_table(LEXICON, vocabulary, kind(reference, seed)), vocabulary


words = st.lists(st.integers(0, len(LEXICON) - 1), min_size=1, max_size=30)


@settings(deadline=None)
@given(subset=words)
def test_rows_agree_with_a_lookup_word_by_word(keyed, subset):
    table, vocabulary = table_of(keyed, subset)
    trained = set(subset)
    assert table.trained == len(vocabulary)
    assert not table.rows[PAD].any()
    assert (table.origin[PAD], table.origin[UNK]) == (Origin.PAD, Origin.UNK)
    used = set()
    for i, word in enumerate(LEXICON):
        row = table.row_of[i]
        form = next((form for form in (word, word.lower()) if form in keyed), None)
        if i not in trained and form is None:
            assert row == UNK
            continue
        assert row not in used, "two word forms share a row"
        used.add(row)
        assert table.forms[row] == word
        assert (row < table.trained) == (i in trained)
        if form is None:
            assert table.origin[row] == Origin.RANDOM
        else:
            assert table.origin[row] == Origin.PRETRAINED
            assert np.array_equal(table.rows[row], keyed[form])
    assert used == set(range(2, len(table.rows)))


@settings(deadline=None)
@given(subset=words, more=words, seed=st.integers(0, 3))
def test_a_word_keeps_its_row_and_its_start_when_the_training_size_grows(keyed, subset, more, seed):
    for kind in (PRETRAINED.start, RANDOM.start, SHUFFLED.start):
        small, _ = table_of(keyed, subset, kind, seed)
        large, _ = table_of(keyed, subset + more, kind, seed)
        assert np.array_equal(small.rows[: small.trained], large.rows[: small.trained])
        assert small.forms[: small.trained] == large.forms[: small.trained]


def test_arms_share_the_random_rows_of_words_without_a_vector(keyed):
    subset = list(range(len(LEXICON)))
    pretrained, _ = table_of(keyed, subset)
    random, _ = table_of(keyed, subset, RANDOM.start)
    drawn = pretrained.origin == Origin.RANDOM
    assert drawn.any()
    assert np.array_equal(pretrained.rows[drawn], random.rows[drawn])
    assert set(random.origin[2:]) == {Origin.RANDOM}


def test_a_random_arm_reads_no_pretrained_vector_at_evaluation(keyed):
    for kind in (RANDOM.start, lambda reference, seed: RANDOM.without_vectors(10, 4, seed)):
        table, vocabulary = table_of(keyed, [0], kind)
        assert len(table.rows) == len(vocabulary) == 3
        assert (table.row_of[1:] == UNK).all()


def test_two_forms_that_start_alike_have_rows_of_their_own(keyed):
    table, _ = table_of(keyed, [0, 1])  # "the" and "The", both from "the"
    first, second = table.row_of[:2]
    assert first != second
    assert np.array_equal(table.rows[first], table.rows[second])


def test_unknown_starts_from_the_centre(keyed):
    reference = match_lexicon(keyed, LEXICON, np.arange(len(LEXICON)))
    table, _ = table_of(keyed, [0])
    assert np.array_equal(table.rows[UNK], reference.mean)


def test_coverage_counts_types_once_and_tokens_each_time(keyed):
    reference = match_lexicon(keyed, LEXICON, np.arange(len(LEXICON)))
    share = coverage(reference, split_of([0, 0, 0, 8, 9, 4]))
    assert (share.types, share.tokens) == (2 / 4, 4 / 6)


def test_nested_subsets_of_a_corpus_have_nested_rows(keyed):
    rng = np.random.default_rng(4)
    ids = rng.integers(0, len(LEXICON), 200).astype(np.int32)
    offsets = np.arange(0, 201, 5)
    train = Split("token", ids, offsets, np.zeros(200, dtype=np.int32))
    corpus = Corpus("c", LEXICON, ["a", "b"], train, train, train)
    tables = []
    for size in (10, 40, 200):
        subset = corpus.training_subset(size, seed=7)
        tables.append(table_of(keyed, subset.word_ids.tolist(), RANDOM.start, seed=7)[0])
    for small, large in pairwise(tables):
        assert np.array_equal(small.rows, large.rows[: len(small.rows)])
