"""The loops of the mean encoder over flat sentences, compiled.

Sentence i of B is the words offsets[i] to offsets[i+1] - 1 of T, vectors of n numbers. `shares`
[kinds, T] has a row for the words and, with bigrams, one for the bigram that ends at each word.
"""

import numpy as np

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled


@compiled
def normalise(shares: Array, offsets: Array) -> None:
    """Weights [kinds, T] become shares of their sentence's sum; bigrams that are none become 0."""
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        total = shares.dtype.type(0)
        for k in range(len(shares)):
            if k and start < end:
                shares[k, start] = 0
            for t in range(start, end):
                total += shares[k, t]
        if total > 0:
            for k in range(len(shares)):
                for t in range(start, end):
                    shares[k, t] /= total


@compiled
def softmax(scores: Array, offsets: Array) -> None:
    """Scores [kinds, T] become their softmax over each sentence, words and bigrams together."""
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        if start == end:
            continue
        shift = scores[0, start]
        for k in range(len(scores)):
            for t in range(start + (k > 0), end):
                shift = max(shift, scores[k, t])
        total = scores.dtype.type(0)
        for k in range(len(scores)):
            for t in range(start + (k > 0), end):
                scores[k, t] = np.exp(scores[k, t] - shift)
                total += scores[k, t]
        for k in range(len(scores)):
            if k:
                scores[k, start] = 0
            for t in range(start, end):
                scores[k, t] /= total


@compiled
def add_weighted(pooled: Array, x: Array, shares: Array, offsets: Array) -> None:
    """Add Σ shares_t x_t of each sentence to the first n columns of `pooled`."""
    for i in range(len(offsets) - 1):
        total = pooled[i]
        for t in range(offsets[i], offsets[i + 1]):
            share, row = shares[t], x[t]
            for j in range(row.size):
                total[j] += share * row[j]


@compiled
def add_spread(d_x: Array, delta: Array, shares: Array, offsets: Array) -> None:
    """Add to each word its share of the gradient in the first n columns of `delta`."""
    for i in range(len(offsets) - 1):
        source = delta[i]
        for t in range(offsets[i], offsets[i + 1]):
            share, target = shares[t], d_x[t]
            for j in range(target.size):
                target[j] += share * source[j]


@compiled
def score_gradients(
    d_scores: Array, delta: Array, pooled: Array, x: Array, shares: Array, offsets: Array
) -> None:
    """Fill d_scores [T] with share_t (delta · x_t - delta · mean), of the first n columns."""
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        source, mean = delta[i, : x.shape[1]], pooled[i, : x.shape[1]]
        common = np.dot(source, mean)
        slopes = d_scores[start:end]
        np.dot(x[start:end], source, slopes)
        for t in range(end - start):
            slopes[t] = shares[start + t] * (slopes[t] - common)


@compiled
def add_outer(d_x: Array, d_scores: Array, query: Array) -> None:
    for t in range(len(d_x)):
        slope, target = d_scores[t], d_x[t]
        for j in range(target.size):
            target[j] += slope * query[j]


@compiled
def take_largest(pooled: Array, winners: Array, x: Array, offsets: Array) -> None:
    """The last n columns of `pooled`, and the words that have the maxima.

    A sentence without words stays as it is.
    """
    n = x.shape[1]
    first = pooled.shape[1] - n
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        best, place = pooled[i, first:], winners[i]
        if start < end:
            for j in range(n):
                best[j] = x[start, j]
                place[j] = start
        for t in range(start + 1, end):
            row, word = x[t], np.int32(t)
            for j in range(n):
                better = row[j] > best[j]
                best[j] = row[j] if better else best[j]
                place[j] = word if better else place[j]


@compiled
def add_to_winners(d_x: Array, delta: Array, winners: Array) -> None:
    """Add the gradient in the last n columns of `delta` to the words that have the maxima."""
    n = d_x.shape[1]
    first = delta.shape[1] - n
    for i in range(len(winners)):
        for j in range(n):
            if winners[i, j] >= 0:
                d_x[winners[i, j], j] += delta[i, first + j]
