"""Counting the moves of labelled sentences."""

import numpy as np
from numpy.testing import assert_array_equal

from wvexp.backprop.moves import all_moves, count_moves
from wvexp.seeds import stream


def test_moves_are_counted_within_sentences():
    for seed in range(30):
        rng = stream(seed, "moves")
        K = int(rng.integers(1, 5))
        offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 4, size=rng.integers(0, 7)))])
        labels = rng.integers(K, size=offsets[-1]).astype(np.int32)
        transitions, start, end = np.zeros((K, K), int), np.zeros(K, int), np.zeros(K, int)
        for i in range(len(offsets) - 1):
            own = labels[offsets[i] : offsets[i + 1]]
            for t, label in enumerate(own):
                if t == 0:
                    start[label] += 1
                else:
                    transitions[own[t - 1], label] += 1
                if t == len(own) - 1:
                    end[label] += 1
        found = count_moves(labels, offsets, K)
        assert_array_equal(found.transitions, transitions)
        assert_array_equal(found.start, start)
        assert_array_equal(found.end, end)


def test_all_moves_are_all():
    moves = all_moves(3)
    assert [array.shape for array in moves] == [(3, 3), (3,), (3,)]
    assert all(array.dtype == bool and array.all() for array in moves)
