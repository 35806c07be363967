"""Sums over all paths of labels through each sentence, compiled: forward-backward.

It comes in two forms with one result. `_scaled` multiplies and adds probabilities of
all sentences at once, a matrix product for each place in a sentence, and knows of which sentence it
may have lost a path to underflow; `_in_logarithms` takes those, one at a time, exponentiates each
pair of labels anew, and never does. Both work in float64 whatever the model's dtype: float32
reaches down to 1e-38 only, where the improbable paths of a long sentence are.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.kernels import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# e^-600 is 1e-261: see `_scaled`.
_LEAST = -600.0
# log2 e; log 2 in two parts, of which a whole number times the first is exact; 1.5 * 2^52, which
# rounds what is added to it to a whole number, in the low bits.
_LOG2_E, _LOG_2, _REST, _ROUND = (
    1.4426950408889634,
    0.6931471803691238,
    1.9082149292705877e-10,
    6755399441055744.0,
)


class Chain(NamedTuple):
    """Scores of the moves between K labels, float64, -inf for those that are not permitted."""

    transitions: Floats
    start: Floats
    end: Floats


@compiled
def _exp(x: Floats) -> None:
    """e^x of every entry [n, m] <= 0, in place; e^-708 for less.

    libm's exp takes one number at a time. This takes SIMD: e^x = 2^n e^r with n the whole number
    next to x / log 2, |r| < 0.35 by its series, and n written into a number's exponent.
    """
    inverses = (
        1 / 2,
        1 / 6,
        1 / 24,
        1 / 120,
        1 / 720,
        1 / 5040,
        1 / 40320,
        1 / 362880,
        1 / 3628800,
        1 / 39916800,
        1 / 479001600,
    )
    flat = x.reshape(-1)
    power = np.empty_like(flat)
    for i in range(flat.size):
        value = flat[i]
        if value < -708:  # NaN passes
            value = -708.0
        rounded = value * _LOG2_E + _ROUND
        power[i] = rounded
        n = rounded - _ROUND
        r = (value - n * _LOG_2) - n * _REST
        e = inverses[9] + r * inverses[10]
        e = inverses[8] + r * e
        e = inverses[7] + r * e
        e = inverses[6] + r * e
        e = inverses[5] + r * e
        e = inverses[4] + r * e
        e = inverses[3] + r * e
        e = inverses[2] + r * e
        e = inverses[1] + r * e
        e = inverses[0] + r * e
        e = 1 + r * e
        flat[i] = 1 + r * e
    bits = power.view(np.int64)
    for i in range(flat.size):
        bits[i] = (bits[i] + 1023) << 52
    for i in range(flat.size):
        flat[i] *= power[i]


@compiled
def _log_sum_exp(values: Floats) -> float:
    top = values[0]
    for k in range(values.size):
        top = max(top, values[k])
    if top == -np.inf:
        return top
    total = 0.0
    for k in range(values.size):
        total += np.exp(values[k] - top)
    return top + np.log(total)


@compiled
def _as_probabilities(chain: Chain) -> tuple[Floats, Floats, Floats, Floats, float]:
    """The chain as one that draws its moves: M [K, K], first [K], last [K], leaving [K], entering.

    A label's moves, the end among them, add up to 1, and so do the starts. What they were divided
    by is `leaving` and `entering`, in logarithms: a path has each label's `leaving` once.
    """
    K = chain.start.size
    M, first, last, leaving = np.empty((K, K)), np.empty(K), np.empty(K), np.empty(K)
    moves = np.empty(K + 1)
    for i in range(K):
        for j in range(K):
            moves[j] = chain.transitions[i, j]
        moves[K] = chain.end[i]
        leaving[i] = _log_sum_exp(moves)
        divisor = leaving[i] if leaving[i] > -np.inf else 0.0
        for j in range(K):
            M[i, j] = np.exp(moves[j] - divisor)
        last[i] = np.exp(moves[K] - divisor)
    entering = _log_sum_exp(chain.start)
    for k in range(K):
        first[k] = np.exp(chain.start[k] - entering)
    return M, first, last, leaving, entering


@compiled
def _by_place(offsets: Ints) -> tuple[Ints, Ints, Ints]:
    """Sentences [B] from long to short, how many have a place p [longest], and its first row.

    Rows of tokens in that order, place by place, make each place's tokens one block, and those of
    the sentences that go on its beginning.
    """
    B, longest = offsets.size - 1, 0
    for b in range(B):
        longest = max(longest, offsets[b + 1] - offsets[b])
    # active[p] also is the number of longer sentences than those of p words: where these begin.
    active, begins, order = (
        np.zeros(longest + 1, np.int64),
        np.zeros(longest + 1, np.int64),
        np.empty(B, np.int64),
    )
    for b in range(B):
        for p in range(offsets[b + 1] - offsets[b]):
            active[p] += 1
    for p in range(longest):
        begins[p + 1] = begins[p] + active[p]
    next_rank = active.copy()
    for b in range(B):
        length = offsets[b + 1] - offsets[b]
        order[next_rank[length]] = b
        next_rank[length] += 1
    return order, active[:longest], begins


@compiled
def _scaled(
    scores: Floats, offsets: Ints, chain: Chain, marginals: Floats
) -> tuple[Floats, Floats]:
    """log Z [B], -inf where it is not known, and the expected counts of the other sentences [K, K].

    Fills the marginals of the other sentences.

    Every number is at most 1, and a path's probability is a product of them. Where something below
    1e-308 becomes 0, less than that is lost of all that reached this place, and no way on from
    there has more than probability 1. So all losses of n words are below K n 1e-308, which is
    nothing if the sum over all paths, the product of the totals, is above 1e-261.
    """
    T, K = scores.shape
    order, active, begins = _by_place(offsets)
    M, first, last, leaving, entering = _as_probabilities(chain)
    M_T = np.empty_like(M)
    for i in range(K):
        for j in range(K):
            M_T[j, i] = M[i, j]
    log_z, log_sums = np.zeros(order.size), np.zeros(order.size)
    alphas, befores, gammas = np.empty((T, K)), np.zeros((T, K)), np.empty((T, K))
    for r in range(order.size):
        begin, stop = offsets[order[r]], offsets[order[r] + 1]
        if begin < stop:
            log_z[order[r]] = entering
        for t in range(begin, stop):
            emitted = gammas[begins[t - begin] + r]
            top = -np.inf
            for k in range(K):
                emitted[k] = scores[t, k] + leaving[k]
                top = max(top, emitted[k])
            for k in range(K):
                emitted[k] -= top
            log_z[order[r]] += top
    _exp(gammas)

    for p in range(active.size):
        here, there = begins[p], begins[p] + active[p]
        for r in range(active[p]):
            source = alphas[begins[p - 1] + r] if p else first
            target = befores[here + r] if p else alphas[r]
            for k in range(K):
                target[k] = source[k]
        if p:
            np.dot(befores[here:there], M, alphas[here:there])
        for r in range(active[p]):
            alpha, emitted = alphas[here + r], gammas[here + r]
            total = 0.0
            for k in range(K):
                alpha[k] *= emitted[k]
                total += alpha[k]
            scale = 1 / total
            for k in range(K):
                alpha[k] *= scale
                emitted[k] *= scale
            log_sums[r] += np.log(total)

    betas = np.empty((order.size, K))
    going_on = 0
    for p in range(active.size - 1, -1, -1):
        here = begins[p]
        if going_on:
            np.dot(gammas[begins[p + 1] : begins[p + 1] + going_on], M_T, betas[:going_on])
        for r in range(going_on, active[p]):  # the sentences that end here
            total = 0.0
            for k in range(K):
                total += alphas[here + r, k] * last[k]
            for k in range(K):
                betas[r, k] = last[k] / total
            log_sums[r] += np.log(total)
        going_on = active[p]
        for r in range(going_on):
            alpha, beta, gamma = alphas[here + r], betas[r], gammas[here + r]
            marginal = marginals[offsets[order[r]] + p]
            for k in range(K):
                marginal[k] = alpha[k] * beta[k]
                gamma[k] *= beta[k]

    for r in range(order.size):
        b = order[r]
        log_z[b] += log_sums[r]
        if not log_sums[r] > _LEAST:  # NaN, too
            log_z[b] = -np.inf
            for p in range(offsets[b + 1] - offsets[b]):
                for k in range(K):
                    befores[begins[p] + r, k] = 0
                    gammas[begins[p] + r, k] = 0
    # A sentence's first token, which no transition leads to, has no label before it.
    counts = np.dot(befores.T, gammas)
    for i in range(K):
        for j in range(K):
            counts[i, j] *= M[i, j]
    return log_z, counts


@compiled
def _in_logarithms(
    scores: Floats, begin: int, stop: int, chain: Chain, marginals: Floats, counts: Floats
) -> float:
    """log Z of the sentence scores[begin:stop]; fills `marginals`, adds to `counts` [K, K].

    -inf, and nothing filled, where no path is permitted.
    """
    transitions, start, end = chain
    K = start.size
    alpha = np.empty((stop - begin, K))
    beta, onwards, ways = np.empty(K), np.empty(K), np.empty(K)
    for t in range(begin, stop):
        for j in range(K):
            reached = start[j]
            if t > begin:
                for i in range(K):
                    ways[i] = alpha[t - begin - 1, i] + transitions[i, j]
                reached = _log_sum_exp(ways)
            alpha[t - begin, j] = reached + scores[t, j]
    for j in range(K):
        beta[j] = end[j]
        ways[j] = alpha[stop - begin - 1, j] + end[j]
    log_z = _log_sum_exp(ways)
    if log_z == -np.inf:
        return log_z
    for t in range(stop - 1, begin - 1, -1):
        for j in range(K):
            marginals[t, j] = np.exp(alpha[t - begin, j] + beta[j] - log_z)
            onwards[j] = scores[t, j] + beta[j]
        if t == begin:
            break
        for i in range(K):
            before = alpha[t - begin - 1, i]
            for j in range(K):
                ways[j] = transitions[i, j] + onwards[j]
                counts[i, j] += np.exp(before + ways[j] - log_z)
            beta[i] = _log_sum_exp(ways)
    return log_z


def expectations(scores: Floats, offsets: Ints, chain: Chain) -> tuple[Floats, Floats, Floats]:
    """log Z [B], the probability of each label of each token [T, K], and the expected counts of the
    transitions [K, K] of all sentences.

    A sentence without a permitted path has log Z = -inf and no marginals; one without tokens has 0.
    """
    marginals = np.empty_like(scores)
    log_z, counts = _scaled(scores, offsets, chain, marginals)
    for b in np.flatnonzero(np.isneginf(log_z)):
        begin, stop = offsets[b], offsets[b + 1]
        log_z[b] = _in_logarithms(scores, begin, stop, chain, marginals, counts)
    return log_z, marginals, counts


@compiled
def expected_less_observed(
    marginals: Floats, counts: Floats, offsets: Ints, labels: Ints
) -> tuple[Floats, Floats, Floats, Floats]:
    """Of the scores [T, K], the transitions [K, K], the starts [K] and the ends [K], over T."""
    T, K = marginals.shape
    share = 1 / max(T, 1)
    d_scores = np.empty_like(marginals)
    d_transitions, d_start, d_end = np.empty((K, K)), np.zeros(K), np.zeros(K)
    for i in range(K):
        for j in range(K):
            d_transitions[i, j] = counts[i, j] * share

    for b in range(offsets.size - 1):
        begin, stop = offsets[b], offsets[b + 1]
        for t in range(begin, stop):
            for k in range(K):
                d_scores[t, k] = marginals[t, k] * share
            d_scores[t, labels[t]] -= share
            if t > begin:
                d_transitions[labels[t - 1], labels[t]] -= share
        if stop > begin:
            for k in range(K):
                d_start[k] += d_scores[begin, k]
                d_end[k] += d_scores[stop - 1, k]
    return d_scores, d_transitions, d_start, d_end
