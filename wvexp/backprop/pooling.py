"""Max over time of a convolution's scores (Kim 2014, section 2), forward and backward, compiled.

A filter's score of a sentence is its largest score over the sentence's places, and at least 0
(ReLU). So each sentence and filter has one winning place, or none, and the gradient of the filter
and of the words passes through the winners alone: B * F places instead of every place of the text.
"""

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled


def _max_over_time(
    scores: Array,
    rows: NDArray[np.int64],
    begins: NDArray[np.int64],
    counts: NDArray[np.int64],
    pooled: Array,
    winners: NDArray[np.int64],
) -> None:
    """Fill `pooled` [B, F] and `winners` [B, F] from `scores` [rows, F].

    Sentence b has counts[b] spans, which begin at the places begins[b], begins[b] + 1, ... of the
    text and whose scores stand in the rows rows[b], rows[b] + 1, ... Of equal places the first
    wins; the winner is -1 where no score is above 0, for there ReLU has no gradient.
    """
    sentences, filters = pooled.shape
    for b in range(sentences):
        best, winner = pooled[b], winners[b]
        for f in range(filters):
            best[f] = 0
            winner[f] = -1
        for k in range(counts[b]):
            row, place = scores[rows[b] + k], begins[b] + k
            # Both are written whichever is larger: for SIMD.
            for f in range(filters):
                larger = row[f] > best[f]
                best[f] = row[f] if larger else best[f]
                winner[f] = place if larger else winner[f]


@compiled
def _add_to_words(
    upstream: Array, winners: NDArray[np.int64], weights: Array, x_gradient: Array, d: int
) -> None:
    """The last part of `add_winners`: the gradient of the words."""
    sentences, filters = upstream.shape
    span = weights.shape[1]
    # The filters that one place wins: the first of each place [T], the next after each filter.
    leads, follows = np.full(len(x_gradient) // d, -1), np.empty(filters, np.int64)
    chain = np.empty(filters, np.int64)
    for b in range(sentences):
        for f in range(filters - 1, -1, -1):
            if winners[b, f] >= 0 and upstream[b, f] != 0:
                follows[f], leads[winners[b, f]] = leads[winners[b, f]], f
        for first in range(filters):
            place = winners[b, first]
            if place < 0 or leads[place] < 0:  # none, or one that had its turn
                continue
            count, f, leads[place] = 0, leads[place], -1
            while f >= 0:
                chain[count], f = f, follows[f]
                count += 1
            gradient = x_gradient[place * d : place * d + span]
            fours = count - count % 4
            # Four filters at once, as in `add_winners`.
            for k in range(0, fours, 4):
                f_1, f_2, f_3, f_4 = chain[k], chain[k + 1], chain[k + 2], chain[k + 3]
                d_1, d_2 = upstream[b, f_1], upstream[b, f_2]
                d_3, d_4 = upstream[b, f_3], upstream[b, f_4]
                w_1, w_2, w_3, w_4 = weights[f_1], weights[f_2], weights[f_3], weights[f_4]
                for i in range(span):
                    gradient[i] = (
                        gradient[i] + d_1 * w_1[i] + d_2 * w_2[i] + d_3 * w_3[i] + d_4 * w_4[i]
                    )
            for k in range(fours, count):
                delta, weight = upstream[b, chain[k]], weights[chain[k]]
                for i in range(span):
                    gradient[i] += delta * weight[i]


def _add_winners(
    upstream: Array,
    winners: NDArray[np.int64],
    x: Array,
    weights: Array,
    weights_gradient: Array,
    bias_gradient: Array,
    x_gradient: Array,
    d: int,
) -> None:
    """Add the gradients of `weights` [F, w * d], of the bias [F] and of the words `x` [T * d].

    `upstream` [B, F] is d loss / d pooled. The span that begins at place t is
    x[t * d : (t + w) * d]. `x_gradient` of length 0 says that the words do not move.
    """
    sentences, filters = upstream.shape
    span = weights.shape[1]
    deltas, begins = np.empty(sentences, upstream.dtype), np.empty(sentences, np.int64)
    # A filter at a time, and then a sentence at a time: what is added to stays in L1.
    for f in range(filters):
        count = 0
        for b in range(sentences):
            if winners[b, f] >= 0 and upstream[b, f] != 0:  # dropout makes many of them 0
                deltas[count], begins[count] = upstream[b, f], winners[b, f] * d
                bias_gradient[f] += upstream[b, f]
                count += 1
        gradient = weights_gradient[f]
        fours = count - count % 4
        # Four sentences at once, added in their order: the sum is read and written once for them.
        for k in range(0, fours, 4):
            d_1, d_2, d_3, d_4 = deltas[k], deltas[k + 1], deltas[k + 2], deltas[k + 3]
            x_1 = x[begins[k] : begins[k] + span]
            x_2 = x[begins[k + 1] : begins[k + 1] + span]
            x_3 = x[begins[k + 2] : begins[k + 2] + span]
            x_4 = x[begins[k + 3] : begins[k + 3] + span]
            for i in range(span):
                gradient[i] = (
                    gradient[i] + d_1 * x_1[i] + d_2 * x_2[i] + d_3 * x_3[i] + d_4 * x_4[i]
                )
        for k in range(fours, count):
            delta, words = deltas[k], x[begins[k] : begins[k] + span]
            for i in range(span):
                gradient[i] += delta * words[i]
    if len(x_gradient):
        _add_to_words(upstream, winners, weights, x_gradient, d)


max_over_time = compiled(_max_over_time)
add_winners = compiled(_add_winners)
