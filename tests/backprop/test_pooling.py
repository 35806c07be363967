"""Max over time against a plain loop over sentences and filters, without torch."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wvexp.backprop.pooling import add_winners, max_over_time

D = 2


def plainly(scores, begins, counts):
    """Each filter's largest score of each sentence and the first place that has it; -1 below 0."""
    pooled = np.zeros((len(counts), scores.shape[1]))
    winners = np.full(pooled.shape, -1)
    for b, f in np.ndindex(pooled.shape):
        of_sentence = scores[begins[b] : begins[b] + counts[b], f]
        if of_sentence.max(initial=0) > 0:
            pooled[b, f] = of_sentence.max()
            winners[b, f] = begins[b] + np.flatnonzero(of_sentence == pooled[b, f])[0]
    return pooled, winners


def pooled_by_hand(scores, begins, counts, gap=0):
    """Of spans that stand at one place after another; sentence b's scores `gap * b` rows later."""
    pooled = np.full((len(counts), scores.shape[1]), np.nan)
    winners = np.full(pooled.shape, 99)
    begins = np.array(begins)
    rows = begins + gap * np.arange(len(begins))
    max_over_time(scores, rows, begins, np.array(counts), pooled, winners)
    return pooled, winners


@settings(deadline=None)
@example(seed=0, counts=[3, 1], filters=2)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 5), max_size=5), st.integers(1, 4))
def test_the_first_of_the_largest_scores_above_zero_wins(seed, counts, filters):
    rng = np.random.default_rng(seed)
    begins = np.cumsum([1, *counts])[:-1]
    # Of so few values, that zeros and ties abound.
    scores = rng.integers(-1, 3, size=(sum(counts) + 2, filters)).astype(float)
    expected, winners = plainly(scores, begins, counts)
    found = pooled_by_hand(scores, begins, np.array(counts, dtype=np.int64))
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_array_equal(found[1], winners)


def test_scores_may_stand_in_other_rows_than_their_spans_in_the_text():
    scores = np.array([[9.0], [1.0], [2.0], [9.0], [9.0], [3.0], [4.0], [9.0]])
    pooled, winners = pooled_by_hand(scores, [1, 3], [2, 2], gap=2)
    assert (pooled.tolist(), winners.tolist()) == ([[2], [4]], [[2], [4]])


@pytest.mark.parametrize("sentences", [*range(1, 10)])
def test_sentences_in_fours_and_those_left_add_up_and_zeros_of_dropout_add_nothing(sentences):
    rng = np.random.default_rng(sentences)
    x, weights = rng.normal(size=2 * sentences * D), rng.normal(size=(2, D))
    winners = rng.permutation(2 * sentences).reshape(sentences, 2)
    upstream = rng.normal(size=(sentences, 2)) * (rng.random((sentences, 2)) < 0.7)
    d_weights, d_bias, d_x = np.zeros_like(weights), np.zeros(2), np.zeros_like(x)
    add_winners(upstream, winners, x, weights, d_weights, d_bias, d_x, D)
    words = x.reshape(-1, D)
    np.testing.assert_allclose(d_weights, np.einsum("bf,bfi->fi", upstream, words[winners]))
    np.testing.assert_allclose(d_bias, upstream.sum(axis=0))
    expected = np.zeros_like(words)
    expected[winners] = upstream[..., None] * weights
    np.testing.assert_allclose(d_x.reshape(-1, D), expected)


def test_each_place_of_a_sentence_can_win_and_none_outside_it():
    for winner in range(6):
        scores = np.full((6, 1), 0.5)
        scores[winner] = 1.0
        pooled, winners = pooled_by_hand(scores, [2], [3])
        inside = 2 <= winner < 5
        assert pooled.tolist() == [[1.0 if inside else 0.5]]
        assert winners.tolist() == [[winner if inside else 2]]


def test_ties_go_to_the_first_place_and_a_score_of_zero_to_none():
    assert pooled_by_hand(np.array([[2.0], [2.0]]), [0], [2])[1].tolist() == [[0]]
    pooled, winners = pooled_by_hand(np.array([[0.0], [-1.0]]), [0], [2])
    assert (pooled.tolist(), winners.tolist()) == ([[0]], [[-1]])


def test_a_text_of_one_number_moves():
    d_weights, d_bias, d_x = np.zeros((1, 1)), np.zeros(1), np.zeros(1)
    one = np.ones((1, 1))
    add_winners(one, np.zeros((1, 1), int), 3 * one[0], 2 * one, d_weights, d_bias, d_x, 1)
    assert (d_weights.tolist(), d_bias.tolist(), d_x.tolist()) == ([[3]], [1], [2])


@settings(deadline=None)
@given(
    st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.integers(1, 12)
)
def test_gradients_sum_over_sentences_filters_and_spans_that_overlap(
    seed, sentences, width, moves, filters
):
    rng = np.random.default_rng(seed)
    places = 4  # fewer than filters may be: then several win at one
    x = rng.normal(size=(places + width - 1) * D)
    weights = rng.normal(size=(filters, width * D))
    upstream = rng.normal(size=(sentences, filters))
    winners = rng.integers(-1, places, size=(sentences, filters))
    # What is there already stays: the gradients are added to it.
    d_weights, d_bias = rng.normal(size=weights.shape), rng.normal(size=filters)
    d_x = rng.normal(size=len(x) if moves else 0)
    expected = d_weights.copy(), d_bias.copy(), d_x.copy()
    for (b, f), winner in np.ndenumerate(winners):
        if winner >= 0:
            span = slice(winner * D, (winner + width) * D)
            expected[0][f] += upstream[b, f] * x[span]
            expected[1][f] += upstream[b, f]
            if moves:
                expected[2][span] += upstream[b, f] * weights[f]
    add_winners(upstream, winners, x, weights, d_weights, d_bias, d_x, D)
    for found, wanted in zip((d_weights, d_bias, d_x), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
