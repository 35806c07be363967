"""Batches of windows and sentences against loops, and words that stand in as UNK."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.data.vocabulary import PAD, UNK
from wvexp.models.view import View
from wvexp.training.examples import Examples

sentence_lists = st.lists(st.lists(st.integers(2, 30), max_size=7), min_size=1, max_size=8)


def examples_of(sentences, window=None):
    rows = np.array([row for sentence in sentences for row in sentence], dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sentences])]).astype(np.int64)
    labels = np.arange(len(sentences) if window is None else len(rows), dtype=np.int32)
    return Examples(rows, offsets, labels, View(window))


@settings(deadline=None)
@given(sentence_lists, st.sampled_from([1, 3, 5, 9]), st.randoms(use_true_random=False))
def test_windows_agree_with_padding_each_sentence(sentences, window, random):
    reach = window // 2
    expected = []
    for sentence in sentences:
        padded = [PAD] * reach + sentence + [PAD] * reach
        expected += [padded[at : at + window] for at in range(len(sentence))]
    examples = examples_of(sentences, window)
    order = list(range(len(expected)))
    random.shuffle(order)
    (windows,) = examples.inputs(np.array(order, dtype=np.int64))
    assert windows.tolist() == [expected[i] for i in order]
    assert windows.dtype == np.int32


@settings(deadline=None)
@given(sentence_lists, st.data())
def test_sentences_are_taken_in_the_order_asked_for(sentences, data):
    order = data.draw(st.lists(st.integers(0, len(sentences) - 1), min_size=1))
    rows, offsets = examples_of(sentences).inputs(np.array(order))
    taken = [rows[a:b].tolist() for a, b in pairwise(offsets)]
    assert taken == [sentences[i] for i in order]


@settings(deadline=None)
@given(sentence_lists, st.integers(1, 5), st.sampled_from([None, 3]))
def test_batches_go_through_the_order_once(sentences, batch_size, window):
    examples = examples_of(sentences, window)
    order = np.random.default_rng(0).permutation(len(examples))
    sizes, labels = [], []
    for inputs, batch_labels in examples.batches(batch_size, order):
        whole = examples.inputs(batch_labels)  # here a label is its example's number
        assert all(np.array_equal(a, b) for a, b in zip(inputs, whole, strict=True))
        sizes.append(len(batch_labels))
        labels += batch_labels.tolist()
    assert labels == order.tolist()
    assert all(size == batch_size for size in sizes[:-1])


def test_half_of_the_words_seen_once_become_unknown():
    n = 20_000
    rows = np.tile(np.arange(2, 6, dtype=np.int32), n)
    examples = Examples(rows, np.array([0, len(rows)]), rows, View(1))
    counts = np.array([0, 0, 1, 2, 1, 9])
    replaced = examples.with_unknown(counts, np.random.default_rng(0))
    changed = replaced != rows
    assert (replaced[changed] == UNK).all()
    assert set(rows[changed]) == {2, 4}
    share = changed[np.isin(rows, [2, 4])].mean()
    assert abs(share - 0.5) < 6 * 0.5 / (2 * n) ** 0.5
    assert np.array_equal(examples.rows, rows)


def test_the_unknown_draws_do_not_depend_on_the_counts():
    rows = np.arange(2, 52, dtype=np.int32)
    examples = Examples(rows, np.array([0, 50]), rows, View(1))
    once = np.ones(52, dtype=np.int64)
    some = np.where(np.arange(52) % 2, 1, 2)
    first = examples.with_unknown(once, np.random.default_rng(3)) == UNK
    second = examples.with_unknown(some, np.random.default_rng(3)) == UNK
    assert np.array_equal(second, first & (rows % 2 == 1))


@pytest.mark.parametrize("window", [None, 3])
def test_replaced_rows_are_what_the_model_reads(window):
    examples = examples_of([[2, 3], [4]], window)
    everything = np.arange(len(examples))
    rows, *_ = examples.inputs(everything, np.full(3, UNK, dtype=np.int32))
    assert set(np.unique(rows)) <= {PAD, UNK}
    assert UNK in rows
