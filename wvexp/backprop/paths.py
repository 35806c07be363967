"""One path of labels through each sentence, compiled: its score, and the path that scores best."""

import numpy as np

from wvexp.backprop.activations import Array
from wvexp.backprop.chain import Chain, Floats, Ints
from wvexp.backprop.kernels import compiled


@compiled
def path_scores(scores: Floats, offsets: Ints, labels: Ints, chain: Chain) -> tuple[Floats, int]:
    """The score [B] of each sentence's path `labels` [T]; the first token whose label is none, or
    whose move is forbidden, -1 if all are right."""
    K = chain.start.size
    found = np.zeros(offsets.size - 1)
    for b in range(offsets.size - 1):
        begin, stop = offsets[b], offsets[b + 1]
        for t in range(begin, stop):
            label = labels[t]
            if label < 0 or label >= K:
                return found, t
            move = chain.start[label] if t == begin else chain.transitions[labels[t - 1], label]
            if t == stop - 1:
                move += chain.end[label]
            if move == -np.inf:
                return found, t
            found[b] += move + scores[t, label]
    return found, -1


@compiled
def best_paths(scores: Array, offsets: Ints, transitions: Array, start: Array, end: Array) -> Ints:
    """The labels [T] of each sentence's path of the highest score (Viterbi 1967).

    The arrays are of the dtype of the scores, with FORBIDDEN where a move is not permitted.
    """
    T, K = scores.shape
    labels = np.empty(T, np.int64)
    came_from = np.zeros((T, K), np.int64)
    best, reached = np.empty_like(start), np.empty_like(start)
    for b in range(offsets.size - 1):
        begin, stop = offsets[b], offsets[b + 1]
        if begin == stop:
            continue
        for j in range(K):
            best[j] = start[j] + scores[begin, j]
        for t in range(begin + 1, stop):
            source = came_from[t]
            for j in range(K):
                reached[j] = best[0] + transitions[0, j]
            for i in range(1, K):
                for j in range(K):
                    way = best[i] + transitions[i, j]
                    if way > reached[j]:
                        reached[j] = way
                        source[j] = i
            for j in range(K):
                best[j] = reached[j] + scores[t, j]
        label = 0
        for j in range(1, K):
            if best[j] + end[j] > best[label] + end[label]:
                label = j
        for t in range(stop - 1, begin - 1, -1):
            labels[t] = label
            label = came_from[t, label]
    return labels
