"""Row gradients against a plain loop, also for words far more frequent than others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.backprop.rows import WordRows


@settings(deadline=None)  # the first call compiles
@given(st.integers(0, 2**32), st.integers(0, 200), st.sampled_from([1.1, 2.0, 4.0]))
def test_gradient_is_the_sum_over_occurrences_plus_the_penalty_once(seed, tokens, exponent):
    rng = np.random.default_rng(seed)
    V, d = 12, 3
    E, initial = rng.normal(size=(V, d)), rng.normal(size=(V, d))
    trainable = rng.random(V) < 0.7
    trainable[0] = False
    words = np.minimum(rng.zipf(exponent, size=tokens) - 1, V - 1)  # some fill half the batch
    d_vectors = rng.normal(size=(tokens, d))
    rows = WordRows(E, trainable, l2=0.3, anchor=0.2, initial=initial)
    expected, penalty = np.zeros((V, d)), 0.0
    for word, vector in zip(words, d_vectors, strict=True):
        if trainable[word]:
            expected[word] += vector
    for word in set(words.tolist()):
        if trainable[word]:
            moved = E[word] - initial[word]
            expected[word] += 0.3 * E[word] + 0.2 * moved
            penalty += 0.15 * E[word] @ E[word] + 0.1 * moved @ moved
    found = rows.gradient(words, d_vectors)
    assert found.rows.tolist() == sorted({int(w) for w in words if trainable[w]})
    np.testing.assert_allclose(found.dense(V), expected, rtol=1e-10, atol=1e-12)
    assert rows.penalty(words) == pytest.approx(penalty, rel=1e-10)


@pytest.mark.parametrize(("l2", "anchor"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
def test_each_penalty_counts_without_the_other(l2, anchor):
    E, initial = np.array([[0.0], [3.0]]), np.array([[0.0], [1.0]])
    rows = WordRows(E, np.array([False, True]), l2, anchor, initial)
    assert rows.penalty(np.array([1])) == pytest.approx(l2 / 2 * 9 + anchor / 2 * 4)
    gradient = rows.gradient(np.array([1]), np.array([[5.0]]))
    assert gradient.values == pytest.approx(5 + l2 * 3 + anchor * 2)


def test_what_does_not_fit_is_named_in_full():
    E = np.ones((3, 2))
    with pytest.raises(ValueError, match="trainable") as caught:
        WordRows(E, np.ones(3, dtype=bool))
    assert str(caught.value) == (
        "trainable has shape (3,) and PAD [ True]; expected (3,) and False at PAD"
    )
    with pytest.raises(ValueError, match="anchor") as caught:
        WordRows(E, anchor=0.1, initial=np.ones((2, 2)))
    assert str(caught.value) == "anchor=0.1 needs initial rows of shape (3, 2), got (2, 2)"
