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
    begins: NDArray[np.int64],
    counts: NDArray[np.int64],
    pooled: Array,
    winners: NDArray[np.int64],
) -> None:
    """Fill `pooled` [B, F] and `winners` [B, F] from `scores` [places, F].

    Sentence b has the places begins[b] to begins[b] + counts[b]. Of equal places the first wins;
    the winner is -1 where no score is above 0, for there ReLU has no gradient.
    """
    sentences, filters = pooled.shape
    for b in range(sentences):
        for f in range(filters):
            pooled[b, f] = 0
            winners[b, f] = -1
        for place in range(begins[b], begins[b] + counts[b]):
            for f in range(filters):
                if scores[place, f] > pooled[b, f]:
                    pooled[b, f] = scores[place, f]
                    winners[b, f] = place


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
    moving = len(x_gradient) > 0
    for b in range(sentences):
        for f in range(filters):
            if winners[b, f] < 0:
                continue
            delta = upstream[b, f]
            begin = winners[b, f] * d
            words = x[begin : begin + span]
            bias_gradient[f] += delta
            for i in range(span):
                weights_gradient[f, i] += delta * words[i]
            if moving:
                words_gradient = x_gradient[begin : begin + span]
                for i in range(span):
                    words_gradient[i] += delta * weights[f, i]


max_over_time = compiled(_max_over_time)
add_winners = compiled(_add_winners)
