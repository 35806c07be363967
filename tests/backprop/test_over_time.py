"""Pooling of states over time against a loop over sentences; equal states; empty sentences."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wvexp.backprop.gradcheck import numeric_gradient
from wvexp.backprop.over_time import POOLS

PLAINLY = {
    "last": lambda h: np.concatenate([h[-1, : h.shape[1] // 2], h[0, h.shape[1] // 2 :]]),
    "max": lambda h: h.max(axis=0),
    "mean": lambda h: h.mean(axis=0),
}


@pytest.mark.parametrize("name", POOLS)
@settings(deadline=None)
@example(lengths=[0], seed=0)
@example(lengths=[0, 0, 1, 0], seed=0)
@given(lengths=st.lists(st.integers(0, 4), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_values_and_gradients(name, lengths, seed):
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    h = rng.normal(size=(offsets[-1], 4))
    pool = POOLS[name]()
    expected = [
        PLAINLY[name](h[start:end]) if start < end else np.zeros(4)
        for start, end in pairwise(offsets)
    ]
    np.testing.assert_allclose(pool.forward(h, offsets), expected, rtol=1e-12)
    upstream = rng.normal(size=(len(lengths), 4))
    gradient = pool.backward(upstream)
    slopes = numeric_gradient(lambda h: np.vdot(upstream, pool.forward(h, offsets)), h)
    assert gradient.shape == h.shape
    np.testing.assert_allclose(np.where(slopes.kinked, 0, gradient - slopes.slope), 0, atol=1e-7)


def test_of_equal_states_the_first_has_the_gradient_and_states_below_zero_can_win():
    pool = POOLS["max"]()
    h = np.array([[-3.0, 1.0], [-2.0, 1.0], [-2.0, 0.0]])
    assert pool.forward(h, np.array([0, 3])).tolist() == [[-2, 1]]
    assert pool.backward(np.array([[5.0, 7.0]])).tolist() == [[0, 7], [5, 0], [0, 0]]


@pytest.mark.parametrize("name", POOLS)
def test_float32_stays_float32(name):
    pool = POOLS[name]()
    assert pool.forward(np.ones((3, 2), np.float32), np.array([0, 0, 3])).dtype == np.float32
    assert pool.backward(np.ones((2, 2), np.float32)).dtype == np.float32
