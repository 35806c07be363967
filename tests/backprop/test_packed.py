"""Packed places against torch's packed sequences and their own promise."""

from itertools import pairwise

import numpy as np
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from wvexp.backprop.packed import pack


@example([])
@example([0, 0])
@example([0, 3, 1, 0, 3])
@given(st.lists(st.integers(0, 6), max_size=8))
def test_layout_is_that_of_a_packed_sequence(lengths):
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    packed = pack(offsets)
    tokens = np.arange(offsets[-1])
    np.testing.assert_array_equal(packed.unpack(packed.order), tokens)
    sentences = np.repeat(np.arange(len(lengths)), lengths)
    np.testing.assert_array_equal(packed.sentences, sentences[packed.order])
    starts, counts = packed.steps(reverse=True)
    np.testing.assert_array_equal(starts[::-1], packed.starts)
    np.testing.assert_array_equal(counts[::-1], packed.counts)
    filled = [torch.tensor(tokens[s:e]) for s, e in pairwise(offsets) if s < e]
    if filled:
        expected = pack_sequence(filled, enforce_sorted=False)
        np.testing.assert_array_equal(packed.counts, expected.batch_sizes)
        # Sentences of one length may stand in either order, the same at every step.
        for start, count in zip(packed.starts, packed.counts, strict=True):
            places = slice(start, start + count)
            assert set(packed.order[places]) == set(expected.data[places].tolist())
            np.testing.assert_array_equal(packed.sentences[places], packed.sentences[:count])
    else:
        assert len(packed.order) == len(packed.starts) == len(packed.counts) == 0


def test_sentences_of_one_length_keep_their_order():
    assert pack(np.array([0, 1, 3, 5])).sentences.tolist() == [1, 2, 0, 1, 2]
