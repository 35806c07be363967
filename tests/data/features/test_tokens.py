"""Features of a split's tokens: of the words as typed, in columns, the same in every process."""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.corpus import Corpus
from wvexp.data.features import AFFIX, BIGRAM, CASE, FEATURES, TokenFeatures
from wvexp.data.features.case import SHAPES
from wvexp.data.split import Split
from wvexp.errors import UserError

LEXICON = ["The", "the", "Cat", "sat", "THE", "1984", "🙂", "É"]
SENTENCES = st.lists(st.lists(st.integers(0, len(LEXICON) - 1), max_size=5), max_size=6)


def make_corpus(sentences):
    words = np.array([w for sentence in sentences for w in sentence], dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sentences])]).astype(np.int64)
    split = Split("token", words, offsets, np.zeros(len(words), dtype=np.int32))
    return Corpus("toy", LEXICON, ["a", "b"], split, split, split)


def ids_of(corpus, names):
    return TokenFeatures(names, corpus.lexicon, corpus.typed).ids(corpus.train)


@given(SENTENCES)
def test_casing_and_affixes_are_those_of_the_words_as_typed(sentences):
    corpus = make_corpus(sentences)
    lowered = corpus.lowercased()
    names = [CASE.name, AFFIX.name]
    np.testing.assert_array_equal(ids_of(lowered, names), ids_of(corpus, names))


def test_capitals_are_seen_in_text_that_is_read_in_lower_case():
    lowered = make_corpus([[0, 1, 4], [5, 6, 7]]).lowercased()
    assert [lowered.lexicon[word] for word in lowered.train.word_ids[:3]] == ["the"] * 3
    shapes = ids_of(lowered, [CASE.name])[:, 0]
    expected = ["initial", "lower", "upper", "digits", "symbol", "initial"]
    assert [SHAPES[shape] for shape in shapes] == expected


def test_pairs_are_those_of_the_words_as_read():
    """A word at the start of a sentence makes the same pair as within one."""
    lowered = make_corpus([[5, 0, 2], [5, 1, 2], [5, 4, 2]]).lowercased()
    rows = ids_of(lowered, [BIGRAM.name]).reshape(3, 3).tolist()
    assert rows[0] == rows[1] == rows[2]


@given(SENTENCES, st.permutations([CASE.name, AFFIX.name, BIGRAM.name]))
def test_columns_are_the_plain_loops_feature_by_feature(sentences, names):
    corpus = make_corpus(sentences).lowercased()
    assert corpus.typed is not None
    assert corpus.train.typed is not None
    expected = []
    for start, end in pairwise(corpus.train.offsets.tolist()):
        for t in range(start, end):
            row = []
            for name in names:
                feature, before = FEATURES[name], [t - 1] if t > start else []
                forms, ids = corpus.lexicon, corpus.train.word_ids
                if feature.typed:
                    forms, ids = corpus.typed, corpus.train.typed
                pair = [forms[ids[place]] for place in [*before, t]]
                words = np.arange(len(pair), dtype=np.int32)
                of_forms = feature.of_forms(pair)
                row += feature.of_tokens(of_forms, words, np.array([0, len(pair)]))[-1].tolist()
            expected.append(row)
    features = TokenFeatures(names, corpus.lexicon, corpus.typed)
    assert list(features.slots) == names
    ids = features.ids(corpus.train)
    assert ids.dtype == np.int32
    assert ids.shape == (corpus.train.tokens, sum(features.slots.values()))
    assert ids.tolist() == expected
    first = 0
    for name, slots in features.slots.items():
        columns = ids[:, first : first + slots]
        assert np.all((columns >= 0) & (columns < FEATURES[name].rows))
        first += slots


def test_ids_of_a_part_are_the_part_of_the_ids():
    corpus = make_corpus([[0, 1, 4], [2], [5, 6]]).lowercased()
    features = TokenFeatures(FEATURES.names, corpus.lexicon, corpus.typed)
    whole = features.ids(corpus.train)
    part = features.ids(corpus.train.take(np.array([2, 0])))
    np.testing.assert_array_equal(part, whole[[4, 5, 0, 1, 2]])
    none = TokenFeatures([], corpus.lexicon, corpus.typed).ids(corpus.train)
    assert none.shape == (6, 0)


def test_an_unknown_feature_is_refused_with_those_that_are_known():
    with pytest.raises(UserError, match=r"features=shape is unknown; known are .*\bcase\b"):
        TokenFeatures(["shape"], LEXICON, None)


PROGRAM = """
import numpy as np
from wvexp.data.features import FEATURES
forms = ["Running", "ab", "", "né", "🙂", "1984", "U.S."]
for feature in FEATURES:
    of_forms = feature.of_forms(forms)
    words = np.arange(len(forms), dtype=np.int32)
    print(feature.of_tokens(of_forms, words, np.array([0, 3, 7])).tolist())
"""


def test_every_process_gives_the_same_ids():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == len(FEATURES.names) > 0
