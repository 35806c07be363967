"""Row gradients against a plain loop, also for words far more frequent than others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.backprop.rows import WordRows


@given(st.integers(0, 2**32), st.integers(0, 200), st.sampled_from([1.1, 2.0, 4.0]))
def test_gradient_is_the_sum_over_occurrences_plus_the_penalty_once(seed, tokens, exponent):
    rng = np.random.default_rng(seed)
    V, d = 12, 3
    E, initial = rng.normal(size=(V, d)), rng.normal(size=(V, d))
    movable = rng.random(V) < 0.7
    movable[0] = False
    words = np.minimum(rng.zipf(exponent, size=tokens) - 1, V - 1)  # some fill half the batch
    d_vectors = rng.normal(size=(tokens, d))
    rows = WordRows(E, movable, l2=0.3, anchor=0.2, initial=initial)
    expected, penalty = np.zeros((V, d)), 0.0
    for word, vector in zip(words, d_vectors, strict=True):
        if movable[word]:
            expected[word] += vector
    for word in set(words.tolist()):
        if movable[word]:
            moved = E[word] - initial[word]
            expected[word] += 0.3 * E[word] + 0.2 * moved
            penalty += 0.15 * E[word] @ E[word] + 0.1 * moved @ moved
    found = rows.gradient(words, d_vectors)
    assert found.rows.tolist() == sorted({int(w) for w in words if movable[w]})
    np.testing.assert_allclose(found.dense(V), expected, rtol=1e-10, atol=1e-12)
    assert rows.penalty(words) == pytest.approx(penalty, rel=1e-10)
