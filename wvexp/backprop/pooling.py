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
    if len(x_gradient) == 0:
        return
    for b in range(sentences):
        for f in range(filters):
            if winners[b, f] >= 0 and upstream[b, f] != 0:
                delta, weight = upstream[b, f], weights[f]
                begin = winners[b, f] * d
                words_gradient = x_gradient[begin : begin + span]
                for i in range(span):
                    words_gradient[i] += delta * weight[i]


max_over_time = compiled(_max_over_time)
add_winners = compiled(_add_winners)
