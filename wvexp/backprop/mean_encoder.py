"""A sentence from its words without their order: mean, weighted mean, attention, maximum; by hand.

The mean takes every word alike, or by weights that are given (idf; sif, Arora et al. 2017), or by
weights that are learned: a softmax over the sentence (attention pooling, Yang et al. 2016, with one
query and no layer before it). The maximum is taken of each dimension (Shen et al. 2018). Bigrams
are further items of the mean (Joulin et al. 2017). docs/backprop-mean.md derives the gradients.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import add_bias, tanh
from wvexp.backprop.mean_loops import (
    add_outer,
    add_spread,
    add_to_winners,
    add_weighted,
    normalise,
    score_gradients,
    softmax,
    take_largest,
)

# Whether a sentence's mean and its maximum are parts of what is pooled.
POOLS = {"mean": (True, False), "max": (False, True), "both": (True, True)}
UNIFORM, LEARNED = "uniform", "learned"
# What forward's `token_weights` are needed for.
GIVEN = ("idf", "sif")


def check_pooling(pool: str, weights: str) -> tuple[bool, bool]:
    """The parts of what is pooled; ValueError for what no encoder pools."""
    if pool not in POOLS or weights not in (UNIFORM, LEARNED, *GIVEN):
        raise ValueError(f"pool={pool}, weights={weights}: no such pooling")
    if pool == "max" and weights != UNIFORM:
        raise ValueError(f"pool={pool} takes no mean that weights={weights} could weigh")
    return POOLS[pool]


def check_inputs(averaged: bool, weights: str, token_weights: object, extra: object) -> None:
    """ValueError where `forward` was given too much or too little for its pooling."""
    if (weights in GIVEN) != (token_weights is not None):
        given = "without" if token_weights is None else "with"
        raise ValueError(f"weights={weights} {given} token_weights")
    if extra is not None and not averaged:
        raise ValueError("bigrams enter the mean, and only the maximum is taken")


class MeanEncoder:
    """h [B, m] of B sentences: [mean; maximum] of their words, then a tanh layer if there is one.

    With a_t the weight of item t and items x_t, mean = Σ a_t x_t / Σ a_t. Items are the words and,
    where forward gets them, the bigrams. A bigram weighs 1 (uniform), the mean of its two words'
    weights (given), or by its own score in the sentence's one softmax (learned). A sentence
    without words, or all of whose weights are 0, pools to 0. Of equal numbers the first is the
    maximum, and takes the gradient.

    Parameters
    ----------
    parameters
        `attention.weight` [1, n] where weights are learned; with a hidden layer `hidden.weight`
        [H, m'] and `hidden.bias` [H], where m' is n, or 2n for `both`
    pool
        mean, max or both
    weights
        of the mean's items: uniform, idf, sif or learned
    hidden
        H; 0 for no hidden layer
    """

    def __init__(
        self, parameters: Mapping[str, Array], *, pool: str, weights: str, hidden: int
    ) -> None:
        self.averaged, self.largest = check_pooling(pool, weights)
        self.parameters, self.weights, self.hidden = parameters, weights, hidden

    def forward(
        self,
        x: Array,
        offsets: NDArray[np.int64],
        mask: Array | None = None,
        *,
        token_weights: Array | None = None,
        extra: Array | None = None,
    ) -> Array:
        """h [B, m]: m is H, or what is pooled without a hidden layer.

        Parameters
        ----------
        x
            [T, n], the words' vectors of all sentences, one after another
        offsets
            [B+1], sentence i is x[offsets[i]:offsets[i+1]]
        mask
            [B, m], multiplies h: dropout, already divided by the share kept
        token_weights
            [T], each word's weight, 0 or more: with weights idf and sif, and only there
        extra
            [T, n], the vector of the bigram that ends at each word; what stands at the first word
            of a sentence, any finite numbers, has no part in h
        """
        if offsets[0] != 0 or offsets[-1] != len(x):
            raise ValueError(f"offsets {offsets[0]}..{offsets[-1]}, expected 0..{len(x)}")
        check_inputs(self.averaged, self.weights, token_weights, extra)
        n, sentences = x.shape[1], len(offsets) - 1
        self.offsets, self.mask = offsets, mask
        self.items = [x] if extra is None else [x, extra]
        self.pooled = np.zeros((sentences, n * (self.averaged + self.largest)), x.dtype)
        if self.averaged:
            self.shares = self._shares(token_weights)
            for item, shares in zip(self.items, self.shares, strict=True):
                add_weighted(self.pooled, item, shares, offsets)
        if self.largest:
            self.winners = np.full((sentences, n), -1, np.int32)
            take_largest(self.pooled, self.winners, x, offsets)
        self.h = self.pooled
        if self.hidden:
            self.h = self.pooled @ self.parameters["hidden.weight"].T
            add_bias(self.h, self.parameters["hidden.bias"])
            tanh(self.h)
        return self.h if mask is None else self.h * mask

    def _shares(self, token_weights: Array | None) -> Array:
        """Each item's share of its sentence [kinds of item, T], 0 where there is no bigram."""
        x = self.items[0]
        shares = np.ones((len(self.items), len(x)), x.dtype)
        if self.weights == LEARNED:
            query = self.parameters["attention.weight"][0]
            for item, scores in zip(self.items, shares, strict=True):
                np.dot(item, query, out=scores)
            softmax(shares, self.offsets)
            return shares
        if token_weights is not None:
            shares[0] = token_weights
            for bigrams in shares[1:]:
                bigrams[1:] = (shares[0, 1:] + shares[0, :-1]) / 2
        normalise(shares, self.offsets)
        return shares

    def backward(
        self, upstream: Array, *, to_x: bool
    ) -> tuple[Array | None, Array | None, dict[str, Array]]:
        """Gradients from `upstream` [B, m] = d loss / d h of the last forward.

        d_x [T, n] and d_extra [T, n], both None unless `to_x`, the second also without bigrams;
        then each parameter's, by name, in its shape.
        """
        gradients: dict[str, Array] = {}
        delta = upstream if self.mask is None else upstream * self.mask
        learned = self.weights == LEARNED
        if self.hidden:
            delta = delta * (1 - self.h * self.h)
            gradients["hidden.weight"] = delta.T @ self.pooled
            gradients["hidden.bias"] = delta.sum(axis=0)
            if to_x or learned:
                delta = delta @ self.parameters["hidden.weight"]
        delta = np.ascontiguousarray(delta)
        d_items = [np.zeros_like(item) for item in self.items] if to_x else []
        if self.averaged:
            for d_item, shares in zip(d_items, self.shares, strict=False):
                add_spread(d_item, delta, shares, self.offsets)
        if learned:
            self._attention_backward(delta, d_items, gradients)
        if self.largest and to_x:
            add_to_winners(d_items[0], delta, self.winners)
        d_x, d_extra = (*d_items, None, None)[:2]
        return d_x, d_extra, gradients

    def _attention_backward(
        self, delta: Array, d_items: list[Array], gradients: dict[str, Array]
    ) -> None:
        """Add the scores' part of d_items; the gradient of the query that scores."""
        query = self.parameters["attention.weight"]
        gradient = np.zeros_like(query)
        for k, item in enumerate(self.items):
            d_scores = np.empty(len(item), item.dtype)
            score_gradients(d_scores, delta, self.pooled, item, self.shares[k], self.offsets)
            gradient[0] += d_scores @ item
            if d_items:
                add_outer(d_items[k], d_scores, query[0])
        gradients["attention.weight"] = gradient
